// Package probe asks a program on this host whether it is healthy: what a
// container's HEALTHCHECK runs where there is neither a shell nor curl.
package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Timeout bounds one question.
const Timeout = 2 * time.Second

// longest is how much of an answer is read: it is one line.
const longest = 4 << 10

// Address is where a program that listens on host and port is reached from its
// own host: 127.0.0.1 where host is empty or means all addresses.
func Address(host, port string) string {
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Ask gets http://address/path within Timeout and gives the answer without the
// white space around it. Another status than 200 is an error that holds the
// status and the answer.
func Ask(ctx context.Context, address, path string) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return "", err
	}
	// No proxy stands before this host, and no connection stays behind.
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", fmt.Errorf("ask %s%s: %w", address, path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, longest))
	if err != nil {
		return "", fmt.Errorf("ask %s%s: read the answer: %w", address, path, err)
	}
	answer = strings.TrimSpace(string(body))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s%s answers %s: %s", address, path, resp.Status, answer)
	}
	return answer, nil
}

// Package probe asks a program on this host whether it is healthy. A container's
// HEALTHCHECK uses it, because the image has neither a shell nor curl.
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

// timeout limits one request, from the connection to the end of the answer.
const timeout = 2 * time.Second

// maxAnswer is how many bytes of an answer are read. A healthy answer is one
// line.
const maxAnswer = 4 << 10

// Address returns the address at which a program that listens on host and port
// is reached from its own host. An empty host, and one that means all addresses,
// becomes 127.0.0.1.
func Address(host, port string) string {
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Ask gets http://address/path and returns the answer without surrounding white
// space. It waits 2 seconds at most. A status other than 200 is an error that
// contains the status and the answer.
func Ask(ctx context.Context, address, path string) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return "", err
	}
	// A transport of its own: it uses no proxy and keeps no connection open.
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", fmt.Errorf("ask %s%s: %w", address, path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return "", fmt.Errorf("ask %s%s: read the answer: %w", address, path, err)
	}
	answer = strings.TrimSpace(string(body))
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s%s answered %s: %s", address, path, resp.Status, answer)
	}
	return answer, nil
}

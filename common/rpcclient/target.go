package rpcclient

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// scheme is the scheme of the targets that builder resolves.
const scheme = "replicas"

// Target returns the gRPC target of the replicas at addresses: one or more of
// these forms, comma-separated:
//
//	host:port
//	dns:///host:port
//	dns://server:port/host:port   (looked up at that DNS server)
//
// A host that is a name means all addresses of that name.
func Target(addresses string) (string, error) {
	if _, err := parse(addresses); err != nil {
		return "", err
	}
	return scheme + ":///" + addresses, nil
}

// endpoint is one part of a target: an IP address or a name, and a port.
type endpoint struct {
	// server is the DNS server that is asked for the name. Empty means the
	// system's.
	server     string
	host, port string
}

// fixed returns the address of e if its host is an IP address.
func (e endpoint) fixed() (string, bool) {
	ip, err := netip.ParseAddr(e.host)
	if err != nil {
		return "", false
	}
	return net.JoinHostPort(ip.String(), e.port), true
}

// parse returns the endpoints of comma-separated addresses.
func parse(addresses string) ([]endpoint, error) {
	var endpoints []endpoint
	for one := range strings.SplitSeq(addresses, ",") {
		one = strings.TrimSpace(one)
		e, err := parseOne(one)
		if err != nil {
			return nil, fmt.Errorf("address %q %w", one, err)
		}
		endpoints = append(endpoints, e)
	}
	return endpoints, nil
}

func parseOne(s string) (endpoint, error) {
	var e endpoint
	if rest, named := strings.CutPrefix(s, "dns://"); named {
		server, name, found := strings.Cut(rest, "/")
		if !found {
			return e, errors.New("must be dns:///host:port or dns://server:port/host:port")
		}
		if server != "" {
			if _, _, err := splitHostPort(server); err != nil {
				return e, fmt.Errorf("names a DNS server that %w", err)
			}
		}
		e.server, s = server, name
	}
	var err error
	e.host, e.port, err = splitHostPort(s)
	return e, err
}

// splitHostPort splits host:port. Its error is the end of a sentence.
func splitHostPort(s string) (host, port string, err error) {
	host, port, err = net.SplitHostPort(s)
	if err != nil || host == "" || strings.ContainsAny(host, "/ ") {
		return "", "", errors.New("must be host:port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", errors.New("needs a port between 1 and 65535")
	}
	return host, port, nil
}

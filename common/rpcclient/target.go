package rpcclient

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// scheme is that of the targets which builder resolves.
const scheme = "replicas"

// Target gives the gRPC target of the replicas at addresses: one or several,
// parted by commas, of
//
//	host:port
//	dns:///host:port
//	dns://server:port/host:port   (looked up at that DNS server)
//
// A name stands for all the addresses that it has.
func Target(addresses string) (string, error) {
	if _, err := parse(addresses); err != nil {
		return "", err
	}
	return scheme + ":///" + addresses, nil
}

// place is one of a target's parts.
type place struct {
	// server is the DNS server asked; empty: the system's.
	server     string
	host, port string
}

// fixed gives the place's address where it needs no look-up.
func (p place) fixed() (string, bool) {
	ip, err := netip.ParseAddr(p.host)
	if err != nil {
		return "", false
	}
	return net.JoinHostPort(ip.String(), p.port), true
}

func parse(addresses string) ([]place, error) {
	var places []place
	for one := range strings.SplitSeq(addresses, ",") {
		one = strings.TrimSpace(one)
		p, err := parseOne(one)
		if err != nil {
			return nil, fmt.Errorf("address %q %w", one, err)
		}
		places = append(places, p)
	}
	return places, nil
}

func parseOne(s string) (place, error) {
	var p place
	if rest, named := strings.CutPrefix(s, "dns://"); named {
		server, name, found := strings.Cut(rest, "/")
		if !found {
			return p, errors.New("must be dns:///host:port or dns://server:port/host:port")
		}
		if server != "" {
			if _, _, err := splitHostPort(server); err != nil {
				return p, fmt.Errorf("names a DNS server that %w", err)
			}
		}
		p.server, s = server, name
	}
	var err error
	p.host, p.port, err = splitHostPort(s)
	return p, err
}

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

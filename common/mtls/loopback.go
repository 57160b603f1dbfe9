package mtls

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Loopback gives credentials that send plaintext within this machine, and refuse
// any other peer. A name may stand for the address: what counts is where the
// connection leads.
func Loopback() credentials.TransportCredentials { return loopback{insecure.NewCredentials()} }

type loopback struct {
	credentials.TransportCredentials
}

// ClientHandshake refuses a server on another machine.
func (l loopback) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if !within(raw.RemoteAddr()) {
		return nil, nil, fmt.Errorf("plaintext to %v refused: it is not on this machine; set the TLS certificate, key and CA", raw.RemoteAddr())
	}
	return l.TransportCredentials.ClientHandshake(ctx, authority, raw)
}

// ServerHandshake refuses a client on another machine.
func (l loopback) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if !within(raw.LocalAddr()) {
		return nil, nil, fmt.Errorf("plaintext at %v refused: it is not this machine alone; set the TLS certificate, key and CA", raw.LocalAddr())
	}
	return l.TransportCredentials.ServerHandshake(raw)
}

// Clone has the same rule.
func (l loopback) Clone() credentials.TransportCredentials {
	return loopback{l.TransportCredentials.Clone()}
}

// within reports whether an address of a connection is a loopback one, which
// never leaves the machine.
func within(addr net.Addr) bool {
	at, err := netip.ParseAddrPort(addr.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}

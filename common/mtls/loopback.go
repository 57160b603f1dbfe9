package mtls

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// Loopback returns credentials for plaintext within this machine. They refuse
// every connection to or from another machine. They check the address of the
// connection, not the name that was called.
func Loopback() credentials.TransportCredentials { return loopback{insecure.NewCredentials()} }

type loopback struct {
	credentials.TransportCredentials
}

// ClientHandshake refuses a server on another machine.
func (l loopback) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if !within(raw.RemoteAddr()) {
		return nil, nil, fmt.Errorf("plaintext to %v refused: it is not a loopback address; set the TLS certificate, key and CA", raw.RemoteAddr())
	}
	return l.TransportCredentials.ClientHandshake(ctx, authority, raw)
}

// ServerHandshake refuses a client on another machine.
func (l loopback) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if !within(raw.LocalAddr()) {
		return nil, nil, fmt.Errorf("plaintext at %v refused: it is not a loopback address; set the TLS certificate, key and CA", raw.LocalAddr())
	}
	return l.TransportCredentials.ServerHandshake(raw)
}

// Clone returns a copy with the same rule.
func (l loopback) Clone() credentials.TransportCredentials {
	return loopback{l.TransportCredentials.Clone()}
}

// within reports whether addr is a loopback address, which never leaves the
// machine.
func within(addr net.Addr) bool {
	at, err := netip.ParseAddrPort(addr.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}

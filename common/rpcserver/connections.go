package rpcserver

import (
	"errors"
	"net"
	"sync"

	"google.golang.org/grpc/credentials"
)

// bounded are transport credentials that take no more than so many connections
// at once: each costs about 100 KiB and four goroutines, whatever is sent on it.
type bounded struct {
	credentials.TransportCredentials
	slots chan struct{}
}

var errTooManyConnections = errors.New("too many connections: this one is closed")

func newBounded(under credentials.TransportCredentials, limit int) bounded {
	return bounded{TransportCredentials: under, slots: make(chan struct{}, limit)}
}

// ServerHandshake takes a connection, or refuses one too many, which its client
// sees as Unavailable.
func (b bounded) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	select {
	case b.slots <- struct{}{}:
	default:
		return nil, nil, errors.Join(errTooManyConnections, raw.Close())
	}
	conn, info, err := b.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		<-b.slots
		return nil, nil, err
	}
	return &counted{Conn: conn, leave: sync.OnceFunc(func() { <-b.slots })}, info, nil
}

// Clone shares the bound.
func (b bounded) Clone() credentials.TransportCredentials {
	return bounded{TransportCredentials: b.TransportCredentials.Clone(), slots: b.slots}
}

// counted gives its slot back when it is closed.
type counted struct {
	net.Conn
	leave func()
}

func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

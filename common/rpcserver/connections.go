package rpcserver

import (
	"errors"
	"net"
	"sync"

	"google.golang.org/grpc/credentials"
)

// limited are transport credentials that accept a limited number of connections
// at once. A connection costs about 100 KiB and four goroutines, whatever is sent
// on it.
type limited struct {
	credentials.TransportCredentials
	slots chan struct{}
}

var errTooManyConnections = errors.New("too many connections: this one is refused")

func newLimited(under credentials.TransportCredentials, limit int) limited {
	return limited{TransportCredentials: under, slots: make(chan struct{}, limit)}
}

// ServerHandshake accepts a connection, or refuses it if the limit is reached.
// The client of a refused connection sees Unavailable.
func (l limited) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	select {
	case l.slots <- struct{}{}:
	default:
		return nil, nil, errors.Join(errTooManyConnections, raw.Close())
	}
	conn, info, err := l.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		<-l.slots
		return nil, nil, err
	}
	return &counted{Conn: conn, leave: sync.OnceFunc(func() { <-l.slots })}, info, nil
}

// Clone returns a copy that shares the limit.
func (l limited) Clone() credentials.TransportCredentials {
	return limited{TransportCredentials: l.TransportCredentials.Clone(), slots: l.slots}
}

// counted is a connection that gives its slot back when it is closed.
type counted struct {
	net.Conn
	leave func()
}

func (c *counted) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

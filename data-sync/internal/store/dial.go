package store

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"aecode/common/tcptimeout"
)

const (
	// maxDials is the number of connections that one call of the store may open.
	// A try of the driver opens several: one for each address of a host and, by
	// sslmode, one with TLS and one without. Tries alone would not bound them.
	maxDials = 5
	// unackedFor is how long the server may leave unacknowledged what was sent.
	unackedFor = 3 * time.Second
)

// errDialsSpent says that a call has opened maxDials connections in vain.
var errDialsSpent = errors.New("no further connection is tried for this call")

// dialsKey is the context key of the connections that a call may still open.
type dialsKey struct{}

// boundDials gives a call its maxDials connections, unless a call around it has
// them already.
func boundDials(ctx context.Context) context.Context {
	if ctx.Value(dialsKey{}) != nil {
		return ctx
	}
	left := new(atomic.Int64)
	left.Store(maxDials)
	return context.WithValue(ctx, dialsKey{}, left)
}

var dialer = net.Dialer{
	KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 2 * time.Second, Count: 3},
	// A failover that drops connections without a reset: what was sent stays
	// unacknowledged, and while it does no keepalive is sent.
	Control: tcptimeout.Control(unackedFor),
}

// dial opens a connection for the driver. Connections that the pool opens or
// cancels by itself, outside any call, are not counted.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	if network == neverAnswered {
		return nil, errors.New("the server never answered on this connection: there is nothing to cancel")
	}
	if left, ok := ctx.Value(dialsKey{}).(*atomic.Int64); ok && left.Add(-1) < 0 {
		return nil, errDialsSpent
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &serverConn{Conn: conn}, nil
}

// neverAnswered is the network of the address of a serverConn on which nothing was
// ever received.
const neverAnswered = "never-answered"

// serverConn is a connection that knows whether the server ever answered on it.
//
// The driver cancels what runs on a connection that breaks, over a further
// connection to the broken one's address. It does so even where the connection
// broke before the server's first byte, as with a proxy before a dead database:
// each try would open two connections.
type serverConn struct {
	net.Conn
	answered atomic.Bool
}

// Read notes that the server answered.
func (c *serverConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && !c.answered.Load() {
		c.answered.Store(true)
	}
	return n, err
}

// RemoteAddr is the server's address; its network is neverAnswered until the
// server has answered.
func (c *serverConn) RemoteAddr() net.Addr {
	if addr := c.Conn.RemoteAddr(); c.answered.Load() {
		return addr
	}
	return silentAddr{c.Conn.RemoteAddr()}
}

type silentAddr struct{ net.Addr }

// Network is neverAnswered.
func (silentAddr) Network() string { return neverAnswered }

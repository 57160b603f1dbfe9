package rpcclient

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"aecode/common/tcptimeout"
)

const (
	// silence is how long calls on a connection may time out without a byte
	// coming back before it is given up. Both services answer a call's header
	// at once, so that slowness alone is not silent.
	silence = time.Second
	// unackedFor is how long Linux waits for the other end to acknowledge what was
	// sent before the connection breaks.
	unackedFor = 2 * time.Second
	// tcpKeepAlive finds out a dead peer where nothing is sent.
	tcpKeepAlive = 10 * time.Second
)

// connections are those of one client. HTTP/2 puts all calls on one connection
// and never looks back: when a network swallows what is sent, each call on it
// times out until keepalive notices, twelve seconds later.
type connections struct {
	dialer net.Dialer
	mu     sync.Mutex
	open   map[string]*connection // by local and remote address
}

func newConnections() *connections {
	return &connections{
		dialer: net.Dialer{KeepAlive: tcpKeepAlive, Control: tcptimeout.Control(unackedFor)},
		open:   make(map[string]*connection),
	}
}

// connection notes when something was last heard on it.
type connection struct {
	net.Conn
	of  *connections
	key string

	mu    sync.Mutex
	heard time.Time
	// silentSince is when the first call began of those that timed out since
	// something was heard.
	silentSince time.Time
}

func (c *connections) dial(ctx context.Context, addr string) (net.Conn, error) {
	raw, err := c.dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: raw, of: c, key: keyOf(raw.LocalAddr(), raw.RemoteAddr()), heard: time.Now()}
	c.mu.Lock()
	c.open[conn.key] = conn
	c.mu.Unlock()
	return conn, nil
}

func keyOf(local, remote net.Addr) string { return local.String() + " " + remote.String() }

// Read notes that something was heard.
func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.mu.Lock()
		c.heard = time.Now()
		c.mu.Unlock()
	}
	return n, err
}

// Close forgets the connection too.
func (c *connection) Close() error {
	c.of.mu.Lock()
	if c.of.open[c.key] == c {
		delete(c.of.open, c.key)
	}
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// timedOut takes in a call that began at the time given and got no answer, and
// reports whether the connection is to be given up.
func (c *connection) timedOut(began time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heard.After(began) {
		c.silentSince = time.Time{}
		return false
	}
	if c.silentSince.IsZero() || c.heard.After(c.silentSince) {
		c.silentSince = began
	}
	return time.Since(c.silentSince) >= silence
}

// unary gives a connection up on which calls time out and nothing comes back.
func (c *connections) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	var at peer.Peer
	began := time.Now()
	err := invoker(ctx, method, req, reply, cc, append(slices.Clip(opts), grpc.Peer(&at))...)
	if err == nil || at.LocalAddr == nil || at.Addr == nil {
		return err
	}
	if status.Code(err) != codes.DeadlineExceeded && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	c.mu.Lock()
	conn := c.open[keyOf(at.LocalAddr, at.Addr)]
	c.mu.Unlock()
	if conn != nil && conn.timedOut(began) {
		_ = conn.Close() // gRPC connects anew
	}
	return err
}

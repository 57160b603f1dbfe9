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
	// coming back before the connection is closed. Both services send the response
	// header of a call at once, so a connection to a slow service is not silent.
	silence = time.Second
	// unackedFor is how long Linux waits for the other end to acknowledge sent data
	// before the connection breaks.
	unackedFor = 2 * time.Second
	// tcpKeepAlive is how often TCP checks a connection on which nothing is sent.
	tcpKeepAlive = 10 * time.Second
)

// connections are the open connections of one client. HTTP/2 sends all calls over
// one connection. If the network drops everything that is sent, without an error,
// each call on it times out until keepalive notices, 12 seconds later.
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

// connection records when it last received something.
type connection struct {
	net.Conn
	of  *connections
	key string

	mu       sync.Mutex
	received time.Time
	// silentSince is the start of the first call that timed out since received.
	silentSince time.Time
}

func (c *connections) dial(ctx context.Context, addr string) (net.Conn, error) {
	raw, err := c.dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: raw, of: c, key: keyOf(raw.LocalAddr(), raw.RemoteAddr()), received: time.Now()}
	c.mu.Lock()
	c.open[conn.key] = conn
	c.mu.Unlock()
	return conn, nil
}

func keyOf(local, remote net.Addr) string { return local.String() + " " + remote.String() }

// Read records that something was received.
func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.mu.Lock()
		c.received = time.Now()
		c.mu.Unlock()
	}
	return n, err
}

// Close closes the connection and removes it from the client's connections.
func (c *connection) Close() error {
	c.of.mu.Lock()
	if c.of.open[c.key] == c {
		delete(c.of.open, c.key)
	}
	c.of.mu.Unlock()
	return c.Conn.Close()
}

// timedOut records a call that began at that time and timed out. It reports
// whether to close the connection.
func (c *connection) timedOut(began time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.received.After(began) {
		c.silentSince = time.Time{}
		return false
	}
	if c.silentSince.IsZero() || c.received.After(c.silentSince) {
		c.silentSince = began
	}
	return time.Since(c.silentSince) >= silence
}

// unary is an interceptor that closes a connection on which calls time out and
// nothing comes back.
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
		_ = conn.Close() // gRPC opens a new one
	}
	return err
}

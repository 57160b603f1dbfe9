package idempotency

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"
)

// gate is the network between a client and all its servers, which can be cut.
type gate struct {
	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

var errCut = errors.New("the network is cut")

// through makes a client dial through the gate.
func (g *gate) through(o *redis.UniversalOptions) { o.Dialer = g.dial }

func (g *gate) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down {
		_ = conn.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Err: errCut}
	}
	g.conns = append(g.conns, conn)
	return conn, nil
}

// cut ends all connections and lets none through any more.
func (g *gate) cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = true
	for _, conn := range g.conns {
		_ = conn.Close()
	}
	g.conns = nil
}

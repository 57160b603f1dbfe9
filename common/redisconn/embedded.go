package redisconn

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

const (
	// minTick and maxTick are the shortest and the longest time between two expiry
	// passes of the embedded Redis.
	minTick = 100 * time.Millisecond
	maxTick = 2 * time.Second
	// tickShare limits expiry to 1/tickShare of one core. A pass visits all keys
	// under the server's lock (measured: 20 ms for 50,000 keys).
	tickShare = 20
)

// Embedded is a Redis inside this process (miniredis), for the default that needs
// nothing installed. It speaks the Redis protocol on a loopback port with a random
// password, so clients use the same code as for a real server. Its content is
// lost when the process ends.
//
// Expiry runs in passes, 100 ms apart, and up to 2 s apart with very many keys. A
// key may expire that much earlier or later than its time to live says. Memory is
// not limited, so every writer must set an expiry. Apart from the live keys it
// keeps about 100 bytes for every distinct key ever written.
type Embedded struct {
	server   *miniredis.Miniredis
	addr     string
	password string
	stop     context.CancelFunc
	done     chan struct{}
	close    sync.Once
}

// StartEmbedded starts an embedded Redis on addr, a loopback host:port. An empty
// addr, and port 0, mean a free port. The server runs until Close is called or
// ctx ends. In both cases the caller must call Close, which waits for its end.
func StartEmbedded(ctx context.Context, addr string) (*Embedded, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("embedded redis: address must be host:port: %w", err)
	}
	// Its access control is too weak for a network.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("embedded redis: %q is not a loopback address: use a real Redis to serve other machines", host)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	e := &Embedded{server: miniredis.NewMiniRedis(), password: rand.Text(), done: make(chan struct{})}
	e.server.RequireAuth(e.password)
	if err := e.server.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("embedded redis: listen on %s: %w", addr, err)
	}
	e.addr = e.server.Addr()
	ctx, stop := context.WithCancel(ctx)
	e.stop = stop
	go func() {
		defer close(e.done)
		defer stop()
		expire(ctx, e.server.FastForward)
		e.server.Close()
	}()
	return e, nil
}

// Config returns the configuration with which Open connects to e.
func (e *Embedded) Config() Config {
	return Config{Addrs: []string{e.addr}, Password: e.password}
}

// Close stops the server, its connections and its expiry, and waits until they
// have ended. It may be called more than once and always returns nil.
func (e *Embedded) Close() error {
	e.close.Do(e.stop)
	<-e.done
	return nil
}

// expire moves the server's clock forward with the real one until ctx ends.
// miniredis does not expire keys by itself.
func expire(ctx context.Context, forward func(time.Duration)) {
	last := time.Now()
	timer := time.NewTimer(minTick)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now := time.Now()
		forward(now.Sub(last))
		last = now
		timer.Reset(min(max(tickShare*time.Since(now), minTick), maxTick))
	}
}

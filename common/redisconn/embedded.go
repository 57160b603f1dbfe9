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
	// minTick and maxTick bound the time between two expiry passes of the
	// embedded Redis.
	minTick = 100 * time.Millisecond
	maxTick = 2 * time.Second
	// tickShare limits expiry to 1/tickShare of one core: a pass walks all
	// keys under the server's lock (measured: 20 ms at 50,000 keys).
	tickShare = 20
)

// Embedded is a Redis inside this process (miniredis), for the default that
// needs nothing installed. It speaks the Redis protocol on a loopback port with
// a random password, so the code path is that of a real server. Its content
// dies with the process.
//
// Expiry runs in passes, 100 ms apart at first and up to 2 s with very many
// keys: a key may go that much earlier or later than its time to live says.
// Memory is not bounded: whoever writes sets expiries. Beyond live keys it
// keeps about 100 bytes for every distinct key ever written.
type Embedded struct {
	server   *miniredis.Miniredis
	addr     string
	password string
	stop     context.CancelFunc
	done     chan struct{}
	close    sync.Once
}

// StartEmbedded starts an embedded Redis on addr, a loopback host:port; "" or
// port 0 takes a free port. It runs until Close, or until ctx ends, which
// closes it too; Close must be called in either case to wait for its end.
func StartEmbedded(ctx context.Context, addr string) (*Embedded, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("embedded redis: address must be host:port: %w", err)
	}
	// It has no access control worth the name: never on a network.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("embedded redis: %q is not a loopback address; use a real Redis to serve other machines", host)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("embedded redis: %w", err)
	}
	e := &Embedded{server: miniredis.NewMiniRedis(), password: rand.Text(), done: make(chan struct{})}
	e.server.RequireAuth(e.password)
	if err := e.server.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("embedded redis: listening on %s: %w", addr, err)
	}
	e.addr = e.server.Addr()
	ctx, e.stop = context.WithCancel(ctx)
	go func() {
		defer close(e.done)
		expire(ctx, e.server.FastForward)
		e.server.Close()
	}()
	return e, nil
}

// Addr is the host:port it listens on, or listened on before Close.
func (e *Embedded) Addr() string { return e.addr }

// Config returns what Open needs to connect to it.
func (e *Embedded) Config() Config {
	return Config{Addrs: []string{e.Addr()}, Password: e.password}
}

// Len is the number of keys it holds, expired ones included until the next
// pass. It is linear in that number.
func (e *Embedded) Len() int { return len(e.server.DB(0).Keys()) }

// Close ends the server, its connections and its expiry, and waits for them.
// It may be called more than once and always returns nil.
func (e *Embedded) Close() error {
	e.close.Do(e.stop)
	<-e.done
	return nil
}

// expire moves the server's clock along with the real one until ctx ends.
// miniredis lets nothing expire by itself.
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

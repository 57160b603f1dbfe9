package main

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

// slowLink is a TCP proxy on loopback that holds everything back for a while, so
// that a pass takes long enough for something to happen in the middle of it.
type slowLink struct {
	listener net.Listener
	to       string
	delay    atomic.Int64 // nanoseconds, each way
	ctx      context.Context
	work     sync.WaitGroup
}

// newSlowLink proxies to an address that need not listen yet.
func newSlowLink(t *testing.T, to string, delay time.Duration) *slowLink {
	t.Helper()
	return slowLinkAt(t, "127.0.0.1:0", to, delay)
}

// slowLinkAt is newSlowLink at an address given.
func slowLinkAt(t *testing.T, at, to string, delay time.Duration) *slowLink {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	l := &slowLink{listener: listener, to: to, ctx: ctx}
	l.delay.Store(int64(delay))
	l.work.Go(l.accept)
	t.Cleanup(func() {
		cancel()
		listener.Close()
		l.work.Wait()
	})
	return l
}

func (l *slowLink) addr() string { return l.listener.Addr().String() }

func (l *slowLink) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.work.Go(func() { l.serve(client) })
	}
}

func (l *slowLink) serve(client net.Conn) {
	defer client.Close()
	var dialer net.Dialer
	server, err := dialer.DialContext(l.ctx, "tcp", l.to)
	if err != nil {
		return
	}
	defer server.Close()
	// Either end, or the link's, ends both ways.
	ctx, cancel := context.WithCancel(l.ctx)
	stop := context.AfterFunc(ctx, func() { client.Close(); server.Close() })
	defer stop()
	var ways sync.WaitGroup
	ways.Go(func() { l.forward(ctx, server, client); cancel() })
	ways.Go(func() { l.forward(ctx, client, server); cancel() })
	ways.Wait()
}

func (l *slowLink) forward(ctx context.Context, to io.Writer, from io.Reader) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			select {
			case <-time.After(time.Duration(l.delay.Load())):
			case <-ctx.Done():
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// slow changes what it holds everything back for.
func (l *slowLink) slow(delay time.Duration) { l.delay.Store(int64(delay)) }

// behind puts a slow link before each terminology.
func behind(t *testing.T, delay time.Duration) func(*stack.Options) {
	t.Helper()
	return behindLink(t, delay, new(*slowLink))
}

// behindLink is behind for one terminology, whose link it gives at.
func behindLink(t *testing.T, delay time.Duration, at **slowLink) func(*stack.Options) {
	t.Helper()
	return func(o *stack.Options) {
		o.Via = func(addr string) string {
			*at = newSlowLink(t, addr, delay)
			return (*at).addr()
		}
	}
}

package idempotency

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy is between a client and one server. It delays what goes either way, or
// drops it.
type proxy struct {
	lis      net.Listener
	upstream string
	latency  atomic.Int64 // of each direction
	silent   atomic.Bool
	wg       sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]struct{}
	closed   bool
}

func startProxy(t *testing.T, upstream string) *proxy {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{lis: lis, upstream: upstream, open: map[net.Conn]struct{}{}}
	p.wg.Go(p.accept)
	t.Cleanup(p.stop)
	return p
}

func (p *proxy) addr() string { return p.lis.Addr().String() }

// delay sets the latency of a whole round trip.
func (p *proxy) delay(d time.Duration) { p.latency.Store(int64(d / 2)) }

func (p *proxy) stop() {
	_ = p.lis.Close()
	p.mu.Lock()
	p.closed = true
	for conn := range p.open {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *proxy) accept() {
	for {
		in, err := p.lis.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", p.upstream)
		if err != nil {
			_ = in.Close()
			continue
		}
		if !p.track(in, out) {
			return
		}
		p.wg.Go(func() { p.carry(in, out) })
		p.wg.Go(func() { p.carry(out, in) })
	}
}

func (p *proxy) track(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		if p.closed {
			_ = conn.Close()
		}
		p.open[conn] = struct{}{}
	}
	return !p.closed
}

// carry copies one direction. Data that is read while earlier data waits is sent
// after it with the same delay, as on a long line.
func (p *proxy) carry(to, from net.Conn) {
	type piece struct {
		due  time.Time
		data []byte
	}
	line := make(chan piece, 1024)
	p.wg.Go(func() {
		defer to.Close()
		for sent := range line {
			time.Sleep(time.Until(sent.due))
			if _, err := to.Write(sent.data); err != nil {
				_ = from.Close()
			}
		}
	})
	defer close(line)
	for {
		buf := make([]byte, 32<<10)
		n, err := from.Read(buf)
		if n > 0 && !p.silent.Load() {
			line <- piece{time.Now().Add(time.Duration(p.latency.Load())), buf[:n]}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = to.Close()
			}
			return
		}
	}
}

package rpcclient

import (
	"net"
	"sync"
	"testing"
)

// proxy forwards connections, and can hold back what they send.
type proxy struct {
	listen net.Listener
	to     string
	owned  sync.WaitGroup

	mu    sync.Mutex
	moved *sync.Cond
	// swallow holds back what is sent until it is false again. With newPass it
	// applies only to connections that are open already.
	swallow, newPass bool
	open             []net.Conn
	closed           bool
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listen: listen, to: to}
	p.moved = sync.NewCond(&p.mu)
	p.owned.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) addr() string { return p.listen.Addr().String() }

func (p *proxy) accept() {
	for {
		in, err := p.listen.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		exempt := p.swallow && p.newPass
		p.open = append(p.open, in)
		p.mu.Unlock()
		out, err := net.Dial("tcp", p.to)
		if err != nil {
			in.Close()
			continue
		}
		p.mu.Lock()
		p.open = append(p.open, out)
		p.mu.Unlock()
		for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
			p.owned.Go(func() { p.forward(way[0], way[1], exempt) })
		}
	}
}

func (p *proxy) forward(from, to net.Conn, exempt bool) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.swallow && !exempt && !p.closed {
			p.moved.Wait()
		}
		p.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// partition holds back everything, or with newPass what the connections send that
// are open now. heal ends it.
func (p *proxy) partition(newPass bool) { p.set(true, newPass) }
func (p *proxy) heal()                  { p.set(false, false) }

func (p *proxy) set(swallow, newPass bool) {
	p.mu.Lock()
	p.swallow, p.newPass = swallow, newPass
	p.moved.Broadcast()
	p.mu.Unlock()
}

func (p *proxy) close() {
	p.listen.Close()
	p.mu.Lock()
	p.closed = true
	for _, c := range p.open {
		c.Close()
	}
	p.moved.Broadcast()
	p.mu.Unlock()
	p.owned.Wait()
}

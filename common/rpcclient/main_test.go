package rpcclient

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	"aecode/common/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// replica is a real gRPC server on an address of its own, which counts the calls
// it gets.
type replica struct {
	server *grpc.Server
	health *health.Server
	calls  atomic.Int64
	slow   atomic.Int64 // ns that a call takes
	served chan error
}

const service = "test.Echo"

// serve starts a replica; the test stops it.
func serve(t *testing.T, addr string) *replica {
	t.Helper()
	listen, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{health: health.NewServer(), served: make(chan error, 1)}
	r.server = grpc.NewServer(
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 10 * time.Second, MaxConnectionAgeGrace: 5 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}))
	r.server.RegisterService(&grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
		MethodName: "Say", Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			in := &grpc_health_v1.HealthCheckRequest{}
			if err := decode(in); err != nil {
				return nil, err
			}
			_ = grpc.SendHeader(ctx, nil) // as the services do
			r.calls.Add(1)
			select {
			case <-time.After(time.Duration(r.slow.Load())):
				return &grpc_health_v1.HealthCheckResponse{}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		},
	}}}, nil)
	grpc_health_v1.RegisterHealthServer(r.server, r.health)
	go func() { r.served <- r.server.Serve(listen) }()
	t.Cleanup(func() {
		r.server.Stop()
		if err := <-r.served; err != nil {
			t.Error(err)
		}
	})
	return r
}

// connect gives a connection to the replicas at addresses.
func connect(t *testing.T, addresses string) *grpc.ClientConn {
	t.Helper()
	target, err := Target(addresses)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(target, append(DialOptions(RoundRobin), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// say is one try of one call, as long as the services give it.
func say(ctx context.Context, conn *grpc.ClientConn) error {
	return sayWithin(ctx, conn, 300*time.Millisecond)
}

func sayWithin(ctx context.Context, conn *grpc.ClientConn, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return conn.Invoke(ctx, "/"+service+"/Say", &grpc_health_v1.HealthCheckRequest{}, &grpc_health_v1.HealthCheckResponse{})
}

// tries is how data-sync calls terminology.
var tries = retry.Policy{MaxAttempts: 3, AttemptTimeout: 300 * time.Millisecond, Backoff: retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second}}

// untilServed calls until that succeeds and gives how long it took.
func untilServed(t *testing.T, conn *grpc.ClientConn, most time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		err := say(t.Context(), conn)
		if err == nil {
			return time.Since(began)
		}
		if time.Since(began) > most {
			t.Fatalf("no call succeeded within %v: %v", most, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// freePort is a port that is free on all of this machine's loopback addresses
// at the moment.
func freePort(t *testing.T) string {
	t.Helper()
	listen, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listen.Close()
	return strconv.Itoa(listen.Addr().(*net.TCPAddr).Port)
}

// names is a DNS server with one name.
type names struct {
	conn *net.UDPConn
	mu   sync.Mutex
	ips  []string
	away bool
	done chan struct{}
}

// startNames answers every question for an address with ips.
func startNames(t *testing.T, ips ...string) *names {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn: conn, ips: ips, done: make(chan struct{})}
	go n.answer()
	t.Cleanup(func() { conn.Close(); <-n.done })
	return n
}

func (n *names) addr() string { return n.conn.LocalAddr().String() }

func (n *names) set(away bool, ips ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.away, n.ips = away, ips
}

func (n *names) answer() {
	defer close(n.done)
	buffer := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFromUDP(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		var asked dnsmessage.Message
		if err != nil || asked.Unpack(buffer[:size]) != nil || len(asked.Questions) != 1 {
			continue
		}
		n.mu.Lock()
		away, ips := n.away, slices.Clone(n.ips)
		n.mu.Unlock()
		if away {
			continue
		}
		question := asked.Questions[0]
		answer := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: asked.ID, Response: true, Authoritative: true, RecursionAvailable: true},
			Questions: asked.Questions,
		}
		for _, ip := range ips {
			if question.Type == dnsmessage.TypeA {
				answer.Answers = append(answer.Answers, dnsmessage.Resource{
					Header: dnsmessage.ResourceHeader{Name: question.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 1},
					Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(ip).To4())},
				})
			}
		}
		if len(ips) == 0 {
			answer.RCode = dnsmessage.RCodeNameError
		}
		if packed, err := answer.Pack(); err == nil {
			_, _ = n.conn.WriteToUDP(packed, from) // it asks again
		}
	}
}

// proxy forwards connections until it is told to swallow what they send.
type proxy struct {
	listen net.Listener
	to     string
	owned  sync.WaitGroup

	mu    sync.Mutex
	moved *sync.Cond
	// swallow holds back: what is sent stays where it is until it is false. old
	// connections only, where newPass is true.
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

// partition makes it swallow everything, or what the connections send that are
// open now; heal ends that.
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

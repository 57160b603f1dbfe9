package rpcclient

import (
	"context"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	"aecode/common/retry"
	"aecode/common/testsupport/localserver"
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
func serve(t *testing.T, addr string, opts ...grpc.ServerOption) *replica {
	t.Helper()
	listen, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{health: health.NewServer(), served: make(chan error, 1)}
	r.server = grpc.NewServer(append(opts,
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 10 * time.Second, MaxConnectionAgeGrace: 5 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}))...)
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

// connect returns a connection to the replicas at addresses.
func connect(t *testing.T, addresses string) *grpc.ClientConn {
	t.Helper()
	return connectAs(t, addresses, insecure.NewCredentials())
}

func connectAs(t *testing.T, addresses string, as credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	target, err := Target(addresses)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(target, append(DialOptions(RoundRobin), grpc.WithTransportCredentials(as))...)
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

// say makes one call without retries, with the timeout of the services' attempts.
func say(ctx context.Context, conn *grpc.ClientConn) error {
	return sayWithin(ctx, conn, 300*time.Millisecond)
}

func sayWithin(ctx context.Context, conn *grpc.ClientConn, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return conn.Invoke(ctx, "/"+service+"/Say", &grpc_health_v1.HealthCheckRequest{}, &grpc_health_v1.HealthCheckResponse{})
}

// attempts is the policy with which data-sync calls terminology.
var attempts = retry.Policy{MaxAttempts: 3, AttemptTimeout: 300 * time.Millisecond, Backoff: retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second}}

// untilServed calls until a call succeeds and returns how long it took.
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

// freePort returns a port that is free now on all loopback addresses of this
// machine.
func freePort(t *testing.T) string {
	t.Helper()
	listen, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listen.Close()
	return strconv.Itoa(listen.Addr().(*net.TCPAddr).Port)
}

// startNames runs a DNS server until the test's end.
func startNames(t *testing.T, ips ...string) *localserver.Names {
	t.Helper()
	n, err := localserver.StartNames(ips...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			t.Error(err)
		}
	})
	return n
}

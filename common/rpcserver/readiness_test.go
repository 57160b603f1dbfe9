package rpcserver

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// echoing is a service with a unary call, which takes the time wait, and a stream,
// which lasts until its client or the server ends it.
type echoing struct {
	wait time.Duration
	// entered, if it is not nil, receives one element for each unary call. Closing
	// leave ends all waits.
	entered, leave chan struct{}
}

func (e *echoing) desc() *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: "test.Echo",
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Say", Handler: func(_ any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
			in := &grpc_health_v1.HealthCheckRequest{}
			if err := decode(in); err != nil {
				return nil, err
			}
			return chain(ctx, in, &grpc.UnaryServerInfo{FullMethod: "/test.Echo/Say"}, func(ctx context.Context, _ any) (any, error) {
				if e.entered != nil {
					e.entered <- struct{}{}
				}
				select {
				case <-time.After(e.wait):
					return &grpc_health_v1.HealthCheckResponse{}, nil
				case <-e.leave:
					return &grpc_health_v1.HealthCheckResponse{}, nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			})
		}}},
		Streams: []grpc.StreamDesc{{StreamName: "Count", ServerStreams: true, Handler: func(_ any, stream grpc.ServerStream) error {
			in := &grpc_health_v1.HealthCheckRequest{}
			if err := stream.RecvMsg(in); err != nil {
				return err
			}
			for range 20 {
				if err := stream.SendMsg(&grpc_health_v1.HealthCheckResponse{}); err != nil {
					return err
				}
				time.Sleep(50 * time.Millisecond)
			}
			return nil
		}}},
	}
}

var countStream = &grpc.StreamDesc{StreamName: "Count", ServerStreams: true}

type started struct {
	*Server
	conn    *grpc.ClientConn
	addr    string
	metrics string
	served  chan error
}

func freePort(t *testing.T) int {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer lis.Close()
	return lis.Addr().(*net.TCPAddr).Port
}

// start serves e until the end of the test, and checks that it ends without an
// error.
func start(t *testing.T, e *echoing, opts Options) *started {
	t.Helper()
	conf := zrpc.RpcServerConf{ListenOn: fmt.Sprintf("127.0.0.1:%d", freePort(t)), Timeout: 2000}
	conf.Name, conf.Mode = "test", "pro"
	conf.Log.Mode, conf.Log.Encoding, conf.Log.Level = "console", "plain", "info"
	conf.DevServer.Enabled, conf.DevServer.EnableMetrics = true, true
	conf.DevServer.Host, conf.DevServer.Port = "127.0.0.1", freePort(t)
	conf.DevServer.HealthPath, conf.DevServer.MetricsPath = "/healthz", "/metrics"
	if opts.MaxInFlight == 0 {
		opts.MaxInFlight = 16
	}
	if opts.MaxStreams == 0 {
		opts.MaxStreams = 16
	}
	server, err := New(conf, opts, func(g *grpc.Server) { g.RegisterService(e.desc(), nil) })
	if err != nil {
		t.Fatal(err)
	}
	s := &started{Server: server, addr: conf.ListenOn, served: make(chan error, 1)}
	s.metrics = "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(conf.DevServer.Port))
	go func() { s.served <- server.Serve() }()
	if s.conn, err = grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Stop()
		if err := <-s.served; err != nil {
			t.Error(err)
		}
		if err := s.conn.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

func (s *started) say(t *testing.T, opts ...grpc.CallOption) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return s.conn.Invoke(ctx, "/test.Echo/Say", &grpc_health_v1.HealthCheckRequest{}, &grpc_health_v1.HealthCheckResponse{},
		append(opts, grpc.WaitForReady(true))...)
}

// health returns the answers of gRPC health and of /healthz.
func (s *started) health(t *testing.T) (grpc_health_v1.HealthCheckResponse_ServingStatus, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := grpc_health_v1.NewHealthClient(s.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return got.GetStatus(), answer.StatusCode
}

func TestHealthIsServingOnlyWhileTheServiceCanServe(t *testing.T) {
	ready := NewReadiness()
	s := start(t, &echoing{}, Options{Ready: ready})
	expect := func(when string, want grpc_health_v1.HealthCheckResponse_ServingStatus, wantHTTP int) {
		t.Helper()
		if got, gotHTTP := s.health(t); got != want || gotHTTP != wantHTTP {
			t.Errorf("%s: %v and %d, want %v and %d", when, got, gotHTTP, want, wantHTTP)
		}
	}
	expect("starting", grpc_health_v1.HealthCheckResponse_NOT_SERVING, 503)
	err := s.say(t)
	st := status.Convert(err)
	if st.Code() != codes.Unavailable || len(st.Details()) != 1 {
		t.Fatalf("a call while starting: %v, want Unavailable with one detail", err)
	}
	if info, ok := st.Details()[0].(*errdetails.RetryInfo); !ok || info.GetRetryDelay().AsDuration() != time.Second {
		t.Errorf("detail %v, want RetryInfo of 1s", st.Details()[0])
	}
	if !ready.Set(true) || ready.Set(true) {
		t.Error("Set must tell a change and only that")
	}
	expect("ready", grpc_health_v1.HealthCheckResponse_SERVING, 200)
	if err := s.say(t); err != nil {
		t.Errorf("a call when ready: %v", err)
	}
	ready.Set(false)
	expect("its database away", grpc_health_v1.HealthCheckResponse_NOT_SERVING, 503)
	if err := s.say(t); err != nil {
		t.Errorf("a call is to meet what is away by itself: %v", err)
	}
	ready.Set(true)
	expect("back", grpc_health_v1.HealthCheckResponse_SERVING, 200)
	ready.stop()
	ready.Set(true)
	expect("stopping, for good", grpc_health_v1.HealthCheckResponse_NOT_SERVING, 503)
	if err := s.say(t); err != nil {
		t.Errorf("a call while it drains: %v", err)
	}
}

func TestAHealthWatchDoesNotHoldUpAServerThatStops(t *testing.T) {
	ready := NewReadiness()
	ready.Set(true)
	s := start(t, &echoing{}, Options{Ready: ready})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	watch, err := grpc_health_v1.NewHealthClient(s.conn).Watch(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.WaitForReady(true))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := watch.Recv(); err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		t.Fatalf("%v, %v", got, err)
	}
	ready.stop()
	if got, err := watch.Recv(); err != nil || got.GetStatus() != grpc_health_v1.HealthCheckResponse_NOT_SERVING {
		t.Errorf("the watcher hears %v, %v; want NOT_SERVING", got, err)
	}
	began := time.Now()
	stopped := make(chan struct{})
	go func() { s.Stop(); close(stopped) }()
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Fatal("the watch holds the server up")
	}
	t.Logf("stopped after %v", time.Since(began))
}

func TestMetricsAreServedAndATakenPortStopsTheStart(t *testing.T) {
	s := start(t, &echoing{}, Options{Ready: NewReadiness()})
	if got, _ := s.health(t); got != grpc_health_v1.HealthCheckResponse_NOT_SERVING { // it is up
		t.Fatal(got)
	}
	answer, err := http.Get(s.metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(body), "go_goroutines") {
		t.Errorf("%v: %.100s", err, body)
	}
	conf := s.conf
	conf.ListenOn = fmt.Sprintf("127.0.0.1:%d", freePort(t))
	second, err := New(conf, Options{MaxInFlight: 1, MaxStreams: 1, Ready: NewReadiness()}, func(*grpc.Server) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Serve(); err == nil || !strings.Contains(err.Error(), "DevServer") || !strings.Contains(err.Error(), strconv.Itoa(conf.DevServer.Port)) {
		t.Errorf("%v, want the setting and the port named", err)
	}
}

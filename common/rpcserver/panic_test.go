package rpcserver

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zeromicro/go-zero/core/logx/logtest"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// panicking is a service whose only method panics with the value of its request.
var panicking = grpc.ServiceDesc{
	ServiceName: "test.Panicking",
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Code",
		Handler: func(_ any, ctx context.Context, decode func(any) error, chain grpc.UnaryServerInterceptor) (any, error) {
			var in grpc_health_v1.HealthCheckRequest
			if err := decode(&in); err != nil {
				return nil, err
			}
			handler := func(_ context.Context, req any) (any, error) {
				panic("cannot code " + req.(*grpc_health_v1.HealthCheckRequest).GetService())
			}
			return chain(ctx, &in, &grpc.UnaryServerInfo{FullMethod: "/test.Panicking/Code"}, handler)
		},
	}},
}

func TestAForcedPanicBehindAllInterceptorsShowsNoVerbatim(t *testing.T) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := lis.Addr().String()
	lis.Close()

	conf := zrpc.RpcServerConf{ListenOn: addr, Timeout: 2000}
	conf.Name, conf.Mode = "test", "test"
	conf.Log.Mode, conf.Log.Encoding, conf.Log.Level = "console", "plain", "info"
	conf.Middlewares.Trace, conf.Middlewares.Prometheus = true, true
	ready := NewReadiness()
	ready.Set(true)
	server, err := New(conf, Options{MaxInFlight: 4, MaxStreams: 4, Ready: ready}, func(s *grpc.Server) { s.RegisterService(&panicking, nil) })
	if err != nil {
		t.Fatal(err)
	}
	log := logtest.NewCollector(t)
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	defer func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()

	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = conn.Invoke(ctx, "/test.Panicking/Code", &grpc_health_v1.HealthCheckRequest{Service: sentinel},
		&grpc_health_v1.HealthCheckResponse{}, grpc.WaitForReady(true))
	if status.Code(err) != codes.Internal || strings.Contains(err.Error(), sentinel) {
		t.Errorf("the caller sees %v, want Internal without the verbatim", err)
	}
	if shown := log.String(); strings.Contains(shown, sentinel) || !strings.Contains(shown, "/test.Panicking/Code") {
		t.Errorf("the log must name the method and not the verbatim: %s", shown)
	}
}

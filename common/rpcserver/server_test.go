package rpcserver

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/logx/logtest"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const sentinel = "SENTINEL-VERBATIM"

func TestAPanicTellsNeitherTheCallerNorTheLogItsValue(t *testing.T) {
	log := logtest.NewCollector(t)
	logx.SetLevel(logx.InfoLevel)
	_, err := recoverUnary(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: "/x/Y"},
		func(context.Context, any) (any, error) { panic("coding " + sentinel) })
	if status.Code(err) != codes.Internal {
		t.Fatalf("code = %v, want Internal", status.Code(err))
	}
	if strings.Contains(err.Error(), sentinel) {
		t.Errorf("the error shows the panic's value: %v", err)
	}
	if strings.Contains(log.String(), sentinel) {
		t.Errorf("the log shows the panic's value")
	}
	if !strings.Contains(log.String(), "/x/Y") {
		t.Errorf("the log does not name the method: %q", log.String())
	}
}

func TestACallOverTheLimitIsRefusedWithRetryInfoAndHealthIsNot(t *testing.T) {
	s := newShedder(1, 1, 250*time.Millisecond)
	info := &grpc.UnaryServerInfo{FullMethod: "/x/Y"}
	health := &grpc.UnaryServerInfo{FullMethod: "/grpc.health.v1.Health/Check"}
	ok := func(context.Context, any) (any, error) { return "ok", nil }

	_, err := s.unary(t.Context(), nil, info, func(ctx context.Context, _ any) (any, error) {
		_, refused := s.unary(ctx, nil, info, ok)
		st := status.Convert(refused)
		if st.Code() != codes.ResourceExhausted || len(st.Details()) != 1 {
			t.Fatalf("second call: %v, want ResourceExhausted with one detail", refused)
		}
		info, isRetry := st.Details()[0].(*errdetails.RetryInfo)
		if !isRetry || info.GetRetryDelay().AsDuration() != 250*time.Millisecond {
			t.Errorf("detail = %v, want RetryInfo of 250ms", st.Details()[0])
		}
		if _, err := s.unary(ctx, nil, health, ok); err != nil {
			t.Errorf("health while full: %v", err)
		}
		return "ok", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.unary(t.Context(), nil, info, ok); err != nil {
		t.Errorf("the slot was not given back: %v", err)
	}
}

func TestAnAddressInUseIsAnErrorThatNamesIt(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	conf := zrpc.RpcServerConf{ListenOn: taken.Addr().String()}
	conf.Mode, conf.Name = "test", "test"
	server, err := New(conf, Options{MaxInFlight: 1, MaxStreams: 1, Ready: NewReadiness()}, func(*grpc.Server) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err == nil || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("error = %v, want one that names %s", err, taken.Addr())
	}
}

package rpcserver

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

func TestAConnectionTooManyIsRefusedUntilAnotherEnds(t *testing.T) {
	ready := NewReadiness()
	ready.Set(true)
	s := start(t, &echoing{}, Options{Ready: ready, MaxConnections: 2})
	dial := func() *grpc.ClientConn {
		conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	say := func(conn *grpc.ClientConn, opts ...grpc.CallOption) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return conn.Invoke(ctx, "/test.Echo/Say", &grpc_health_v1.HealthCheckRequest{}, &grpc_health_v1.HealthCheckResponse{}, opts...)
	}
	if err := s.say(t); err != nil {
		t.Fatal(err)
	}
	second, third := dial(), dial()
	if err := say(second); err != nil {
		t.Fatal(err)
	}
	if err := say(third); status.Code(err) != codes.Unavailable {
		t.Errorf("the third connection: %v, want Unavailable", err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := say(third, grpc.WaitForReady(true)); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}

package retry_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"aecode/common/retry"
)

// checker is a gRPC server with one unary method.
type checker struct {
	grpc_health_v1.UnimplementedHealthServer
	check func(ctx context.Context, call int) error
	calls atomic.Int64
}

func (c *checker) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if err := c.check(ctx, int(c.calls.Add(1))); err != nil {
		return nil, err
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// overGRPC runs f in a bubble, with a client of a server that answers check.
func overGRPC(t *testing.T, check func(ctx context.Context, call int) error, f func(t *testing.T, client grpc_health_v1.HealthClient, server *checker)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := bufconn.Listen(1 << 16)
		server, impl := grpc.NewServer(), &checker{check: check}
		grpc_health_v1.RegisterHealthServer(server, impl)
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		conn, err := grpc.NewClient("passthrough:///bufconn",
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			server.Stop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		}()
		f(t, grpc_health_v1.NewHealthClient(conn), impl)
	})
}

func request() *grpc_health_v1.HealthCheckRequest { return &grpc_health_v1.HealthCheckRequest{} }

func TestDoOverGRPCTriesThreeTimesForThreeHundredMilliseconds(t *testing.T) {
	hang := func(ctx context.Context, _ int) error {
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	}
	overGRPC(t, hang, func(t *testing.T, client grpc_health_v1.HealthClient, server *checker) {
		p := policy()
		p.AttemptTimeout = 300 * time.Millisecond
		start := time.Now()
		err := retry.Do(t.Context(), p, func(ctx context.Context) error {
			_, err := client.Check(ctx, request())
			return err
		})
		wantFailure(t, err, retry.ReasonExhausted, 3)
		if got := status.Code(err); got != codes.DeadlineExceeded {
			t.Errorf("code %v", got)
		}
		wantElapsed(t, start, (3*300+50+100)*time.Millisecond)
		synctest.Wait()
		if got := server.calls.Load(); got != 3 {
			t.Errorf("the server saw %d calls, want 3", got)
		}
	})
}

func TestDoOverGRPCSucceedsWhenTheServerAnswersInTime(t *testing.T) {
	slowTwice := func(ctx context.Context, call int) error {
		wait := []time.Duration{400 * time.Millisecond, 500 * time.Millisecond, 100 * time.Millisecond}[call-1]
		select {
		case <-time.After(wait):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	overGRPC(t, slowTwice, func(t *testing.T, client grpc_health_v1.HealthClient, _ *checker) {
		p := policy()
		p.AttemptTimeout = 300 * time.Millisecond
		start := time.Now()
		resp, err := retry.DoValue(t.Context(), p, func(ctx context.Context) (*grpc_health_v1.HealthCheckResponse, error) {
			return client.Check(ctx, request())
		})
		if err != nil || resp.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("DoValue = %v, %v", resp, err)
		}
		wantElapsed(t, start, (300+50+300+100+100)*time.Millisecond)
	})
}

func TestDoOverGRPCHonoursRetryInfo(t *testing.T) {
	shedOnce := func(_ context.Context, call int) error {
		if call == 1 {
			return retryAfter(codes.ResourceExhausted, 700*time.Millisecond)
		}
		return nil
	}
	overGRPC(t, shedOnce, func(t *testing.T, client grpc_health_v1.HealthClient, _ *checker) {
		start := time.Now()
		err := retry.Do(t.Context(), policy(), func(ctx context.Context) error {
			_, err := client.Check(ctx, request())
			return err
		})
		if err != nil {
			t.Error(err)
		}
		wantElapsed(t, start, 700*time.Millisecond)
	})
}

func TestDoOverGRPCHonoursPushback(t *testing.T) {
	for _, tt := range []struct {
		trailer string
		reason  retry.Reason
		took    time.Duration
	}{
		{"800", retry.ReasonSucceeded, 800 * time.Millisecond},
		{"-1", retry.ReasonPushback, 0},
	} {
		push := func(ctx context.Context, call int) error {
			if call > 1 {
				return nil
			}
			if err := grpc.SetTrailer(ctx, metadata.Pairs(retry.PushbackKey, tt.trailer)); err != nil {
				return err
			}
			return errUnavailable
		}
		overGRPC(t, push, func(t *testing.T, client grpc_health_v1.HealthClient, _ *checker) {
			start := time.Now()
			err := retry.Do(t.Context(), policy(), func(ctx context.Context) error {
				var trailer metadata.MD
				_, err := client.Check(ctx, request(), grpc.Trailer(&trailer))
				return retry.WithTrailer(err, trailer)
			})
			if tt.reason == retry.ReasonSucceeded {
				if err != nil {
					t.Error(err)
				}
			} else {
				wantFailure(t, err, tt.reason, 1)
			}
			wantElapsed(t, start, tt.took)
		})
	}
}

func TestDoOverGRPCStopsWithTheCaller(t *testing.T) {
	hang := func(ctx context.Context, _ int) error {
		<-ctx.Done()
		return ctx.Err()
	}
	overGRPC(t, hang, func(t *testing.T, client grpc_health_v1.HealthClient, _ *checker) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		p := policy()
		p.AttemptTimeout = 300 * time.Millisecond
		start := time.Now()
		err := retry.Do(ctx, p, func(ctx context.Context) error {
			_, err := client.Check(ctx, request())
			return err
		})
		wantFailure(t, err, retry.ReasonDeadline, 2)
		wantElapsed(t, start, 500*time.Millisecond)
	})
}

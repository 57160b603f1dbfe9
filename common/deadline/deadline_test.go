package deadline_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"aecode/common/deadline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// workUntilDeadline answers when its context ends, like a handler that then sends
// what it has finished.
type workUntilDeadline struct {
	grpc_health_v1.UnimplementedHealthServer
}

func (workUntilDeadline) Check(ctx context.Context, _ *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	ctx, cancel := deadline.Shave(ctx, deadline.DefaultMargin)
	defer cancel()
	<-ctx.Done()
	if !errors.Is(context.Cause(ctx), deadline.ErrMargin) {
		return nil, context.Cause(ctx)
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

func (workUntilDeadline) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	return stream.Send(&grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING})
}

type link struct {
	health grpc_health_v1.HealthClient
	dials  atomic.Int64
}

// connected runs f in a bubble with a client that has the interceptors.
func connected(t *testing.T, f func(t *testing.T, l *link)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := bufconn.Listen(1 << 16)
		server := grpc.NewServer()
		grpc_health_v1.RegisterHealthServer(server, workUntilDeadline{})
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		l := &link{}
		conn, err := grpc.NewClient("passthrough:///bufconn",
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
				l.dials.Add(1)
				return listener.DialContext(ctx)
			}),
			grpc.WithChainUnaryInterceptor(deadline.UnaryClientInterceptor()),
			grpc.WithChainStreamInterceptor(deadline.StreamClientInterceptor()))
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
		l.health = grpc_health_v1.NewHealthClient(conn)
		f(t, l)
	})
}

func TestClientRefusesACallWithoutADeadlineBeforeTheNetwork(t *testing.T) {
	calls := map[string]func(context.Context, grpc_health_v1.HealthClient) error{
		grpc_health_v1.Health_Check_FullMethodName: func(ctx context.Context, c grpc_health_v1.HealthClient) error {
			_, err := c.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
			return err
		},
		grpc_health_v1.Health_Watch_FullMethodName: func(ctx context.Context, c grpc_health_v1.HealthClient) error {
			_, err := c.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
			return err
		},
	}
	for method, call := range calls {
		t.Run(method, func(t *testing.T) {
			connected(t, func(t *testing.T, l *link) {
				cancellable, cancel := context.WithCancel(t.Context())
				defer cancel()
				for _, ctx := range []context.Context{t.Context(), cancellable} {
					err := call(ctx, l.health)
					missing, ok := errors.AsType[*deadline.MissingError](err)
					if !ok || missing.Method != method || status.Code(err) != codes.Internal {
						t.Fatalf("error = %v (code %v), want a MissingError for %s", err, status.Code(err), method)
					}
					if !strings.Contains(err.Error(), method) {
						t.Errorf("error %q does not name the method", err)
					}
				}
				synctest.Wait()
				if n := l.dials.Load(); n != 0 {
					t.Errorf("the client dialled %d times", n)
				}
			})
		})
	}
}

func TestClientLetsACallWithADeadlinePass(t *testing.T) {
	connected(t, func(t *testing.T, l *link) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{}); err != nil {
			t.Error(err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stream, err := l.health.Watch(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Error(err)
		}
	})
}

func TestServerAnswersAMarginBeforeTheClientStopsListening(t *testing.T) {
	connected(t, func(t *testing.T, l *link) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := l.health.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
		if err != nil {
			t.Fatal(err)
		}
		// grpc-timeout travels in whole units, so the server may see a little less.
		if took := time.Since(start); took < 279*time.Millisecond || took > 280*time.Millisecond {
			t.Errorf("answered after %v, want 280ms", took)
		}
	})
}

func TestShaveMovesTheDeadlineForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			left, margin, want time.Duration
		}{
			{300 * time.Millisecond, 20 * time.Millisecond, 280 * time.Millisecond},
			{20 * time.Millisecond, 20 * time.Millisecond, 0},
			{5 * time.Millisecond, 20 * time.Millisecond, 0},
			{300 * time.Millisecond, 0, 300 * time.Millisecond},
			{300 * time.Millisecond, -time.Second, 300 * time.Millisecond},
		} {
			parent, cancelParent := context.WithTimeout(t.Context(), tt.left)
			start := time.Now()
			ctx, cancel := deadline.Shave(parent, tt.margin)
			<-ctx.Done()
			if took := time.Since(start); took != tt.want {
				t.Errorf("Shave(%v, %v) lasts %v, want %v", tt.left, tt.margin, took, tt.want)
			}
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Errorf("Shave(%v, %v) ends with %v", tt.left, tt.margin, ctx.Err())
			}
			if byMargin := errors.Is(context.Cause(ctx), deadline.ErrMargin); byMargin != (tt.margin > 0) {
				t.Errorf("Shave(%v, %v) ends because of %v", tt.left, tt.margin, context.Cause(ctx))
			}
			cancel()
			cancelParent()
		}
	})
}

func TestShaveFollowsItsParentAndItsCancel(t *testing.T) {
	ctx, cancel := deadline.Shave(t.Context(), deadline.DefaultMargin)
	if _, ok := ctx.Deadline(); ok || ctx.Err() != nil {
		t.Error("a context without a deadline was given one")
	}
	cancel()
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("after cancel: %v", ctx.Err())
	}
	parent, cancelParent := context.WithTimeout(t.Context(), time.Hour)
	ctx, cancel = deadline.Shave(parent, deadline.DefaultMargin)
	defer cancel()
	cancelParent()
	if !errors.Is(ctx.Err(), context.Canceled) || !errors.Is(context.Cause(ctx), context.Canceled) {
		t.Errorf("after the parent's cancel: %v", context.Cause(ctx))
	}
}

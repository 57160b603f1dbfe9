package rpcserver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"aecode/common/version"
)

// startingRetryAfter is when a caller may retry while the service is starting.
const startingRetryAfter = time.Second

// Readiness is whether a service can serve. The gRPC health service and /healthz
// answer with it.
//
// Until the service is ready for the first time, it answers every other call
// Unavailable with RetryInfo, so that its handlers run only when its dependencies
// are there. Afterwards calls are always let through: while the service is not
// ready, each call fails only if it uses the dependency that is away. Readiness is
// safe for concurrent use.
type Readiness struct {
	health *health.Server
	opened atomic.Bool // the service has been ready
	// name is the name of the service in the answers of /healthz. The server sets
	// it.
	name string

	mu             sync.Mutex
	ready, stopped bool

	// drain ends the health watches. onDrain registers a function that drain calls
	// in a goroutine of its own; the result unregisters it.
	drain   func()
	onDrain func(func()) (unregister func() bool)
}

// NewReadiness returns a Readiness that is not ready.
func NewReadiness() *Readiness {
	draining, drain := context.WithCancel(context.Background())
	r := &Readiness{health: health.NewServer(), drain: drain}
	r.onDrain = func(f func()) func() bool { return context.AfterFunc(draining, f) }
	r.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	return r
}

// Set says whether the service can serve, and reports whether that is a change.
// When the server stops, the service is not ready for good: Set then changes
// nothing.
func (r *Readiness) Set(ready bool) (changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.ready == ready {
		return false
	}
	r.ready = ready
	state := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if ready {
		state = grpc_health_v1.HealthCheckResponse_SERVING
		r.opened.Store(true)
	}
	r.health.SetServingStatus("", state)
	return true
}

// isReady reports what was set last, and false after stop.
func (r *Readiness) isReady() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready
}

// stop makes the service not ready for good.
func (r *Readiness) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready, r.stopped = false, true
	r.health.Shutdown()
}

// ServeHTTP answers a readiness probe with 200 if the service is ready, else 503.
// The body names the service and its build, as in
// "ok data-sync v1.2.3 (0123abc)" and "not ready data-sync v1.2.3 (0123abc)".
func (r *Readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if !r.isReady() {
		http.Error(w, "not ready "+r.name+" "+version.Short(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "ok", r.name, version.Short()) // the client may be gone
}

// errStarting is the answer to calls before the service was ready for the first
// time.
var errStarting = func() error {
	st := status.New(codes.Unavailable, "the service is starting and waits for its dependencies: try again later")
	if detailed, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(startingRetryAfter)}); err == nil {
		st = detailed
	}
	return st.Err()
}()

// admits reports whether to let a call through.
func (r *Readiness) admits(method string) bool {
	return r.opened.Load() || isHealth(method) || strings.HasPrefix(method, "/grpc.reflection.")
}

func (r *Readiness) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if !r.admits(info.FullMethod) {
		return nil, errStarting
	}
	return handler(ctx, req)
}

func (r *Readiness) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if !r.admits(info.FullMethod) {
		return errStarting
	}
	return handler(srv, stream)
}

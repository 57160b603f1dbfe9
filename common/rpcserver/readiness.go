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
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"aecode/common/version"
)

// startingAgain is when a caller may come back to a service that still waits
// for what it needs.
const startingAgain = time.Second

// Readiness says whether a service can serve, to gRPC health v1 and to
// /healthz alike. A service that has never been ready answers every other call
// Unavailable with RetryInfo, so that its handlers run only when what they need
// is there. Later, while it is not ready, calls are let through: each of them
// meets what is away by itself. It is safe for concurrent use.
type Readiness struct {
	health *health.Server
	opened atomic.Bool
	// name is the service's, in the answers of /healthz; the server sets it.
	name string

	mu             sync.Mutex
	ready, stopped bool

	// draining ends the health watches, which would otherwise hold up a server
	// that stops: they have no end of their own.
	draining context.Context
	drain    context.CancelFunc
}

// NewReadiness returns one that is not ready.
func NewReadiness() *Readiness {
	r := &Readiness{health: health.NewServer()}
	r.draining, r.drain = context.WithCancel(context.Background())
	r.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	return r
}

// Set says whether the service can serve. It reports whether that is a change.
// After Stop nothing changes any more.
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

// Ready reports what was set last; after Stop, false.
func (r *Readiness) Ready() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready
}

// Stop says for good that the service takes no new work.
func (r *Readiness) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ready, r.stopped = false, true
	r.health.Shutdown()
}

// ServeHTTP answers a readiness probe: 200 or 503, and in either case which
// build of which service it is, as in "ok data-sync v1.2.3 (0123abc)".
func (r *Readiness) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	if !r.Ready() {
		http.Error(w, "not ready "+r.name+" "+version.Short(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprintln(w, "ok", r.name, version.Short()) // who asked may be gone
}

// VersionHeader is the response header of health's Check that says which build
// answers, as in "v1.2.3 (0123abc)".
const VersionHeader = "aecode-version"

// said is what a call is answered before its handler runs; nil: nothing.
func said(method string) metadata.MD {
	if method != grpc_health_v1.Health_Check_FullMethodName {
		return nil
	}
	return metadata.Pairs(VersionHeader, version.Short())
}

// healthService is the server's health service, whose watches end when the
// server drains.
type healthService struct {
	grpc_health_v1.HealthServer
	draining context.Context //nolint:containedctx // the server's life, not a call's
}

// Watch is the health server's, ended when the server drains.
func (h healthService) Watch(in *grpc_health_v1.HealthCheckRequest, stream grpc_health_v1.Health_WatchServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer context.AfterFunc(h.draining, cancel)()
	return h.HealthServer.Watch(in, watchStream{stream, ctx})
}

type watchStream struct {
	grpc_health_v1.Health_WatchServer
	ctx context.Context //nolint:containedctx // as a stream has it
}

func (w watchStream) Context() context.Context { return w.ctx }

// errStarting is the answer before the service was ever ready.
var errStarting = func() error {
	st := status.New(codes.Unavailable, "the service is starting: it waits for what it needs")
	if detailed, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(startingAgain)}); err == nil {
		st = detailed
	}
	return st.Err()
}()

func (r *Readiness) admits(method string) bool {
	return r.opened.Load() || exempt(method) || strings.HasPrefix(method, "/grpc.reflection.")
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

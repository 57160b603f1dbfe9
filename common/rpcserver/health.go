package rpcserver

import (
	"context"

	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"aecode/common/version"
)

// versionHeader is the response header of the health method Check. Its value is
// the build that answers, such as "v1.2.3 (0123abc)".
const versionHeader = "aecode-version"

// responseHeader returns the header of the answer to a method: the version for
// Check of the health service, nil for other methods.
func responseHeader(method string) metadata.MD {
	if method != grpc_health_v1.Health_Check_FullMethodName {
		return nil
	}
	return metadata.Pairs(versionHeader, version.Short())
}

// healthService is gRPC's health service with watches that end when the server
// stops. Left alone they have no end, and the server would wait for them.
type healthService struct {
	grpc_health_v1.HealthServer
	ready *Readiness
}

// Watch streams the health until the client or the server ends it.
func (h healthService) Watch(in *grpc_health_v1.HealthCheckRequest, stream grpc_health_v1.Health_WatchServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	defer h.ready.onDrain(cancel)()
	return h.HealthServer.Watch(in, watchStream{stream, ctx})
}

// watchStream is a stream with another context.
type watchStream struct {
	grpc_health_v1.Health_WatchServer
	ctx context.Context //nolint:containedctx // a gRPC stream carries its context
}

// Context returns the context that ends with the server too.
func (w watchStream) Context() context.Context { return w.ctx }

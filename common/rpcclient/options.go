package rpcclient

import (
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	_ "google.golang.org/grpc/health" // clients watch the health of their servers
	"google.golang.org/grpc/keepalive"

	"aecode/common/deadline"
)

// RoundRobin is the name of gRPC's balancer that uses the replicas in turn.
const RoundRobin = "round_robin"

// reconnect keeps the backoff between connection attempts at a second or less.
// gRPC's default grows to two minutes, during which the client would not notice
// that a service is back.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 2 * time.Second,
}

// ping detects a connection that died while it was idle. 10 s is the minimum that
// gRPC allows.
var ping = keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 2 * time.Second, PermitWithoutStream: true}

// DialOptions returns the options of one client of the replicas of a service. The
// target of the client must be made by [Target]. balancer is the name under which
// the balancer is registered that spreads calls over the replicas. Two clients
// must not share the options.
func DialOptions(balancer string) []grpc.DialOption {
	watched := newConnections()
	return []grpc.DialOption{
		grpc.WithResolvers(builder{}),
		grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig": [{%q: {}}], "healthCheckConfig": {"serviceName": ""}}`, balancer)),
		// A TXT record of the name must not change the balancing.
		grpc.WithDisableServiceConfig(),
		grpc.WithConnectParams(reconnect),
		grpc.WithKeepaliveParams(ping),
		grpc.WithContextDialer(watched.dial),
		grpc.WithChainUnaryInterceptor(deadline.UnaryClientInterceptor(), watched.unary),
		grpc.WithChainStreamInterceptor(deadline.StreamClientInterceptor()),
	}
}

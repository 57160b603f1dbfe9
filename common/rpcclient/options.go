package rpcclient

import (
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	_ "google.golang.org/grpc/health" // lets clients watch their servers' health
	"google.golang.org/grpc/keepalive"

	"aecode/common/deadline"
)

// RoundRobin is gRPC's own balancer, which takes the replicas in turn.
const RoundRobin = "round_robin"

// reconnect looks again soon: gRPC's own backoff grows to two minutes, by which
// a service that is back would still be away for this client.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 2 * time.Second,
}

// ping finds out a connection that died while nothing was called on it. 10 s is
// gRPC's least.
var ping = keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 2 * time.Second, PermitWithoutStream: true}

// DialOptions gives the options of one connection to the replicas of a
// service, for a target made by [Target], and the balancer, registered under the
// name given, that spreads calls over them. The options are not to be shared
// between connections.
func DialOptions(balancer string) []grpc.DialOption {
	watched := newConnections()
	return []grpc.DialOption{
		grpc.WithResolvers(builder{}),
		grpc.WithDefaultServiceConfig(fmt.Sprintf(`{"loadBalancingConfig": [{%q: {}}], "healthCheckConfig": {"serviceName": ""}}`, balancer)),
		// What a name's TXT record says of balancing is not asked for.
		grpc.WithDisableServiceConfig(),
		grpc.WithConnectParams(reconnect),
		grpc.WithKeepaliveParams(ping),
		grpc.WithContextDialer(watched.dial),
		grpc.WithChainUnaryInterceptor(deadline.UnaryClientInterceptor(), watched.unary),
		grpc.WithChainStreamInterceptor(deadline.StreamClientInterceptor()),
	}
}

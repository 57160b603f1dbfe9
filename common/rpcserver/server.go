// Package rpcserver builds the gRPC server of both services on go-zero's zrpc,
// with what go-zero's defaults would get wrong for this product set right.
//
//   - No circuit breaker: it turns a permanent Internal into a retryable
//     Unavailable.
//   - No statistics interceptor: it logs request bodies, which hold verbatims.
//   - Its own recovery: go-zero's logs and returns the value of a panic, which
//     can hold a verbatim.
//   - Shedding by calls in flight, answered with RetryInfo, in place of
//     shedding by CPU, which answers without and so is not retried; a nightly
//     batch is meant to use the whole CPU.
package rpcserver

import (
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/service"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
)

// Options are what a service says about its server beyond go-zero's own
// configuration.
type Options struct {
	// MaxInFlight is how many calls may run at once; one more is answered
	// ResourceExhausted with RetryInfo. At least 1.
	MaxInFlight int
	// RetryAfter is the delay in that RetryInfo; 0 means 100 ms.
	RetryAfter time.Duration
	// MaxMessageBytes bounds one request; 0 means 4 MiB.
	MaxMessageBytes int
}

// New returns a server that Start runs until SIGTERM or SIGINT: it then stops
// accepting, finishes calls in flight and returns. Reflection is registered in
// dev and test mode, gRPC health v1 always. Its error names the configuration
// field at fault.
func New(conf zrpc.RpcServerConf, opts Options, register func(*grpc.Server)) (*zrpc.RpcServer, error) {
	if opts.MaxInFlight < 1 {
		return nil, fmt.Errorf("MaxInFlight must be at least 1, is %d", opts.MaxInFlight)
	}
	if opts.RetryAfter == 0 {
		opts.RetryAfter = 100 * time.Millisecond
	}
	if opts.MaxMessageBytes == 0 {
		opts.MaxMessageBytes = 4 << 20
	}
	conf.Health = true
	conf.CpuThreshold = 0
	conf.Middlewares.Breaker = false
	conf.Middlewares.Stat = false
	conf.Middlewares.Recover = false

	server, err := zrpc.NewServer(conf, func(s *grpc.Server) {
		register(s)
		if conf.Mode == service.DevMode || conf.Mode == service.TestMode {
			reflection.Register(s)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("rpc server: %w", err)
	}
	shed := newShedder(opts.MaxInFlight, opts.RetryAfter)
	server.AddUnaryInterceptors(shed.unary, recoverUnary)
	server.AddStreamInterceptors(shed.stream, recoverStream)
	server.AddOptions(
		grpc.MaxRecvMsgSize(opts.MaxMessageBytes),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	)
	return server, nil
}

// Serve runs the server until it is told to stop. go-zero panics when the
// address cannot be listened on; here that is an error.
func Serve(server *zrpc.RpcServer) (err error) {
	defer func() {
		if v := recover(); v != nil {
			failed, ok := v.(error)
			if !ok {
				panic(v)
			}
			err = fmt.Errorf("rpc server: %w", failed)
		}
	}()
	server.Start()
	return nil
}

// Package rpcserver builds the gRPC server of both services on go-zero's zrpc,
// with what go-zero's defaults would get wrong for this product set right.
//
//   - No circuit breaker: it turns a permanent Internal into a retryable
//     Unavailable.
//   - No statistics interceptor: it logs request bodies, which hold verbatims.
//   - Its own recovery: go-zero's logs and returns the value of a panic, which
//     can hold a verbatim.
//   - Shedding by calls in flight, and by streams apart from them, answered with
//     RetryInfo, in place of shedding by CPU, which answers without and so is not
//     retried; a nightly batch is meant to use the whole CPU.
//   - Health and /healthz that say whether the service can serve, and not only
//     that the process is up: see [Readiness].
//   - Mutual TLS where the service has certificates, plaintext on loopback alone
//     where it has none.
//   - Connections that end after a while, so that clients look for new replicas
//     and spread over them. A call or stream on such a connection is finished
//     there; new ones go to the next connection without being lost.
package rpcserver

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/core/proc"
	"github.com/zeromicro/go-zero/core/service"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"aecode/common/mtls"
)

// DefaultConnectionAge is when a connection is ended, give or take a tenth: a
// new replica gets its share of a client's calls not much later than that.
const DefaultConnectionAge = 10 * time.Second

// Options are what a service says about its server beyond go-zero's own
// configuration.
type Options struct {
	// MaxInFlight is how many unary calls may run at once; one more is answered
	// ResourceExhausted with RetryInfo. At least 1.
	MaxInFlight int
	// MaxStreams is the same for streams, which take none of the calls' places.
	// At least 1. Health is in neither.
	MaxStreams int
	// RetryAfter is the delay in that RetryInfo; 0 means 100 ms.
	RetryAfter time.Duration
	// MaxMessageBytes bounds one request; 0 means 4 MiB.
	MaxMessageBytes int
	// MaxConnections is how many connections may be open at once; 0 means 1024.
	MaxConnections int
	// Credentials are who the service is and whom it serves; nil means plaintext,
	// on loopback alone.
	Credentials credentials.TransportCredentials
	// HandshakeTimeout bounds the time until a connection is of use, for a client
	// that connects and says nothing; 0 means 10 s.
	HandshakeTimeout time.Duration
	// Ready says whether the service can serve.
	Ready *Readiness
	// ConnectionAge is when a connection takes no new call; 0 means
	// DefaultConnectionAge.
	ConnectionAge time.Duration
	// LongestStream is how long calls and streams under way on a connection may
	// still take after that, before they are cut; less than the unary timeout
	// means that.
	LongestStream time.Duration
}

// Server is a gRPC server together with the HTTP server of its metrics and
// readiness.
type Server struct {
	rpc   *zrpc.RpcServer
	conf  zrpc.RpcServerConf
	ready *Readiness
	ended chan struct{} // closed when Serve has ended
}

// New returns a server. Reflection is registered in dev and test mode, gRPC
// health v1 always. Its error names the configuration field at fault.
func New(conf zrpc.RpcServerConf, opts Options, register func(*grpc.Server)) (*Server, error) {
	if opts.MaxInFlight < 1 {
		return nil, fmt.Errorf("MaxInFlight must be at least 1, is %d", opts.MaxInFlight)
	}
	if opts.MaxStreams < 1 {
		return nil, fmt.Errorf("MaxStreams must be at least 1, is %d", opts.MaxStreams)
	}
	if opts.Ready == nil {
		return nil, errors.New("no Readiness given")
	}
	if opts.RetryAfter == 0 {
		opts.RetryAfter = 100 * time.Millisecond
	}
	if opts.MaxMessageBytes == 0 {
		opts.MaxMessageBytes = 4 << 20
	}
	if opts.MaxConnections == 0 {
		opts.MaxConnections = 1024
	}
	if opts.Credentials == nil {
		opts.Credentials = mtls.Loopback()
	}
	if opts.HandshakeTimeout == 0 {
		opts.HandshakeTimeout = 10 * time.Second
	}
	if opts.ConnectionAge == 0 {
		opts.ConnectionAge = DefaultConnectionAge
	}
	s := &Server{conf: conf, ready: opts.Ready, ended: make(chan struct{})}
	opts.Ready.name = conf.Name
	// Both of ours stand in their place.
	conf.Health = false
	conf.DevServer.Enabled = false
	conf.CpuThreshold = 0
	conf.Middlewares.Breaker = false
	conf.Middlewares.Stat = false
	conf.Middlewares.Recover = false

	var err error
	s.rpc, err = zrpc.NewServer(conf, func(g *grpc.Server) {
		register(g)
		grpc_health_v1.RegisterHealthServer(g, healthService{opts.Ready.health, opts.Ready.draining})
		if conf.Mode == service.DevMode || conf.Mode == service.TestMode {
			reflection.Register(g)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("rpc server: %w", err)
	}
	shed := newShedder(opts.MaxInFlight, opts.MaxStreams, opts.RetryAfter)
	s.rpc.AddUnaryInterceptors(shed.unary, opts.Ready.unary, recoverUnary, signOfLife)
	s.rpc.AddStreamInterceptors(shed.stream, opts.Ready.stream, recoverStream)
	s.rpc.AddOptions(transport(conf, opts)...)
	return s, nil
}

// transport bounds what one client can hold, and for how long.
func transport(conf zrpc.RpcServerConf, opts Options) []grpc.ServerOption {
	timeout := time.Duration(conf.Timeout) * time.Millisecond
	return []grpc.ServerOption{
		grpc.Creds(newBounded(opts.Credentials, opts.MaxConnections)),
		grpc.ConnectionTimeout(opts.HandshakeTimeout),
		grpc.MaxRecvMsgSize(opts.MaxMessageBytes),
		// What is over the bounds is told so; what is far over them waits with the
		// client.
		grpc.MaxConcurrentStreams(uint32(min(2*(opts.MaxInFlight+opts.MaxStreams), 1<<20))), //nolint:gosec // bounded
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge:      opts.ConnectionAge,
			MaxConnectionAgeGrace: max(opts.LongestStream, timeout+time.Second),
			// A client that vanished without a word holds its streams no longer
			// than this.
			Time:    30 * time.Second,
			Timeout: 10 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	}
}

// signOfLife answers a unary call's header before its handler runs, so that a
// client can tell a server that is slow from a connection that is dead.
func signOfLife(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	_ = grpc.SendHeader(ctx, said(info.FullMethod)) // where it cannot be sent, the answer cannot either
	return handler(ctx, req)
}

// Serve runs the server until SIGTERM, SIGINT or Stop: it is then not ready at
// once, accepts no call after Shutdown.WrapUpTime, finishes those in flight and
// returns. An address that cannot be listened on is an error that names it.
func (s *Server) Serve() (err error) {
	defer close(s.ended)
	ops, err := startOperations(s.conf.DevServer, s.ready)
	if err != nil {
		return fmt.Errorf("rpc server: %w", err)
	}
	defer func() {
		if v := recover(); v != nil {
			failed, ok := v.(error)
			if !ok {
				panic(v)
			}
			err = fmt.Errorf("rpc server: %w", failed)
		}
		s.ready.Stop()
		s.ready.drain()
		err = errors.Join(err, ops.close())
	}()
	proc.AddWrapUpListener(s.ready.Stop)
	proc.AddShutdownListener(s.ready.drain)
	s.rpc.Start()
	return nil
}

// Stop ends Serve as SIGTERM would, and waits for it.
func (s *Server) Stop() {
	proc.WrapUp()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		// Again, since Serve may not have come to the point of listening for it.
		proc.Shutdown()
		select {
		case <-s.ended:
			return
		case <-again.C:
		}
	}
}

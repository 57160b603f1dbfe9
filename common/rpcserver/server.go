// Package rpcserver builds the gRPC server of both services on go-zero's zrpc. It
// replaces the defaults of go-zero that do not fit this product:
//
//   - No circuit breaker: it turns a permanent Internal into an Unavailable, which
//     clients retry.
//   - No statistics interceptor: it logs request bodies, which hold verbatims.
//   - Its own recovery: go-zero's logs and returns the value of a panic, which can
//     hold a verbatim.
//   - Load shedding by the number of calls in flight, and separately by the number
//     of streams, answered with RetryInfo. go-zero sheds by CPU load and answers
//     without RetryInfo, so that clients do not retry. A nightly batch is meant to
//     use the whole CPU.
//   - Health and /healthz answer whether the service can serve, and not only that
//     the process runs: see [Readiness].
//   - Mutual TLS if the service has certificates, else plaintext on loopback only.
//   - Connections have a maximum age, so that clients find new replicas and spread
//     their calls over them. A connection that has reached it completes its calls
//     and streams. New calls use the next connection, and none is lost.
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
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
)

// Server is a gRPC server and the HTTP server for its metrics and its readiness.
type Server struct {
	rpc   *zrpc.RpcServer
	conf  zrpc.RpcServerConf
	ready *Readiness
	ended chan struct{} // closed when Serve has ended
}

// New returns a server with the services that register adds to it. It always
// adds the gRPC health service, and reflection in the modes dev and test. Its
// error names the option or the configuration field at fault.
func New(conf zrpc.RpcServerConf, opts Options, register func(*grpc.Server)) (*Server, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("rpc server: %w", err)
	}
	s := &Server{conf: conf, ready: opts.Ready, ended: make(chan struct{})}
	opts.Ready.name = conf.Name
	// This package replaces these parts of go-zero.
	conf.Health = false
	conf.DevServer.Enabled = false
	conf.CpuThreshold = 0
	conf.Middlewares.Breaker = false
	conf.Middlewares.Stat = false
	conf.Middlewares.Recover = false

	s.rpc, err = zrpc.NewServer(conf, func(g *grpc.Server) {
		register(g)
		grpc_health_v1.RegisterHealthServer(g, healthService{opts.Ready.health, opts.Ready})
		if conf.Mode == service.DevMode || conf.Mode == service.TestMode {
			reflection.Register(g)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("rpc server: %w", err)
	}
	shed := newShedder(opts.MaxInFlight, opts.MaxStreams, opts.RetryAfter)
	s.rpc.AddUnaryInterceptors(shed.unary, opts.Ready.unary, recoverUnary, sendHeaderFirst)
	s.rpc.AddStreamInterceptors(shed.stream, opts.Ready.stream, recoverStream)
	s.rpc.AddOptions(transport(conf, opts)...)
	return s, nil
}

// transport limits what one client can occupy, and for how long.
func transport(conf zrpc.RpcServerConf, opts Options) []grpc.ServerOption {
	timeout := time.Duration(conf.Timeout) * time.Millisecond
	return []grpc.ServerOption{
		grpc.Creds(newLimited(opts.Credentials, opts.MaxConnections)),
		grpc.ConnectionTimeout(opts.HandshakeTimeout),
		grpc.MaxRecvMsgSize(maxMessageBytes),
		// Calls over the limits are answered ResourceExhausted. On one connection
		// calls over twice the limits are not sent: they wait in the client.
		grpc.MaxConcurrentStreams(uint32(min(2*(opts.MaxInFlight+opts.MaxStreams), 1<<20))), //nolint:gosec // bounded
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge:      opts.ConnectionAge,
			MaxConnectionAgeGrace: max(opts.LongestStream, timeout+time.Second),
			// A client that disappears without closing its connection keeps its
			// streams no longer than this.
			Time:    30 * time.Second,
			Timeout: 10 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	}
}

// sendHeaderFirst sends the response header of a unary call before the handler
// runs, so that a client can tell a slow server from a dead connection.
func sendHeaderFirst(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	_ = grpc.SendHeader(ctx, responseHeader(info.FullMethod)) // if it cannot be sent, neither can the answer
	return handler(ctx, req)
}

// Serve runs the server until SIGTERM, SIGINT or Stop. The service then becomes
// not ready at once. After Shutdown.WrapUpTime the server accepts no new calls,
// completes those in flight, and Serve returns. If Serve cannot listen on an
// address, it returns an error that names the address.
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
		s.ready.stop()
		s.ready.drain()
		err = errors.Join(err, ops.close())
	}()
	proc.AddWrapUpListener(s.ready.stop)
	proc.AddShutdownListener(s.ready.drain)
	s.rpc.Start()
	return nil
}

// Stop ends Serve as SIGTERM does, and waits until it has returned.
func (s *Server) Stop() {
	proc.WrapUp()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		// Repeated, because Serve may not have added its listener yet.
		proc.Shutdown()
		select {
		case <-s.ended:
			return
		case <-again.C:
		}
	}
}

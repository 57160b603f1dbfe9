// Command terminology turns adverse-event verbatims into MedDRA codes over gRPC.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeromicro/go-zero/core/logx"
	"google.golang.org/grpc"

	"aecode/common/daemon"
	"aecode/common/logxadapter"
	"aecode/common/mtls"
	"aecode/common/rpcserver"
	"aecode/common/version"
	"aecode/proto/terminology"
	"aecode/terminology/internal/config"
	"aecode/terminology/internal/releasecheck"
	"aecode/terminology/internal/server"
	"aecode/terminology/internal/svc"
)

func main() {
	daemon.Main("terminology", "etc/terminology.yaml", run,
		daemon.Action{Flag: "check-release", Usage: releasecheck.Usage, Run: releasecheck.Run})
}

func run(c config.Config) error {
	defer func() { _ = logx.Close() }() // an error has nowhere left to be logged
	identity, err := mtls.Open(c.TLS.Config, logxadapter.Log{}, prometheus.DefaultRegisterer)
	if err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	s := svc.NewServiceContext(c)
	ready := rpcserver.NewReadiness()
	rpc, err := rpcserver.New(c.RpcServerConf, rpcserver.Options{
		MaxInFlight: c.MaxInFlight, MaxStreams: c.MaxStreams, Ready: ready, Credentials: identity.Server(c.TLS.Clients),
	}, func(g *grpc.Server) {
		terminology.RegisterTerminologyServer(g, server.NewTerminologyServer(s))
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ran := make(chan error, 1)
	go func() {
		err := s.Run(ctx, ready)
		if err != nil {
			rpc.Stop() // without its releases the service cannot serve
		}
		ran <- err
	}()
	logx.Infof("terminology %s listens on %s", version.String(), c.ListenOn)
	err = rpc.Serve()
	stop()
	return errors.Join(err, <-ran)
}

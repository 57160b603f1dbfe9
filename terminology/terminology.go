// Command terminology turns adverse-event verbatims into MedDRA codes over gRPC.
package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	defer func() { _ = logx.Close() }() // there is nowhere left to say why not
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
	failed, loaded, kept := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(kept)
		// Told to stop meanwhile, the process ends without waiting for it.
		if err := s.Load(); err != nil {
			failed <- err
			rpc.Stop()
			return
		}
		close(loaded)
		ready.Set(true)
		logx.Infof("terminology is ready, serves %s", labels(s))
		s.Keep(ctx)
	}()
	logx.Infof("terminology %s listens on %s", version.String(), c.ListenOn)
	err = rpc.Serve()
	stop()
	select {
	case loading := <-failed:
		return errors.Join(err, loading)
	case <-loaded:
		<-kept // at most what is being read
		return err
	default:
		return err
	}
}

func labels(s *svc.ServiceContext) string {
	var all []string
	for _, e := range s.Catalog.Current().Entries() {
		all = append(all, e.Version.Label)
	}
	return strings.Join(all, ", ")
}

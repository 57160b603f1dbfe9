// Command terminology turns adverse-event verbatims into MedDRA codes over gRPC.
package main

import (
	"errors"
	"strings"

	"github.com/zeromicro/go-zero/core/logx"
	"google.golang.org/grpc"

	"aecode/common/daemon"
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
	s := svc.NewServiceContext(c)
	ready := rpcserver.NewReadiness()
	rpc, err := rpcserver.New(c.RpcServerConf, rpcserver.Options{MaxInFlight: c.MaxInFlight, Ready: ready}, func(g *grpc.Server) {
		terminology.RegisterTerminologyServer(g, server.NewTerminologyServer(s))
	})
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() {
		// Told to stop meanwhile, the process ends without waiting for it.
		if err := s.Load(); err != nil {
			failed <- err
			rpc.Stop()
			return
		}
		ready.Set(true)
		logx.Infof("terminology is ready, serves %s", labels(s))
	}()
	logx.Infof("terminology %s listens on %s", version.String(), c.ListenOn)
	err = rpc.Serve()
	select {
	case loading := <-failed:
		return errors.Join(err, loading)
	default:
		return err
	}
}

func labels(s *svc.ServiceContext) string {
	var all []string
	for _, e := range s.Catalog.Entries() {
		all = append(all, e.Version.Label)
	}
	return strings.Join(all, ", ")
}

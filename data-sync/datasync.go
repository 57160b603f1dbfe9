// Command data-sync takes adverse-event reports in, brings them through
// terminology in the nightly run and gives the coded reports out.
package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/proc"
	"google.golang.org/grpc"

	"aecode/common/daemon"
	"aecode/common/logxadapter"
	"aecode/common/mtls"
	"aecode/common/rpcserver"
	"aecode/common/version"
	"aecode/data-sync/internal/config"
	"aecode/data-sync/internal/server"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

func main() { daemon.Main("data-sync", "etc/datasync.yaml", run) }

// longestStream is an export's: it may end on the connection that it began on.
const longestStream = 30 * time.Minute

func run(c config.Config) error {
	defer func() { _ = logx.Close() }() // there is nowhere left to say why not
	identity, err := mtls.Open(c.TLS.Config, logxadapter.Log{}, prometheus.DefaultRegisterer)
	if err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	s := svc.NewServiceContext(c, identity)
	ready := rpcserver.NewReadiness()
	rpc, err := rpcserver.New(c.RpcServerConf, rpcserver.Options{
		MaxInFlight: c.MaxInFlight, MaxStreams: c.MaxStreams, Ready: ready, LongestStream: longestStream,
		Credentials: identity.Server(c.TLS.Clients),
	}, func(g *grpc.Server) {
		datasync.RegisterDataSyncServer(g, server.NewDataSyncServer(s))
	})
	if err != nil {
		return err
	}
	proc.AddWrapUpListener(s.Stop)
	ran := make(chan error, 1)
	go func() {
		err := s.Run(ready)
		if err != nil {
			rpc.Stop() // without its engine the service is none
		}
		ran <- err
	}()
	logx.Infof("data-sync %s listens on %s", version.String(), c.ListenOn)
	err = rpc.Serve()
	// The server has finished its calls; the engine finishes or gives back its
	// chunks before the store is closed.
	s.Stop()
	return errors.Join(err, <-ran, s.Close())
}

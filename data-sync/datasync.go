// Command data-sync takes adverse-event reports in, brings them through
// terminology in the nightly run and gives the coded reports out.
package main

import (
	"context"
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
	defer func() { _ = logx.Close() }() // an error has nowhere left to be logged
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
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	// At the signal, while the server still finishes its calls: the engine takes no
	// further chunk, and streams end.
	proc.AddWrapUpListener(stop)
	ran := make(chan error, 1)
	go func() {
		err := s.Run(ctx, ready)
		if err != nil {
			rpc.Stop() // without its database and engine the service cannot serve
		}
		ran <- err
	}()
	logx.Infof("data-sync %s listens on %s", version.String(), c.ListenOn)
	err = rpc.Serve()
	stop()
	// The engine finishes its chunks or gives them back before the store is closed.
	return errors.Join(err, <-ran, s.Close())
}

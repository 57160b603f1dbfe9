// Command data-sync takes adverse-event reports in, brings them through
// terminology in the nightly run and gives the coded reports out.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/core/proc"
	"google.golang.org/grpc"

	"aecode/common/daemon"
	"aecode/common/rpcserver"
	"aecode/common/version"
	"aecode/data-sync/internal/config"
	"aecode/data-sync/internal/server"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

func main() { daemon.Main("data-sync", "etc/datasync.yaml", run) }

// startTimeout bounds opening the store with its migrations.
const startTimeout = 2 * time.Minute

func run(c config.Config) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	s, err := svc.NewServiceContext(ctx, c)
	if err != nil {
		return err
	}
	rpc, err := rpcserver.New(c.RpcServerConf, rpcserver.Options{MaxInFlight: c.MaxInFlight}, func(g *grpc.Server) {
		datasync.RegisterDataSyncServer(g, server.NewDataSyncServer(s))
	})
	if err != nil {
		return err
	}
	defer rpc.Stop()
	proc.AddWrapUpListener(s.Stop)
	go func() {
		if err := s.RunEngine(); err != nil {
			logx.Errorf("nightly engine ended: %v", err)
		}
	}()
	logx.Infof("data-sync %s listens on %s", version.String(), c.ListenOn)
	err = rpcserver.Serve(rpc)
	// The server has finished its calls; the engine finishes or gives back its
	// chunks before the store is closed.
	return errors.Join(err, s.Close())
}

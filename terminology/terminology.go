// Command terminology turns adverse-event verbatims into MedDRA codes over gRPC.
package main

import (
	"strings"

	"github.com/zeromicro/go-zero/core/logx"
	"google.golang.org/grpc"

	"aecode/common/daemon"
	"aecode/common/rpcserver"
	"aecode/common/version"
	"aecode/proto/terminology"
	"aecode/terminology/internal/config"
	"aecode/terminology/internal/server"
	"aecode/terminology/internal/svc"
)

func main() { daemon.Main("terminology", "etc/terminology.yaml", run) }

func run(c config.Config) error {
	s, err := svc.NewServiceContext(c)
	if err != nil {
		return err
	}
	rpc, err := rpcserver.New(c.RpcServerConf, rpcserver.Options{MaxInFlight: c.MaxInFlight}, func(g *grpc.Server) {
		terminology.RegisterTerminologyServer(g, server.NewTerminologyServer(s))
	})
	if err != nil {
		return err
	}
	defer rpc.Stop()
	var labels []string
	for _, e := range s.Catalog.Entries() {
		labels = append(labels, e.Version.Label)
	}
	logx.Infof("terminology %s listens on %s, serves %s", version.String(), c.ListenOn, strings.Join(labels, ", "))
	return rpcserver.Serve(rpc)
}

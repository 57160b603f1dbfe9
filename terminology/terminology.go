// Command terminology turns adverse-event verbatims into MedDRA codes over gRPC.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/zeromicro/go-zero/core/logx"
	"google.golang.org/grpc"

	"aecode/common/configfile"
	"aecode/common/rpcserver"
	"aecode/common/version"
	"aecode/proto/terminology"
	"aecode/terminology/internal/config"
	"aecode/terminology/internal/server"
	"aecode/terminology/internal/svc"
)

func main() {
	file := flag.String("f", "etc/terminology.yaml", "configuration file")
	check := flag.Bool("check-config", false, "check the configuration file and end")
	show := flag.Bool("version", false, "print the version and end")
	flag.Parse()
	if *show {
		fmt.Println("terminology", version.String())
		return
	}
	var c config.Config
	if err := configfile.Load(*file, &c); err != nil {
		fail(err)
	}
	if *check {
		fmt.Printf("%s: ok\n", *file)
		return
	}
	if err := run(c); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "terminology:", err)
	os.Exit(1)
}

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
	rpc.Start()
	return nil
}

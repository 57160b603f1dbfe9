package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"aecode/deploy/dev/local/stack"
)

// The addresses of `make serve` unless other ports are given, as the documents'
// examples use them.
const (
	serveTerminology = "127.0.0.1:9101"
	serveDataSync    = "127.0.0.1:9102"
)

func serveCommand() *cobra.Command {
	var p place
	var ports servePorts
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep terminology and data-sync up on " + serveTerminology + " and " + serveDataSync + " until Ctrl-C",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := p.options()
			if err != nil {
				return err
			}
			if err := useStore(&opts, p.store); err != nil {
				return err
			}
			if err := ports.use(cmd.Context(), &opts); err != nil {
				return err
			}
			opts.Dev = true
			return serve(cmd.Context(), opts)
		},
	}
	p.register(cmd)
	p.registerStore(cmd)
	ports.register(cmd.Flags())
	return cmd
}

var errServiceEnded = errors.New("a service ended by itself, see its log")

func serve(ctx context.Context, opts stack.Options) (err error) {
	s, err := stack.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	fmt.Printf("terminology  %s   metrics http://%s/metrics\n", s.TerminologyAddr, s.TerminologyMetrics)
	fmt.Printf("data-sync    %s   metrics http://%s/metrics\n", s.DataSyncAddr, s.DataSyncMetrics)
	fmt.Printf("logs         %s\n", filepath.Join(opts.Out, "log"))
	fmt.Println("Ctrl-C stops both.")
	<-s.Exited(ctx)
	if ctx.Err() == nil {
		return errServiceEnded
	}
	return nil
}

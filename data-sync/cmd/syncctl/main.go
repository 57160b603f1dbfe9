// Command syncctl is the operator's and cron's command line of data-sync. It
// speaks only gRPC and never opens the database.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"aecode/common/mtls"
	"aecode/common/version"
)

// Exit codes, for cron and scripts. They are documented in --help and in the
// README.
const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitPartial   = 3
	exitCancelled = 4
)

const exitCodesHelp = `Exit codes:
  0  done; with run --wait: the pass is complete
  1  failed; the reason is on standard error
  2  wrong usage
  3  run --wait, watch: the pass ended PARTIAL, reports are left for the next one
  4  run --wait, watch: the pass was cancelled`

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() {
	os.Exit(execute())
}

func execute() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := rootCommand().ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(os.Stderr, "syncctl:", describe(err))
	var exit *exitError
	if errors.As(err, &exit) {
		return exit.code
	}
	return exitFailed
}

// settings are the flags of every command.
type settings struct {
	server      string
	callTimeout time.Duration
	tls         mtls.Config
	serverName  string
}

func rootCommand() *cobra.Command {
	var set settings
	root := &cobra.Command{
		Use:           "syncctl",
		Short:         "Bring adverse-event reports through the nightly MedDRA coding",
		Long:          "syncctl imports reports into data-sync, starts and watches its nightly run\nand exports the coded reports.\n\n" + exitCodesHelp,
		Version:       version.String(),
		Args:          usage(cobra.NoArgs), // an unknown command
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	server := os.Getenv("SYNCCTL_SERVER")
	if server == "" {
		server = "127.0.0.1:9102"
	}
	flags := root.PersistentFlags()
	flags.StringVar(&set.server, "server", server, "where data-sync is: host:port, several of them comma-separated, or dns:///name:port for all replicas of a name; environment SYNCCTL_SERVER")
	flags.DurationVar(&set.callTimeout, "call-timeout", 10*time.Second, "deadline of one attempt of one call")
	set.registerTLS(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exitError{exitUsage, err} })
	root.AddCommand(
		importCommand(&set), runCommand(&set), statusCommand(&set), watchCommand(&set),
		reportsCommand(&set), exportCommand(&set), cancelCommand(&set),
	)
	return root
}

// usage marks an argument rule's error as wrong usage.
func usage(rule cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := rule(cmd, args); err != nil {
			return &exitError{exitUsage, err}
		}
		return nil
	}
}

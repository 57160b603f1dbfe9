// Command local runs aecode on this machine. `run` takes a file of reports through the
// nightly sync and writes the results to a folder; `serve` keeps both services up until
// Ctrl-C. `make run` and `make serve` call it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"aecode/deploy/dev/local/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command().ExecuteContext(ctx)
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "local:", err)
	var command *commandError
	if errors.As(err, &command) {
		os.Exit(command.code)
	}
	os.Exit(1)
}

// commandError is the exit code of a syncctl that failed. This program exits with the
// same code.
type commandError struct {
	name string
	code int
}

func (e *commandError) Error() string {
	return fmt.Sprintf("syncctl %s ended with exit code %d", e.name, e.code)
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "local",
		Short:         "Run aecode on this machine, on loopback",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(runCommand(), serveCommand(), benchCommand())
	return root
}

// place holds the flags that the commands share.
type place struct{ release, synonyms, out, bin, root, store string }

func (p *place) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&p.release, "release", "deploy/demo/release/ctcae-5.0", "version folder (en/, zh/) or one language's MedAscii folder")
	flags.StringVar(&p.synonyms, "synonyms", "", "synonym list; empty: none")
	flags.StringVar(&p.out, "out", "out", "folder for the database, the logs and the results")
	flags.StringVar(&p.bin, "bin", "bin", "folder of the compiled programs")
	flags.StringVar(&p.root, "root", ".", "root folder of the repository")
}

// registerStore adds the flag of the store, for the commands that take the servers from
// the environment.
func (p *place) registerStore(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.store, "store", storeSQLite, "sqlite: a file in the output folder; postgres: the servers of "+
		postgresSetting+" and "+redisSetting)
}

// options makes every path absolute, so that it does not depend on a service's working
// directory.
func (p *place) options() (stack.Options, error) {
	opts := stack.Options{Bin: p.bin, Root: p.root, Out: p.out, Release: p.release, Synonyms: p.synonyms}
	for _, path := range []*string{&opts.Bin, &opts.Root, &opts.Out, &opts.Release, &opts.Synonyms} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path)
		if err != nil {
			return opts, fmt.Errorf("path %s: %w", *path, err)
		}
		*path = abs
	}
	return opts, nil
}

func runCommand() *cobra.Command {
	var p place
	var ae string
	var id []string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Import a file of reports, run the nightly sync, and write ae_coded.csv and ae_review.csv",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := p.options()
			if err != nil {
				return err
			}
			if err := useStore(&opts, p.store); err != nil {
				return err
			}
			return run(cmd.Context(), opts, p.out, ae, id)
		},
	}
	p.register(cmd)
	p.registerStore(cmd)
	cmd.Flags().StringVar(&ae, "ae", "", "CSV or NDJSON file of reports")
	cmd.Flags().StringSliceVar(&id, "id", []string{"AESPID"}, "columns that together identify a record")
	_ = cmd.MarkFlagRequired("ae") // the flag exists
	return cmd
}

// run gives syncctl's exit code: 3 if reports are left for the next pass. results is the
// folder of the two files as the user wrote it, for the messages.
func run(ctx context.Context, opts stack.Options, results, ae string, id []string) (err error) {
	s, err := stack.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()

	syncctl := func(args ...string) error { return syncctl(ctx, opts.Bin, s.DataSyncAddr, args...) }
	args := []string{"import", ae}
	for _, column := range id {
		args = append(args, "--id", column)
	}
	if err := syncctl(args...); err != nil {
		return err
	}
	// A partial run has results, too.
	runErr := syncctl("run", "--wait")
	if err := syncctl("export", "--coded", filepath.Join(results, "ae_coded.csv"),
		"--review", filepath.Join(results, "ae_review.csv")); err != nil {
		return errors.Join(runErr, err)
	}
	return runErr
}

// syncctl runs syncctl as a user would. At Ctrl-C it receives SIGINT, too, and ends by
// itself.
func syncctl(ctx context.Context, bin, addr string, args ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "syncctl"), args...)
	cmd.Env = append(append(os.Environ(), stack.Plaintext...), "SYNCCTL_SERVER="+addr)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return &commandError{name: args[0], code: exit.ExitCode()}
	}
	if err != nil {
		return fmt.Errorf("syncctl %s: %w", args[0], err)
	}
	return nil
}

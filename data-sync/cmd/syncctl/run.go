package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"aecode/proto/datasync"
)

func runCommand(set *settings) *cobra.Command {
	var date, scope string
	var wait bool
	var timeout, startWithin time.Duration
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Start the nightly sync, or join the one that is open",
		Long: `run opens a pass of the run of a date and scope over the reports that are still
to be coded. Started again while a pass is open, it joins that pass; with
nothing to do it gives the last result. Any number of cron jobs may start it at
once. While data-sync or terminology is away, as during a restart, it asks again
for --start-within.

` + exitCodesHelp,
		Example: "  syncctl run --wait\n  syncctl run --date 2026-11-22 --scope study:DEMO",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if startWithin <= 0 || timeout <= 0 {
				return &exitError{exitUsage, errors.New("--start-within and --timeout must be positive")}
			}
			return set.with(func(s *server) error {
				ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
				defer cancel()
				return startRun(ctx, s, &datasync.StartRunReq{Date: date, Scope: scope}, startWithin, wait)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&date, "date", "", "business date YYYY-MM-DD (default today, in the server's time zone)")
	flags.StringVar(&scope, "scope", "all", "all or study:STUDYID")
	flags.BoolVar(&wait, "wait", false, "wait for the end, with progress, and print the table")
	flags.DurationVar(&startWithin, "start-within", 5*time.Minute, "how long to try while data-sync or terminology is away")
	flags.DurationVar(&timeout, "timeout", 5*time.Hour, "with --wait: give up waiting after this long; the run itself goes on")
	return cmd
}

// startTries bounds the tries of starting; time does so first.
const startTries = 1000

func startRun(ctx context.Context, s *server, req *datasync.StartRunReq, within time.Duration, wait bool) error {
	started, err := callWithin(ctx, s, within, startTries, func(ctx context.Context) (*datasync.StartRunResp, error) { return s.StartRun(ctx, req) })
	if err != nil {
		return err
	}
	run := started.GetRun()
	if final(run.GetState()) {
		fmt.Printf("nothing to code; the last pass of run %s was:\n", run.GetRunId())
		printTable(os.Stdout, run)
		// What the last pass left is not this call's outcome, unless it is
		// still left; then a new pass would have opened.
		return nil
	}
	if !started.GetOpened() {
		fmt.Printf("run %s pass %d is open already\n", run.GetRunId(), run.GetPass())
	}
	if !wait {
		fmt.Printf("run %s pass %d: %s, %d reports\n", run.GetRunId(), run.GetPass(), run.GetState(), run.GetRead())
		return nil
	}
	return follow(ctx, s, run)
}

// follow watches a pass to its end, prints its table and gives its exit code.
func follow(ctx context.Context, s *server, run *datasync.Run) error {
	show := newProgress(os.Stderr)
	end, err := watch(ctx, s, run, show.update)
	show.end()
	if err != nil {
		return err
	}
	printTable(os.Stdout, end)
	return outcome(end)
}

func outcome(run *datasync.Run) error {
	switch run.GetState() {
	case datasync.RunState_PARTIAL:
		return &exitError{exitPartial, fmt.Errorf("run %s pass %d ended PARTIAL: %d reports left for the next pass%s",
			run.GetRunId(), run.GetPass(), run.GetLeft(), because(run))}
	case datasync.RunState_CANCELLED:
		return &exitError{exitCancelled, fmt.Errorf("run %s pass %d was cancelled%s", run.GetRunId(), run.GetPass(), because(run))}
	default:
		return nil
	}
}

func because(run *datasync.Run) string {
	if run.GetStateReason() == "" {
		return ""
	}
	return " (" + run.GetStateReason() + ")"
}

func final(state datasync.RunState) bool {
	switch state {
	case datasync.RunState_COMPLETED, datasync.RunState_PARTIAL, datasync.RunState_CANCELLED:
		return true
	}
	return false
}

// Watching: a stream lives at most watchFor and is silent for at most
// watchSilence (data-sync speaks every 5 s); then it is opened again, on
// whatever replica answers.
const (
	watchFor     = 5 * time.Minute
	watchSilence = 20 * time.Second
	watchAgain   = time.Second
)

// watch follows the pass across broken streams and restarts of the replica it
// watches, until the pass or ctx has ended.
func watch(ctx context.Context, s *server, run *datasync.Run, show func(*datasync.Run)) (*datasync.Run, error) {
	req := &datasync.WatchRunReq{RunId: run.GetRunId(), Pass: run.GetPass()}
	silentSince := time.Now()
	for {
		last, err := watchOnce(ctx, s, req, show)
		if last != nil {
			silentSince = time.Now()
			if final(last.GetState()) {
				return last, nil
			}
		}
		if err != nil && permanent(err) {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("stopped waiting; the run goes on, `syncctl watch` looks again: %w", errors.Join(ctx.Err(), err))
		}
		if time.Since(silentSince) > watchFor {
			return nil, fmt.Errorf("data-sync has not answered for %v; the run goes on where a replica lives: %w", watchFor, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchAgain):
		}
	}
}

// watchOnce reads one stream and returns the last state it brought.
func watchOnce(ctx context.Context, s *server, req *datasync.WatchRunReq, show func(*datasync.Run)) (*datasync.Run, error) {
	ctx, cancel := context.WithTimeout(ctx, watchFor)
	defer cancel()
	silence := time.AfterFunc(watchSilence, cancel)
	defer silence.Stop()
	stream, err := s.WatchRun(ctx, req)
	if err != nil {
		return nil, err
	}
	var last *datasync.Run
	for {
		run, err := stream.Recv()
		if err != nil {
			return last, err
		}
		silence.Reset(watchSilence)
		last = run
		show(run)
		if final(run.GetState()) {
			return run, nil
		}
	}
}

// Command cron runs one command on a schedule: the nightly sync, in a container
// that has neither a shell nor a cron of its own.
//
//	cron -schedule "0 2 * * *" -tz Europe/Berlin -listen :9203 -- /syncctl run --wait
//
// The schedule has five fields, or is @hourly, @daily, @weekly, @monthly, @yearly or
// @every DURATION. CRON_TZ=Zone before it overrides -tz. The schedule is compared with
// the wall clock at least once a minute: after a host was suspended, or its clock was
// set, a run that is due starts within a minute. It starts once, even if several runs
// came due meanwhile.
//
// With -state, a run that came due while cron was not running starts when cron
// starts: one run, even if several came due, and only if the last one came due at most
// six hours ago. An older one counts as skipped. Without -state, cron does not know of
// missed runs and does not start them.
//
// Daylight saving time: a time of day that the clock skips in spring comes later by
// the same amount, and a time of day that occurs twice in autumn starts two runs. With
// "0 2 * * *" in Europe/Berlin, the run on the last Sunday of March starts at 03:00,
// and the last Sunday of October has two runs. The second finds nothing to do.
//
// The metrics show when the command's TLS certificate expires (AECODE_TLS_CERT,
// AECODE_TLS_KEY, AECODE_TLS_CA), since the command itself ends too soon to be scraped.
// A faulty certificate does not stop cron.
//
// If a run is still under way when the next one is due, it continues, and the next one
// is skipped. SIGTERM and SIGINT are passed to the command as SIGTERM. If the command
// has not ended after -grace, it is killed with its process group.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"aecode/common/certfiles"
	"aecode/common/daemon/probe"
	"aecode/common/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// The exit codes. With -once, cron exits with the command's own.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// execute runs the program until ctx ends, and gives its exit code.
func execute(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	s, err := parse(args, env, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		fmt.Fprintln(stderr, "cron:", err)
		return exitUsage
	}
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	switch s.mode {
	case showVersion:
		fmt.Fprintln(stdout, "cron", version.String())
		return exitOK
	case askHealth:
		err = health(ctx, s.listen, stdout)
	case runOnce:
		return s.child(stdout, stderr, log).run(ctx)
	default:
		err = serve(ctx, s, stdout, stderr, log)
	}
	if err != nil {
		fmt.Fprintln(stderr, "cron:", err)
		return exitFailed
	}
	return exitOK
}

// health asks the cron that listens on the address for its health.
func health(ctx context.Context, listen address, stdout io.Writer) error {
	answer, err := probe.Ask(ctx, probe.Address(listen.host, listen.port), "/healthz")
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, answer)
	return nil
}

// serve runs the schedule until ctx ends, and then waits for the command under way.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer, log *slog.Logger) error {
	rec := newRecord(s.state, time.Now(), log)
	if s.tls != (certfiles.Files{}) {
		rec.registry.MustRegister(certfiles.Watch(s.tls, log))
	}
	status, err := listenStatus(ctx, s.listen, rec)
	if err != nil {
		return err
	}
	log.Info("cron "+version.String()+" has started", "schedule", s.spec, "zone", s.zone.String(),
		"command", s.command[0], "listen", s.listen.String(), "state", s.state)
	keeper := scheduler{schedule: s.schedule, zone: s.zone, now: time.Now, run: s.child(stdout, stderr, log).run, record: rec, log: log}
	keeper.serve(ctx)
	return status.close()
}

// Command cron runs one command on a schedule: the nightly sync, in a container
// that has neither a shell nor a cron of its own.
//
//	cron -schedule "0 2 * * *" -tz Europe/Berlin -listen :9203 -- /syncctl run --wait
//
// The schedule has five fields, or is one of @hourly, @daily, @weekly, @monthly
// and @yearly, or @every DURATION; CRON_TZ=Zone before it outweighs -tz. It is
// compared with the wall clock at least once a minute, so that a host that was
// suspended, or whose clock was set, runs what is due within a minute of its
// waking: once, however often it was due meanwhile.
//
// With -state, what came due while cron was not running is made up for at its
// start: by one run, however often it was due, and only where the last time lies at
// most six hours back. What is older counts as skipped, since its hour is over.
// Without -state it is not known and not made up for.
//
// Summer time: a time of day that the clock skips in spring comes as much later,
// and one that it passes twice in autumn comes twice. With "0 2 * * *" in
// Europe/Berlin the night of the last Sunday of March begins at 03:00, and there
// are two runs on the last Sunday of October, the second of which finds nothing to
// do.
//
// The certificate that the command calls with, by AECODE_TLS_CERT, AECODE_TLS_KEY
// and AECODE_TLS_CA, is among the metrics, since the command lives too shortly to
// tell when it ends. A faulty one does not stop cron.
//
// A run that is still going when the next one is due goes on, and the next one is
// skipped. SIGTERM and SIGINT are passed to the command as SIGTERM; what has not
// ended after -grace is killed, with its process group.
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

// Exit codes: done, failed, wrong usage. With -once the command's own.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// execute is the program, until ctx ends.
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

// health asks the cron that listens there.
func health(ctx context.Context, listen address, stdout io.Writer) error {
	answer, err := probe.Ask(ctx, probe.Address(listen.host, listen.port), "/healthz")
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, answer)
	return nil
}

// serve keeps the schedule until ctx ends and the command under way has ended.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer, log *slog.Logger) error {
	rec := newRecord(s.state, time.Now(), log)
	if s.tls != (certfiles.Files{}) {
		rec.registry.MustRegister(certfiles.Watch(s.tls, log))
	}
	status, err := listenStatus(ctx, s.listen, rec)
	if err != nil {
		return err
	}
	log.Info("cron "+version.String()+" keeps a schedule", "schedule", s.spec, "zone", s.zone.String(),
		"command", s.command[0], "listen", s.listen.String(), "state", s.state)
	keeper := scheduler{schedule: s.schedule, zone: s.zone, now: time.Now, run: s.child(stdout, stderr, log).run, record: rec, log: log}
	keeper.serve(ctx)
	return status.close()
}

// Command check sends every query of the dashboards to a Prometheus and ends with
// exit code 1 where one has no data: a panel that would stay empty. It also holds
// that every metric that a dashboard or a rule names is there, and that every rule
// can be evaluated.
//
//	go run ./deploy/dev/grafanacheck -prometheus http://127.0.0.1:9090
//
// It is meant for a Prometheus that has watched a run: before one, some panels are
// rightly empty.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	allThere = iota
	somethingMissing
	wrongUsage
)

// pollEvery is how often everything is asked again while -wait lasts.
const pollEvery = 2 * time.Second

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(stderr)
	address := flags.String("prometheus", "http://127.0.0.1:9090", "Prometheus to ask")
	folder := flags.String("dashboards", "deploy/grafana/dashboards", "folder of the dashboards' JSON")
	rate := flags.Duration("rate", 5*time.Minute, "what $__rate_interval stands for: the run must lie within")
	span := flags.Duration("range", time.Hour, "what $__range stands for: the run must lie within")
	wait := flags.Duration("wait", 0, "how long to ask again until all is there")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return wrongUsage
	}
	files, err := filepath.Glob(filepath.Join(*folder, "*.json"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no *.json in %s", *folder)
	}
	var queries []Query
	for i := 0; err == nil && i < len(files); i++ {
		var more []Query
		more, err = Queries(files[i], map[string]time.Duration{"__rate_interval": *rate, "__range": *span, "__interval": time.Minute})
		queries = append(queries, more...)
	}
	var server *Server
	if err == nil {
		server, err = Connect(*address)
	}
	if err != nil {
		fmt.Fprintln(stderr, "check:", err)
		return wrongUsage
	}
	defer server.Close()
	findings := Await(ctx, server, queries, *wait)
	missing := 0
	for _, f := range findings {
		fmt.Fprintln(stdout, f)
		if !f.OK {
			missing++
		}
	}
	if missing > 0 {
		fmt.Fprintf(stdout, "%d of %d are missing\n", missing, len(findings))
		return somethingMissing
	}
	return allThere
}

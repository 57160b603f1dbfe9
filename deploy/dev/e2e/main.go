// Command e2e tests docker-compose.yml on this machine's Docker engine. It starts
// everything except Grafana, lets cron run the nightly sync, kills, scales, restarts and
// restores, and removes everything again. It prints a line with the time of each step.
//
//	go run ./deploy/dev/e2e [-keep] [-measure] [-slow 2]
//
// Each run has a Compose project, a folder in out/e2e, images and ports of its own, and
// removes only these: several may run at once. What a killed run has left, the next one
// of the same checkout removes.
//
// By default, one image that is built from Debian's packages replaces the official
// images, since no registry may be reachable. POSTGRES_IMAGE, REDIS_IMAGE,
// PROMETHEUS_IMAGE and GO_IMAGE name other images. e2e exits with 1 if a step fails, and if
// no Docker engine answers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// wholeTime is the limit for a run; a build without any cache takes a third of it.
const wholeTime = 40 * time.Minute

func main() {
	keep := flag.Bool("keep", false, "leave containers, volumes and images at the end; the next run removes them")
	measure := flag.Bool("measure", false, "measure the start, and 50,000 reports with one and two replicas of data-sync, instead of testing")
	slow := flag.Float64("slow", 1, "multiply all limits by this, on a slow or busy machine")
	flag.Parse()
	if *slow < 1 || *slow > 100 || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "e2e: -slow must be from 1 to 100, and there are no arguments; see -h")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	err := run(ctx, *keep, *measure, *slow)
	stop()
	switch {
	case errors.Is(err, errNoEngine):
		fmt.Fprintln(os.Stderr, "e2e", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "e2e:", err)
		os.Exit(1)
	}
}

var errNoEngine = errors.New("NOT RUN: no Docker engine")

func run(ctx context.Context, keep, measure bool, slow float64) (err error) {
	s, err := newStack(ctx, slow)
	if err != nil {
		return err
	}
	ctx, cancel := s.within(ctx, wholeTime, "the whole run")
	defer cancel()
	began := time.Now()
	defer func() {
		if err != nil {
			s.showLogs(ctx)
		}
		if keep {
			fmt.Printf("e2e: the project %s is left up, with its folder %s\n", s.project, s.work)
			return
		}
		err = errors.Join(err, s.remove(ctx))
	}()
	if err := s.removeAbandoned(ctx); err != nil {
		return err
	}
	steps := proof
	if measure {
		steps = measurement
	}
	for _, step := range steps {
		at := time.Now()
		told, err := step.do(ctx, s)
		if err != nil {
			fmt.Printf("FAIL %6.1fs  %s\n", time.Since(at).Seconds(), step.name)
			return fmt.Errorf("%s: %w", step.name, err)
		}
		line := fmt.Sprintf("ok   %6.1fs  %s", time.Since(at).Seconds(), step.name)
		if told != "" {
			line += ": " + told
		}
		fmt.Println(line)
	}
	fmt.Printf("e2e: %d steps in %.0f s\n", len(steps), time.Since(began).Seconds())
	return nil
}

// step is one step of a run. do gives what it saw, for the step's line.
type step struct {
	name string
	do   func(ctx context.Context, s *stack) (string, error)
}

var proof = []step{
	{"docker-compose config needs no variables", configIsValid},
	{"images are built, small, and have their version", imagesAreSound},
	{"up without any volume, all healthy", comesUp},
	{"user, capabilities, root folder, limits, networks and ports of each container", isConfined},
	{"callers without TLS, with an unknown or expired certificate, or not on the list are refused", strangersAreRefused},
	{"reports are imported", importSample},
	{"cron runs the night", cronRunsTheNight},
	{"results are exported", resultsAreExported},
	{"one replica of each service is killed during a run", replicasAreKilled},
	{"terminology is scaled to 3, and the new replica codes; Redis is restarted during a run", scaledAndRestarted},
	{"metrics are in Prometheus, and every query of the dashboard has data", isObserved},
	{"certificates are renewed without a restart", certificatesAreRenewed},
	{"a backup is restored into another database, and verify counts the same", backupIsRestored},
	{"down, and up again with certificates and passwords from files: no report is lost or coded twice", survivesDown},
	{"no secret and no verbatim is in images, environment, configuration or logs", nothingIsTold},
}

var measurement = []step{
	{"images are built, small, and have their version", imagesAreSound},
	{"from up -d to the first coded report", firstReport},
	{"50,000 reports, one replica of data-sync", measureOne},
	{"50,000 reports, two replicas of data-sync", measureTwo},
}

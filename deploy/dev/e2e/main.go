// Command e2e proves docker-compose.yml on the machine's Docker engine: it brings up
// everything but Grafana, lets cron code reports, kills, scales, restarts and
// restores, and takes it all down again. Each step is a line with its time.
//
//	go run ./deploy/dev/e2e [-keep] [-measure]
//
// Where no registry is reachable the official images are stood in for by one that
// is built of Debian's packages; POSTGRES_IMAGE, REDIS_IMAGE, PROMETHEUS_IMAGE and
// GO_IMAGE name others. It ends with 1 where a step fails, and where no Docker
// engine answers.
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

// wholeTime bounds a run; a build without any cache is a third of it.
const wholeTime = 40 * time.Minute

func main() {
	keep := flag.Bool("keep", false, "leave the containers and volumes up at the end")
	measure := flag.Bool("measure", false, "measure instead: the start, then 50,000 reports with one and two replicas of data-sync")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, wholeTime)
	err := run(ctx, *keep, *measure)
	cancel()
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

func run(ctx context.Context, keep, measure bool) (err error) {
	s, err := newStack(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	defer func() {
		if err != nil {
			s.showLogs(ctx)
		}
		if !keep {
			err = errors.Join(err, s.remove(ctx))
		}
	}()
	if err := s.remove(ctx); err != nil { // what an earlier run left
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

// step is one thing to show; do says what was seen.
type step struct {
	name string
	do   func(ctx context.Context, s *stack) (string, error)
}

var proof = []step{
	{"docker-compose config needs no variable", configIsValid},
	{"images are there, small and stamped", imagesAreSound},
	{"up from nothing, all healthy", comesUp},
	{"user, capabilities, root, limits, networks and ports of each container", isConfined},
	{"callers in plaintext, unknown, expired or not on the list are refused", strangersAreRefused},
	{"reports are imported", importSample},
	{"cron runs the night", cronRunsTheNight},
	{"results are exported", resultsAreExported},
	{"one replica of each service is killed in mid-run", replicasAreKilled},
	{"terminology is scaled to 3, and the new one codes; Redis is restarted in mid-run", scaledAndRestarted},
	{"metrics and outcome are in Prometheus, and every query of the dashboard has data", isObserved},
	{"certificates are renewed without a restart", certificatesAreRenewed},
	{"a backup is restored beside, and the account is the same", backupIsRestored},
	{"down, and up again with certificates and passwords from files: all there, and nothing is coded twice", survivesDown},
	{"no secret and no verbatim in images, environment, configuration or logs", nothingIsTold},
}

var measurement = []step{
	{"images are there, small and stamped", imagesAreSound},
	{"from up -d to the first coded report", firstReport},
	{"50,000 reports, one replica of data-sync", measureOne},
	{"50,000 reports, two replicas of data-sync", measureTwo},
}

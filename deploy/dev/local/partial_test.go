package main

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

// endsPartial holds that a `run --wait` ended PARTIAL for a reason, with every
// report that is left counted under one class.
func endsPartial(t *testing.T, waiting *running, reason, class string) {
	t.Helper()
	got := waiting.end(t)
	shown := readTable(t, got.stdout)
	if got.code != 3 || shown.state != "PARTIAL" {
		t.Fatalf("exit code %d and %s, want 3 and PARTIAL\n%s%s", got.code, shown.state, got.stdout, got.stderr)
	}
	if left := shown.counts["left"]; left == 0 || shown.counts[class] != left {
		t.Errorf("%d left, %d of them for %s\n%s", left, shown.counts[class], class, got.stdout)
	}
	if !strings.Contains(got.stderr, "left for the next pass") || !strings.Contains(got.stderr, reason) {
		t.Errorf("standard error does not say %q: %s", reason, got.stderr)
	}
}

// takenUp holds that nothing is lost by then, and that the next passes bring
// what was left to its end.
func (a *standalone) takenUp(t *testing.T, input string, n int) {
	t.Helper()
	a.accounts(t, input, n, "lost=0 doubled=0")
	a.link.slow(0)
	// With a short deadline a busy machine may need more than one.
	for range 10 {
		if got := a.syncctl(t, "run", "--wait"); got.code == 0 {
			break
		}
	}
	a.stop(t)
	a.accountedFor(t, input, n)
	decidedOnce(t, a.store(t), n)
}

// shortOf sets a bound of Run.
func shortOf(t *testing.T, setting, is string, d time.Duration) func(*stack.Options) {
	t.Helper()
	return slowly(t, "ChunkSize: 100", "ChunkSize: 25", setting+": "+is, fmt.Sprintf("%s: %v", setting, d))
}

func TestAPassShutOutForLongerThanItsOutageBudgetEndsPartial(t *testing.T) {
	t.Parallel()
	const n, budget = 3_000, 2 * time.Second
	input := load(t, n)
	a := alone(t, input, shortOf(t, "OutageBudget", "15m", budget))

	waiting := a.begin(t, "run", "--wait")
	a.bothAtWork(t)
	must(t, a.cache.Kill())
	endsPartial(t, waiting, "idempotency away for longer than "+budget.String(), "UNAVAILABLE")
	must(t, a.cache.Restart(t.Context()))

	waiting = a.begin(t, "run", "--wait")
	a.bothAtWork(t)
	must(t, a.pg.Kill())
	a.noticed(t, ofPostgres)
	time.Sleep(2 * budget) // the outage's length
	must(t, a.pg.Restart(t.Context()))
	endsPartial(t, waiting, "database away for longer than "+budget.String(), "UNAVAILABLE")

	a.takenUp(t, input, n)
}

func TestAPassWhoseDeadlinePassesInAnOutageEndsPartial(t *testing.T) {
	t.Parallel()
	const n, deadline = 4_000, 6 * time.Second
	input := load(t, n)
	a := alone(t, input, shortOf(t, "Deadline", "4h", deadline))

	waiting := a.begin(t, "run", "--wait")
	a.bothAtWork(t)
	must(t, a.cache.Signal(syscall.SIGSTOP))
	endsPartial(t, waiting, "the run's deadline has passed", "RUN_DEADLINE")
	must(t, a.cache.Signal(syscall.SIGCONT))

	waiting = a.begin(t, "run", "--wait")
	a.bothAtWork(t)
	opened := time.Now() // or before
	must(t, a.pg.Kill())
	time.Sleep(time.Until(opened.Add(deadline))) // the outage's length
	must(t, a.pg.Restart(t.Context()))
	endsPartial(t, waiting, "the run's deadline has passed", "RUN_DEADLINE")

	a.takenUp(t, input, n)
}

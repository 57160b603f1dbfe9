package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
)

// Sizes of a load: a night's, and what is enough for a slow pass to be caught in
// the middle.
const (
	wholeNight = 20_000
	shortNight = 8_000
)

// load makes a file of n made-up reports.
func load(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "load.csv")
	cmd := exec.Command(filepath.Join(programs(t), "genload"), "-n", strconv.Itoa(n), "-seed", "7", "-out", path)
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return path
}

// slowly makes data-sync work in small chunks, one at a time, and notice soon
// what happens to others: their leases are short.
func slowly(t *testing.T, pairs ...string) func(*stack.Options) {
	t.Helper()
	config := edited(t, dataSyncConfig, append([]string{
		"Workers: 2", "Workers: 1",
		"ChunkSize: 500", "ChunkSize: 100",
		"Concurrency: 4", "Concurrency: 1",
		"ChunkLease: 15s", "ChunkLease: 1s",
		"NightlyLease: 15s", "NightlyLease: 1500ms",
		"Poll: 500ms", "Poll: 50ms",
	}, pairs...)...)
	return func(o *stack.Options) { o.DataSyncConfig = config }
}

// loaded is a slow system with the load imported.
func loaded(t *testing.T, n int, pairs ...string) *system {
	t.Helper()
	s := begun(t, slowly(t, pairs...))
	if got := s.mustSyncctl(t, "import", load(t, n)); !strings.Contains(got.stdout, fmt.Sprintf("%d rows = %d new ", n, n)) {
		t.Fatalf("import: %s", got.stdout)
	}
	return s
}

// inTheMiddle waits until a pass has some of its work behind it, and most of it
// before it.
func (s *system) inTheMiddle(t *testing.T, pass int32) *datasync.Run {
	t.Helper()
	run := s.awaitRun(t, "progress", func(r *datasync.Run) bool {
		return r.GetPass() == pass && r.GetCoded()+r.GetReview() > 0
	})
	if run.GetLeft() == 0 {
		t.Fatalf("the pass was over before it was looked at: %v", run)
	}
	return run
}

// mustBeHalfDone holds that what ended data-sync came in the middle.
func (s *system) mustBeHalfDone(t *testing.T) {
	t.Helper()
	run, err := s.dataSync(t).GetRun(soon(t), &datasync.GetRunReq{})
	if err != nil {
		t.Fatal(err)
	}
	if run.GetLeft() == 0 || run.GetCoded()+run.GetReview() == 0 {
		t.Fatalf("the restart did not come in the middle: %v", run)
	}
}

func (s *system) await(t *testing.T, name string, within time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	err := s.Wait(ctx, name)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%s has not ended within %v", name, within)
	}
	return err
}

func (s *system) restart(t *testing.T, name string) {
	t.Helper()
	if err := s.Restart(t.Context(), name); err != nil {
		t.Fatal(err)
	}
}

func (s *system) signal(t *testing.T, name string, sig syscall.Signal) {
	t.Helper()
	if err := s.Signal(name, sig); err != nil {
		t.Fatal(err)
	}
}

// complete holds that a `run --wait` ended well and that each report was
// decided once.
func (s *system) complete(t *testing.T, waiting *running, n int) {
	t.Helper()
	got := waiting.end(t)
	if got.code != 0 {
		t.Fatalf("run --wait: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	if shown := readTable(t, got.stdout); shown.state != "COMPLETED" || shown.counts["read"] == 0 || shown.counts["left"] != 0 {
		t.Errorf("the pass did not complete:\n%s", shown.whole)
	}
	s.stop(t)
	decidedOnce(t, database(t, s.out), n)
}

func TestSIGTERMEndsDataSyncWithinItsGraceAndARestartFinishesTheRest(t *testing.T) {
	t.Parallel()
	s := loaded(t, wholeNight)
	waiting := s.begin(t, "run", "--wait")
	s.inTheMiddle(t, 1)

	s.signal(t, stack.DataSync, syscall.SIGTERM)
	// Run.Grace, and what closing takes.
	if err := s.await(t, stack.DataSync, 5*time.Second+5*time.Second); err != nil {
		t.Errorf("SIGTERM ended data-sync with %v", err)
	}
	s.restart(t, stack.DataSync)
	s.mustBeHalfDone(t)
	s.complete(t, waiting, wholeNight)
}

func TestSIGKILLOfDataSyncLosesNothingAndCodesNothingTwice(t *testing.T) {
	t.Parallel()
	s := loaded(t, shortNight)
	waiting := s.begin(t, "run", "--wait")
	s.inTheMiddle(t, 1)

	s.signal(t, stack.DataSync, syscall.SIGKILL)
	var exit *exec.ExitError
	if err := s.await(t, stack.DataSync, patience); !errors.As(err, &exit) {
		t.Fatalf("SIGKILL: %v", err)
	}
	s.restart(t, stack.DataSync)
	s.mustBeHalfDone(t)
	s.complete(t, waiting, shortNight)
}

func TestThePassPausesWhileTerminologyIsAwayAndCompletesAfterwards(t *testing.T) {
	t.Parallel()
	s := loaded(t, shortNight)
	waiting := s.begin(t, "run", "--wait")
	s.inTheMiddle(t, 1)

	s.signal(t, stack.Terminology, syscall.SIGTERM)
	if err := s.await(t, stack.Terminology, 10*time.Second); err != nil {
		t.Errorf("SIGTERM ended terminology with %v", err)
	}
	paused := s.awaitRun(t, "pause", func(r *datasync.Run) bool { return r.GetState() == datasync.RunState_PAUSED })
	if !strings.Contains(paused.GetStateReason(), "terminology") {
		t.Errorf("the reason of the pause is %q", paused.GetStateReason())
	}
	s.restart(t, stack.Terminology)
	s.complete(t, waiting, shortNight)
}

func TestRunWaitTellsByItsExitCodeHowThePassEnded(t *testing.T) {
	t.Parallel()
	s := loaded(t, shortNight, "OutageBudget: 15m", "OutageBudget: 1s")

	waiting := s.begin(t, "run", "--wait")
	run := s.inTheMiddle(t, 1)
	s.mustSyncctl(t, "cancel", run.GetRunId())
	if got := waiting.end(t); got.code != 4 || readTable(t, got.stdout).state != "CANCELLED" {
		t.Errorf("cancelled: exit code %d, want 4\n%s%s", got.code, got.stdout, got.stderr)
	}

	waiting = s.begin(t, "run", "--wait")
	s.inTheMiddle(t, 2)
	s.signal(t, stack.Terminology, syscall.SIGTERM)
	got := waiting.end(t)
	shown := readTable(t, got.stdout)
	if got.code != 3 || shown.state != "PARTIAL" || shown.counts["left"] == 0 {
		t.Errorf("partial: exit code %d, want 3\n%s%s", got.code, got.stdout, got.stderr)
	}
	if !strings.Contains(got.stderr, "left for the next pass") || !strings.Contains(got.stderr, "terminology") {
		t.Errorf("standard error does not say why: %s", got.stderr)
	}
	if err := s.await(t, stack.Terminology, 10*time.Second); err != nil {
		t.Errorf("SIGTERM ended terminology with %v", err)
	}
	// No pass can be pinned to versions that nobody tells.
	if got := s.syncctl(t, "run", "--wait", "--start-within", "1s"); got.code != 1 || !strings.Contains(got.stderr, "terminology") {
		t.Errorf("terminology away: exit code %d, want 1\n%s%s", got.code, got.stdout, got.stderr)
	}

	s.restart(t, stack.Terminology)
	s.complete(t, s.begin(t, "run", "--wait"), shortNight)
}

func TestWrongUsageIsExitCode2(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	for _, args := range [][]string{
		{"nosuchcommand"}, {"run", "--nosuchflag"}, {"run", "surplus"}, {"run", "--start-within", "0s"}, {"import"}, {"cancel"}, {"export"},
		{"import", "ae.unknown"}, {"import", "ae.xlsx"}, {"import", "ae.csv", "--encoding", "latin1"},
		{"reports", "--status", "DONE"}, {"reports", "--limit", "0"}, {"status", "--call-timeout", "0s"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			got := begin(t, nil, filepath.Join(bin, "syncctl"), args...).end(t)
			if got.code != 2 || got.stderr == "" {
				t.Errorf("exit code %d, want 2: %s", got.code, got.stderr)
			}
		})
	}
}

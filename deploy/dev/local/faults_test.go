package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

// deadly is data-sync built with the tag faults: it kills itself where it is
// told to.
var deadly = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch, "faults", "data-sync")
	return program, goBuild(root, program, "-tags", "faults", "./data-sync")
})

// verify is the accounting program.
var verify = sync.OnceValues(func() (string, error) {
	program := filepath.Join(scratch, "verify")
	return program, goBuild(root, program, "./deploy/cmd/verify")
})

// places are where a chunk's work can be cut short, as the tag faults names
// them.
var places = []string{
	"before-claim", "after-claim", "before-records", "after-records", "before-encode",
	"after-encode", "before-commit", "after-commit", "before-complete", "after-complete",
}

// faultReports is enough for a dozen chunks, of which the third is cut short.
const faultReports = 600

func TestADeathAtAnyPlaceLosesNothingAndDoublesNothing(t *testing.T) {
	t.Parallel()
	program, err := deadly()
	if err != nil {
		t.Fatal(err)
	}
	input := load(t, faultReports)
	dying := func(t *testing.T, place string) (mark string, change func(*stack.Options)) {
		mark = filepath.Join(t.TempDir(), "killed")
		return mark, func(o *stack.Options) {
			o.Programs = map[string]string{stack.DataSync: program}
			// Whichever replica comes there first; the mark keeps it to one death.
			o.Env = append(o.Env, "AECODE_KILL_AT="+place+":3", "AECODE_KILL_MARK="+mark)
		}
	}
	for _, place := range places {
		t.Run("SQLite, restarted, "+place, func(t *testing.T) {
			t.Parallel()
			mark, change := dying(t, place)
			s := begun(t, all(slowly(t, "ChunkSize: 100", "ChunkSize: 50"), change))
			s.mustSyncctl(t, "import", input)
			waiting := s.begin(t, "run", "--wait")
			s.diesOnce(t, mark)
			s.restart(t, stack.DataSync)
			s.completed(t, waiting, input, faultReports)
		})
		t.Run("PostgreSQL, the other goes on, "+place, func(t *testing.T) {
			t.Parallel()
			mark, change := dying(t, place)
			s := begun(t, all(slowly(t, "ChunkSize: 100", "ChunkSize: 50"),
				replicas(2, freshDatabase(t), ownRedis(t).Addr()), change))
			s.mustSyncctl(t, "import", input)
			waiting := s.begin(t, "run", "--wait")
			s.diesOnce(t, mark)
			s.completed(t, waiting, input, faultReports)
		})
	}
}

// diesOnce waits until one replica of data-sync has been killed, and holds that
// it was at the place.
func (s *system) diesOnce(t *testing.T, mark string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	<-s.Exited(ctx)
	if _, err := os.Stat(mark); err != nil {
		t.Fatalf("the place was not reached: %v", err)
	}
	for n := range s.DataSyncAddrs() {
		name := stack.Replica(stack.DataSync, n+1)
		// The dead are dead; the living answer with the deadline.
		soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_ = s.Wait(soon, name) // how it ended is known
		cancel()
	}
}

// completed holds that a `run --wait` ended well, and that the accounts are
// right once everything has stopped.
func (s *system) completed(t *testing.T, waiting *running, input string, n int) {
	t.Helper()
	got := waiting.end(t)
	if got.code != 0 || readTable(t, got.stdout).state != "COMPLETED" {
		t.Errorf("run --wait: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	s.stop(t)
	s.accountedFor(t, input, n)
	decidedOnce(t, s.store(t), n)
}

func TestWhatIsDeliveredCannotBeToldToKillItself(t *testing.T) {
	t.Parallel()
	program, err := deadly()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{program: true, filepath.Join(programs(t), "data-sync"): false} {
		binary, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"AECODE_KILL_AT", "deadlyStore"} {
			if bytes.Contains(binary, []byte(word)) != want {
				t.Errorf("%s holds %s: %v, want %v", path, word, !want, want)
			}
		}
	}
}

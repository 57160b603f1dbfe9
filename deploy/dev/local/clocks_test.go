package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

// chunkLease is what slowly sets.
const chunkLease = time.Second

func TestReplicasWhoseClocksAreWrongShareARun(t *testing.T) {
	t.Parallel()
	program, err := deadly()
	if err != nil {
		t.Fatal(err)
	}
	const n = 4_000
	ahead, behindTime := stack.DataSync, stack.Replica(stack.DataSync, 2)
	skews := map[string]time.Duration{ahead: 2 * time.Minute, behindTime: -2 * time.Minute}
	input := load(t, n)
	var link *slowLink
	s := shared(t, 2, input, behindLink(t, 30*time.Millisecond, &link), func(o *stack.Options) {
		o.Programs = map[string]string{stack.DataSync: program}
		o.EnvOf = make(map[string][]string)
		for name, skew := range skews {
			o.EnvOf[name] = []string{fmt.Sprintf("AECODE_CLOCK_SKEW=%d", int(skew.Seconds()))}
		}
	})
	db := s.store(t)
	beat := startBeat(t)

	// The pass is opened by the one that takes all that has just been imported for
	// the future's: the cutoff is the database's.
	opened := begin(t, []string{"SYNCCTL_SERVER=" + s.DataSyncAddrs()[1]}, filepath.Join(s.bin, "syncctl"), "run").end(t)
	if want := fmt.Sprintf("%d reports", n); opened.code != 0 || !strings.Contains(opened.stdout, want) {
		t.Fatalf("run at the replica whose clock is behind: exit code %d, want %s\n%s%s", opened.code, want, opened.stdout, opened.stderr)
	}
	if got := count(t, db, "SELECT count(*) FROM pass_members"); got != n {
		t.Errorf("%d reports are members, want all %d", got, n)
	}
	if off := count(t, db, "SELECT abs(cutoff - "+databaseNow+") FROM passes"); off > 30_000 {
		t.Errorf("the cutoff is off the database's clock by %d ms", off)
	}

	waiting := s.begin(t, "run", "--wait")
	until(t, "work of both", func() (bool, string) {
		one, two := s.chunksDone(t, ahead), s.chunksDone(t, behindTime)
		return one > 3 && two > 3, fmt.Sprintf("%d and %d chunks", one, two)
	})
	for name, skew := range skews {
		if off := logClock(t, s.log(name)); (off - skew).Abs() > 30*time.Second {
			t.Fatalf("the clock of %s is off by %v, want %v", name, off, skew)
		}
	}
	// Leases hold: nobody's chunk is taken from under it, unless the machine stood
	// still for longer than a renewal may be late.
	claimed, twice := count(t, db, "SELECT count(*) FROM chunks WHERE attempts > 0"), count(t, db, "SELECT count(*) FROM chunks WHERE attempts > 1")
	if most := claimed/10 + int(beat.lost()/(chunkLease/3)); twice > most {
		t.Errorf("%d of %d chunks were claimed more than once with both replicas alive, want at most %d", twice, claimed, most)
	}
	mustBeOpen(t, db)

	// And end: the chunk of a dead replica is taken over when its lease has
	// passed, no sooner and hardly later.
	for _, dead := range []string{ahead, behindTime} {
		s.takenOver(t, db, dead)
		s.restart(t, dead)
	}
	link.slow(0)
	s.completed(t, waiting, input, n)
}

// databaseNow is the time in PostgreSQL, in milliseconds as the store keeps it.
const databaseNow = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"

// claim is a chunk as it stood at a time, both in the database's milliseconds.
type claim struct {
	seq, attempts   int
	state, owner    string
	leaseUntil, now int64
}

func (c claim) left() time.Duration { return time.Duration(c.leaseUntil-c.now) * time.Millisecond }

// claimOf reads the one chunk for which a condition holds.
func claimOf(t *testing.T, db *sql.DB, where string, args ...any) (claim, bool) {
	t.Helper()
	var c claim
	err := db.QueryRowContext(t.Context(), "SELECT seq, attempts, state, owner, lease_until, "+databaseNow+" FROM chunks WHERE "+where, args...).
		Scan(&c.seq, &c.attempts, &c.state, &c.owner, &c.leaseUntil, &c.now)
	if errors.Is(err, sql.ErrNoRows) {
		return c, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, true
}

// takenOver kills a replica with a chunk in hand and holds when another one
// takes that over, by the database's clock.
func (s *system) takenOver(t *testing.T, db *sql.DB, name string) {
	t.Helper()
	const own = "state = 'LEASED' AND owner LIKE $1"
	for range 10 {
		pid, err := s.PID(name)
		if err != nil {
			t.Fatal(err)
		}
		owner := fmt.Sprintf("%%:%d/%%", pid)
		until(t, name+" at work", func() (bool, string) {
			mustBeOpen(t, db)
			_, ok := claimOf(t, db, own, owner)
			return ok, "no chunk in its hands"
		})
		s.signal(t, name, syscall.SIGKILL)
		_ = s.await(t, name, patience) // by SIGKILL, as it was told
		orphan, ok := claimOf(t, db, own, owner)
		if ok && s.claimedAfter(t, db, name, orphan) {
			return
		}
		// It had just finished, or its commit under way came in: it did no harm.
		mustBeOpen(t, db)
		s.restart(t, name)
	}
	t.Fatalf("%s held no chunk at any of ten deaths", name)
}

// claimedAfter waits until a dead replica's chunk is claimed by another, and
// holds that this is when the lease has ended. False: it was committed after
// all.
func (s *system) claimedAfter(t *testing.T, db *sql.DB, name string, orphan claim) bool {
	t.Helper()
	beat := startBeat(t)
	var now claim
	until(t, "the dead replica's chunk taken over", func() (bool, string) {
		now, _ = claimOf(t, db, "seq = $1", orphan.seq)
		if now.owner == orphan.owner {
			orphan = now // a renewal under way may have come in
			return false, fmt.Sprintf("the lease of %v ends in %v", now.owner, now.left())
		}
		return true, ""
	})
	if now.attempts == orphan.attempts {
		return false
	}
	if orphan.left() > chunkLease {
		t.Errorf("the lease of %s had %v to go, it is of %v", name, orphan.left(), chunkLease)
	}
	// The new lease began with the claim, or a little later if it was renewed.
	claimed := now.now
	if now.state == "LEASED" {
		claimed = min(claimed, now.leaseUntil-chunkLease.Milliseconds())
	}
	late := time.Duration(claimed-orphan.leaseUntil) * time.Millisecond
	t.Logf("the chunk of %s was taken over %v after its lease had ended", name, late)
	// A chunk that the living one has in hand, a poll, and a busy machine.
	if most := 2*time.Second + beat.lost(); late < 0 || late > most {
		t.Errorf("the chunk of %s was taken over %v after its lease had ended, want 0 to %v", name, late, most)
	}
	return true
}

// log is the path of a service's log.
func (s *system) log(name string) string { return s.out + "/log/" + name + ".log" }

// chunksDone counts the chunks that a replica's log tells of.
func (s *system) chunksDone(t *testing.T, name string) int {
	t.Helper()
	return strings.Count(readFile(t, s.log(name)), `"outcome":"done"`)
}

var logTime = regexp.MustCompile(`"@timestamp":"([^"]+)"`)

// logClock gives how far the clock of a log's last line is off from this
// process's.
func logClock(t *testing.T, path string) time.Duration {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := logTime.FindAllStringSubmatch(readFile(t, path), -1)
	if len(lines) == 0 {
		t.Fatalf("%s holds no time", path)
	}
	at, err := time.Parse(time.RFC3339Nano, lines[len(lines)-1][1])
	if err != nil {
		t.Fatal(err)
	}
	return at.Sub(info.ModTime())
}

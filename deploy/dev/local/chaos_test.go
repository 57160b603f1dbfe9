package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

// seed gives what the test's chance comes from; AECODE_TEST_SEED repeats one.
func seed(t *testing.T) uint64 {
	t.Helper()
	if given := os.Getenv("AECODE_TEST_SEED"); given != "" {
		n, err := strconv.ParseUint(given, 10, 64)
		if err != nil {
			t.Fatalf("AECODE_TEST_SEED: %v", err)
		}
		return n
	}
	return rand.Uint64()
}

func TestTwentyDeathsAtAnyInstantLoseNothingAndDoubleNothing(t *testing.T) {
	t.Parallel()
	const n, deaths = 5_000, 20
	chance := seed(t)
	t.Logf("AECODE_TEST_SEED=%d", chance)
	input := load(t, n)
	var link *slowLink
	s := begun(t, all(slowly(t, "ChunkSize: 100", "ChunkSize: 25"), behindLink(t, slowing(0, n), &link),
		replicas(2, freshDatabase(t), ownRedis(t).Addr()), func(o *stack.Options) { o.NoWait = true }))
	for _, name := range []string{stack.Terminology, stack.DataSync, stack.Replica(stack.DataSync, 2)} {
		if err := s.Await(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	s.mustSyncctl(t, "import", input)
	waiting := s.begin(t, "run", "--wait")
	db := s.store(t)
	s.halfway(t, db)

	var killing sync.WaitGroup
	var hits atomic.Int64
	for i := range 2 {
		random := rand.New(rand.NewPCG(chance, uint64(i)))
		name := stack.Replica(stack.DataSync, i+1)
		killing.Go(func() {
			s.dieAndReturn(t, db, name, deaths/2, random, func(pid int) {
				hits.Add(int64(min(held(t, db, pid), 1)))
				s.accounts(t, input, n, "lost=0 doubled=0")
				link.slow(slowing(s.progress(t, db), n))
			})
		})
	}
	killing.Wait()
	mustBeOpen(t, db)
	t.Logf("%d deaths, %d of them with a chunk in hand; %d of %d reports decided by then", deaths, hits.Load(), s.progress(t, db), n)
	if hits.Load() < deaths/4 {
		t.Errorf("%d of %d deaths hit a replica with a chunk in hand, want at least %d", hits.Load(), deaths, deaths/4)
	}
	link.slow(0) // what is left need not last
	s.completed(t, waiting, input, n)
	if got := attempts(t, db); got < 2 {
		t.Error("no chunk was ever claimed again: the deaths hit nothing")
	}
	_, rows := records(t, input)
	showsNone(t, s.out+"/log", verbatims(rows))
}

// slowing is what a link holds everything back for, the longer the more is done:
// a pass must not be over before all has happened to it, however slow the
// machine is at that. A call still stays within its 300 ms.
func slowing(done, of int) time.Duration {
	return 15*time.Millisecond + 80*time.Millisecond*time.Duration(done)/time.Duration(of)
}

// dieAndReturn kills a replica again and again, in turn when it has been at work
// for a while and at an instant that may be before it is ready, and starts it
// again each time. dead is called while it is dead, with the process's id.
func (s *system) dieAndReturn(t *testing.T, db *sql.DB, name string, deaths int, random *rand.Rand, dead func(pid int)) {
	pause := func(most time.Duration) { time.Sleep(time.Duration(random.Int64N(int64(most)))) }
	for death := range deaths {
		most := 100 * time.Millisecond // hardly what a start takes
		if death%2 == 0 {
			if err := s.Await(t.Context(), name); err != nil {
				t.Errorf("%s does not come back: %v", name, err)
				return
			}
			// Once it has work, if there is any to be had just now.
			pid, _ := s.PID(name)
			for waited := time.Now(); held(t, db, pid) == 0 && time.Since(waited) < 5*time.Second; {
				time.Sleep(10 * time.Millisecond)
			}
			most = 500 * time.Millisecond
		}
		pause(most)
		pid, err := s.PID(name)
		if err == nil {
			err = s.Signal(name, syscall.SIGKILL)
		}
		if err != nil {
			t.Errorf("kill %s: %v", name, err)
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_ = s.Wait(ctx, name) // by SIGKILL, as it was told
		cancel()
		dead(pid)
		pause(300 * time.Millisecond)
		if err := s.Restart(t.Context(), name); err != nil {
			t.Errorf("start %s again: %v", name, err)
			return
		}
	}
}

// held counts the chunks that are leased to a process: owners are host:pid/claim.
func held(t *testing.T, db *sql.DB, pid int) int {
	t.Helper()
	return count(t, db, "SELECT count(*) FROM chunks WHERE state = 'LEASED' AND owner LIKE $1", fmt.Sprintf("%%:%d/%%", pid))
}

// attempts is how often the chunk that had most was claimed.
func attempts(t *testing.T, db *sql.DB) int {
	t.Helper()
	return count(t, db, "SELECT coalesce(max(attempts), 0) FROM chunks")
}

package main

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/local/stack"
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
	s := begun(t, all(slowly(t, "ChunkSize: 100", "ChunkSize: 25"), behind(t, 30*time.Millisecond),
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
	for i := range 2 {
		random := rand.New(rand.NewPCG(chance, uint64(i)))
		name := stack.Replica(stack.DataSync, i+1)
		killing.Go(func() { s.dieAndReturn(t, name, deaths/2, random) })
	}
	killing.Wait()
	mustBeOpen(t, db)
	done := s.progress(t, db)
	t.Logf("%d deaths, %d of %d reports decided by then", deaths, done, n)
	s.completed(t, waiting, input, n)
	if got := attempts(t, db); got < 2 {
		t.Error("no chunk was ever claimed again: the deaths hit nothing")
	}
	_, rows := records(t, input)
	showsNone(t, s.out+"/log", verbatims(rows))
}

// dieAndReturn kills a replica again and again, at times before it is ready, and
// starts it again each time.
func (s *system) dieAndReturn(t *testing.T, name string, deaths int, random *rand.Rand) {
	pause := func(least, most time.Duration) {
		time.Sleep(least + time.Duration(random.Int64N(int64(most-least))))
	}
	for range deaths {
		pause(100*time.Millisecond, 1500*time.Millisecond)
		if err := s.Signal(name, syscall.SIGKILL); err != nil {
			t.Errorf("kill %s: %v", name, err)
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_ = s.Wait(ctx, name) // by SIGKILL, as it was told
		cancel()
		pause(0, 300*time.Millisecond)
		if err := s.Restart(t.Context(), name); err != nil {
			t.Errorf("start %s again: %v", name, err)
			return
		}
	}
}

// attempts is how often the chunk that had most was claimed.
func attempts(t *testing.T, db *sql.DB) int {
	t.Helper()
	return count(t, db, "SELECT coalesce(max(attempts), 0) FROM chunks")
}

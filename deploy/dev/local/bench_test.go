package main

import (
	"math"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheRateOfEachHundredThousandIsTakenBetweenSamples(t *testing.T) {
	t.Parallel()
	start := time.Now()
	at := func(seconds float64, done int64, mb float64) sample {
		return sample{at: start.Add(time.Duration(seconds * float64(time.Second))), done: done, peakMB: mb}
	}
	samples := []sample{
		at(0, -1, 50), // before the pass is there
		at(1, 0, 60),
		at(10, 90_000, 70),
		at(12, 110_000, 80),  // 100,000 at 11 s
		at(21, 290_000, 85),  // 200,000 at 16.5 s
		at(31, 300_000, 90),  // 300,000 at 31 s
		at(40, 300_000, 100), // the end of the pass takes its time too
	}
	rates, mb := steps(samples, 300_000)
	want := []float64{100_000 / 10.0, 100_000 / 5.5, 100_000 / 14.5}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 0.01 })
	if diff := cmp.Diff(want, rates, near); diff != "" || mb != 80 {
		t.Errorf("rates %s, %v MB after the first, want 80", diff, mb)
	}
	if rates, _ := steps(samples[:3], 90_000); len(rates) != 0 {
		t.Errorf("a run below a hundred thousand has rates %v", rates)
	}
}

func TestAProfileIsSplitByTheInnermostFunctionThatTells(t *testing.T) {
	t.Parallel()
	const traces = `File: data-sync
Type: cpu
Duration: 2s, Total samples = 100ms
-----------+-------------------------------------------------------
      30ms   runtime.memmove
             github.com/jackc/pgx/v5/pgproto3.(*Bind).Encode
             aecode/data-sync/internal/store.(*Store).CommitChunk
             aecode/data-sync/internal/nightly.(*work).commit
-----------+-------------------------------------------------------
      10ms   syscall.write
             github.com/redis/go-redis/v9.(*Client).Process
             aecode/common/idempotency.(*Store).ClaimBatch
-----------+-------------------------------------------------------
     1.5s    google.golang.org/grpc/internal/transport.(*loopyWriter).run
-----------+-------------------------------------------------------
       5ms   runtime.scanobject
             runtime.gcBgMarkWorker
-----------+-------------------------------------------------------
       1ms   aecode/data-sync/internal/nightly.(*work).code
`
	want := []spending{
		{"terminology", 1500 * time.Millisecond}, {"database", 30 * time.Millisecond}, {"redis", 10 * time.Millisecond},
		{"garbage collection", 5 * time.Millisecond}, {"rest", time.Millisecond},
	}
	if diff := cmp.Diff(want, splitTraces(traces), cmp.AllowUnexported(spending{})); diff != "" {
		t.Error(diff)
	}
}

func TestTheTimeOfAProcessAndItsChildrenIsRead(t *testing.T) {
	t.Parallel()
	pids := map[string]int{"this": os.Getpid()}
	before := spentBy(pids)["this"]
	for until := time.Now().Add(300 * time.Millisecond); time.Now().Before(until); {
	}
	if spent := spentBy(pids)["this"] - before; spent < 20*time.Millisecond || spent > time.Minute {
		t.Errorf("300 ms of work took %v of processor time", spent)
	}
}

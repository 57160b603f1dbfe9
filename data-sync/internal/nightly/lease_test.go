package nightly_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

type versions = report.Versions

func TestALeaseIsRenewedEveryThird(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		w.cfg.BatchOverall = 2 * time.Minute
		w.coder.takes = time.Minute
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 10, 0, 0)
		if w.store.extended < 11 || w.store.extended > 13 {
			t.Errorf("lease of 15 s extended %d times in a minute, want 12", w.store.extended)
		}
		if w.store.passes[0].chunks[0].attempts != 1 {
			t.Errorf("the chunk was claimed %d times", w.store.passes[0].chunks[0].attempts)
		}
		if w.claims.completed != 10 {
			t.Errorf("%d records completed, want 10: their leases are renewed with the chunk", w.claims.completed)
		}
	})
}

func TestWorkWhoseLeaseIsLostWritesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		w.cfg.BatchOverall = 2 * time.Minute
		w.coder.takes = time.Minute
		_, stop := w.engine()
		e, err := nightly.New(w.store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := w.start(e)
		time.Sleep(3 * time.Second)
		w.store.mu.Lock()
		thief := w.store.passes[0].chunks[0]
		thief.owner, thief.leaseUntil = "thief", time.Now().Add(time.Hour)
		thief.attempts++
		w.store.mu.Unlock()
		time.Sleep(6 * time.Second)
		if w.coder.running() != 0 {
			t.Error("the call goes on after the lease was lost")
		}
		if w.claims.held() != 0 {
			t.Errorf("%d records still held", w.claims.held())
		}
		time.Sleep(2 * time.Minute)
		if now, _ := w.store.Pass(t.Context(), p.RunID, 0); now.Left != 10 {
			t.Errorf("left %d, want 10", now.Left)
		}
		stop()
		if w.store.commits != 0 || w.store.codings != 0 {
			t.Errorf("%d commits, %d codings by an owner without a lease", w.store.commits, w.store.codings)
		}
		if w.seen.chunks["lost"] != 1 {
			t.Errorf("observer saw %v, want one chunk lost", w.seen.chunks)
		}
	})
}

func TestALeaseThatCannotBeRenewedEndsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		w.cfg.BatchOverall = 2 * time.Minute
		w.coder.takes = time.Minute
		e, stop := w.engine()
		defer stop()
		w.start(e)
		time.Sleep(time.Second)
		w.store.setAway(true)
		time.Sleep(15 * time.Second)
		if w.coder.running() != 0 {
			t.Error("the call goes on though the lease has run out unrenewed")
		}
		w.store.setAway(false)
	})
}

func TestCancelStopsTheWorkAndKeepsWhatIsCoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1000)
		w.coder.takes = 2 * time.Second
		e, stop := w.engine()
		defer stop()
		p := w.start(e)
		time.Sleep(5 * time.Second)
		cancelled, err := e.Cancel(t.Context(), p.RunID)
		if err != nil || cancelled.State != run.Cancelled || cancelled.Coded == 0 || cancelled.LeftByReason["CANCELLED"] != cancelled.Left {
			t.Errorf("Cancel = %s, coded %d, left %v, %v", cancelled.State, cancelled.Coded, cancelled.LeftByReason, err)
		}
		time.Sleep(time.Second)
		if w.coder.running() != 0 || w.claims.held() != 0 {
			t.Errorf("a second later %d calls run and %d records are held", w.coder.running(), w.claims.held())
		}
		after := w.await(e, p)
		w.wantEnd(after, run.Cancelled, cancelled.Coded, 0, 1000-cancelled.Coded)
		again, err := e.Cancel(t.Context(), p.RunID)
		if err != nil || again.State != run.Cancelled {
			t.Errorf("a second Cancel = %s, %v", again.State, err)
		}
	})
}

func TestStoppingFinishesWhatFitsIntoTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1000)
		w.coder.takes = 4 * time.Second
		e, stop := w.engine()
		p := w.start(e)
		time.Sleep(time.Second)
		start := time.Now()
		stop()
		if took := time.Since(start); took > w.cfg.Grace {
			t.Errorf("Run ended after %v", took)
		}
		now, _ := w.store.Pass(t.Context(), p.RunID, 0)
		if now.Coded != 200 {
			t.Errorf("%d coded, want the 200 of the four chunks held", now.Coded)
		}
		if len(w.store.claimedBy) != 4 {
			t.Errorf("%d chunks claimed, want none after the stop", len(w.store.claimedBy))
		}
	})
}

func TestStoppingCommitsWhatCameAndReleasesTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 200)
		w.cfg.Workers, w.cfg.EncodeConcurrency = 1, 1
		w.cfg.Grace = 5 * time.Second
		w.cfg.BatchOverall = time.Minute
		w.coder.takes, w.coder.size = 4*time.Second, 20
		e, stop := w.engine()
		p := w.start(e)
		time.Sleep(time.Second)
		start := time.Now()
		stop()
		if took := time.Since(start); took < 5*time.Second || took > 5*time.Second+100*time.Millisecond {
			t.Errorf("Run ended after %v, want at the end of the grace time", took)
		}
		now, _ := w.store.Pass(t.Context(), p.RunID, 0)
		if now.Coded != 20 {
			t.Errorf("%d coded, want the one batch that came", now.Coded)
		}
		if c := w.store.passes[0].chunks[0]; !c.free {
			t.Error("the chunk was not released")
		}
		if w.claims.held() != 0 {
			t.Errorf("%d records still held", w.claims.held())
		}
		// Another process goes on with it.
		w.coder.takes = 0
		e, stop = w.engine()
		defer stop()
		w.wantEnd(w.await(e, p), run.Completed, 200, 0, 0)
	})
}

func TestTwoEnginesShareAPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 2000)
		w.coder.takes = 2 * time.Second // longer than an idle engine waits between two looks
		w.cfg.Owner = "a"
		a, stopA := w.engine()
		defer stopA()
		w.cfg.Owner = "b"
		_, stopB := w.engine()
		defer stopB()
		w.wantEnd(w.await(a, w.start(a)), run.Completed, 2000, 0, 0)
		by := map[string]int{}
		for owner := range w.store.claimedBy {
			by[strings.SplitN(owner, "/", 2)[0]]++
		}
		if by["a"] < 8 || by["b"] < 8 || by["a"]+by["b"] != 40 {
			t.Errorf("chunks by engine = %v, want 40, shared", by)
		}
		for term, n := range w.coder.asked {
			if n != 1 {
				t.Errorf("%q was coded %d times", term.Verbatim, n)
			}
		}
	})
}

func TestADeadReplicasChunksAreTakenOverWithinOneLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 200)
		w.cfg.BatchOverall = time.Minute
		e, err := nightly.New(w.store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := w.start(e)
		// A replica that dies right after it claimed a chunk and its records.
		c, ok, err := w.store.ClaimChunk(t.Context(), p.RunID, p.Number, "dead", w.cfg.ChunkLease)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		dead, _ := w.store.Items(t.Context(), c)
		if _, err := w.claims.Claim(t.Context(), p.Pin, "dead", dead); err != nil {
			t.Fatal(err)
		}
		died := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		w.wantEnd(w.await(e, p), run.Completed, 200, 0, 0)
		if took := time.Since(died); took > w.cfg.ChunkLease+2*time.Second {
			t.Errorf("done %v after the death, want about one lease", took)
		}
		cancel()
		<-ended
	})
}

// One replica cannot reach terminology, another can: the pass goes on, and the
// first must not end it.
func TestAReplicaThatIsCutOffDoesNotEndAPassThatAnotherWorksOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 4000)
		w.cfg.OutageBudget = 10 * time.Second
		w.cfg.Workers = 1
		healthy := w.coder
		healthy.takes = 600 * time.Millisecond
		a, stopA := w.engine()
		defer stopA()
		w.coder = newFakeCoder()
		w.coder.away = "UNAVAILABLE"
		_, stopB := w.engine()
		defer stopB()
		p := w.await(a, w.start(a))
		w.wantEnd(p, run.Completed, 4000, 0, 0)
		if took := p.FinishedAt.Sub(p.OpenedAt); took < 40*time.Second {
			t.Errorf("the pass took %v, too short for the test to say anything", took)
		}
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		if len(w.store.pauses) > 2 {
			t.Errorf("one outage marked the pass so often: %v", w.store.pauses)
		}
	})
}

// The last attempt of a chunk records what fails; being stopped is no failure
// of the reports.
func TestBeingStoppedOrShutOutInTheLastAttemptLeavesNoReport(t *testing.T) {
	for name, away := range map[string]string{"stopped": "", "outage": "UNAVAILABLE"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 50)
				w.cfg.ChunkAttempts, w.cfg.Grace = 1, time.Second
				w.coder.takes, w.coder.away = 4*time.Second, away
				e, stop := w.engine()
				p := w.start(e)
				if away == "" {
					time.Sleep(time.Second) // the call is under way
				} else {
					time.Sleep(10 * time.Second)
				}
				stop()
				w.coder.takes, w.coder.away = 0, ""
				e, stop = w.engine()
				defer stop()
				w.wantEnd(w.await(e, p), run.Completed, 50, 0, 0)
			})
		})
	}
}

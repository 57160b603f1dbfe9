package nightly_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

func TestTheRunPausesWhileTerminologyIsAwayAndLeavesNothing(t *testing.T) {
	for _, class := range []string{"UNAVAILABLE", "DEADLINE", "BUDGET", "INTERNAL"} {
		t.Run(class, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 500)
				w.coder.takes = 50 * time.Millisecond
				e, stop := w.engine()
				defer stop()
				p := w.start(e)
				time.Sleep(60 * time.Millisecond)
				w.coder.set(func(c *fakeCoder) { c.away = class })
				time.Sleep(3 * time.Second)
				now, err := w.store.Pass(t.Context(), p.RunID, 0)
				if err != nil || now.State != run.Paused || !strings.Contains(now.StateReason, class) {
					t.Errorf("after 3 s the pass is %s, %q; want PAUSED with the class", now.State, now.StateReason)
				}
				if w.claims.held() != 0 {
					t.Errorf("%d records held in the pause, want all given back", w.claims.held())
				}
				calls, _, _ := w.coder.count()
				time.Sleep(5 * time.Minute)
				if all, _, _ := w.coder.count(); all-calls < 145 || all-calls > 310 {
					t.Errorf("%d calls in 5 min of pause, want one each 1 to 2 s", all-calls)
				}
				var probes []time.Time
				w.coder.set(func(c *fakeCoder) { probes = slices.Clone(c.probes) })
				for i := 1; i < len(probes); i++ {
					if gap := probes[i].Sub(probes[i-1]); gap > 2*time.Second+100*time.Millisecond {
						t.Errorf("%v between two probes, want at most 2 s and the probe's own time", gap)
						break
					}
				}
				healed := time.Now()
				w.coder.set(func(c *fakeCoder) { c.away = "" })
				for done := int64(0); done == 0; time.Sleep(100 * time.Millisecond) {
					later, err := w.store.Pass(t.Context(), p.RunID, 0)
					if err != nil {
						t.Fatal(err)
					}
					done = later.Coded - now.Coded
				}
				if took := time.Since(healed); took > 5*time.Second {
					t.Errorf("work went on %v after healing, want within 5 s", took)
				}
				w.wantEnd(w.await(e, p), run.Completed, 500, 0, 0)
				if got := w.seen.outage["terminology"]; got < 5*time.Minute || got > 5*time.Minute+10*time.Second {
					t.Errorf("observer saw an outage of %v, want about 5m3s", got)
				}
			})
		})
	}
}

func TestAnOutagePastItsBudgetEndsPartialWithTheClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 200)
		w.coder.away = "UNAVAILABLE"
		e, stop := w.engine()
		defer stop()
		start := time.Now()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 0, 0, 200)
		if p.LeftByReason["UNAVAILABLE"] != 200 || !strings.Contains(p.StateReason, "terminology") {
			t.Errorf("left by reason = %v, reason %q", p.LeftByReason, p.StateReason)
		}
		if took := time.Since(start); took < w.cfg.OutageBudget || took > w.cfg.OutageBudget+10*time.Second {
			t.Errorf("ended after %v, want soon after the budget of %v", took, w.cfg.OutageBudget)
		}
		// The next pass finds them all.
		w.coder.set(func(c *fakeCoder) { c.away = "" })
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 200, 0, 0)
	})
}

// A probe that succeeds must not renew the budget for ever when the work it
// lets through always fails.
func TestAnOutageThatOnlyProbesSurviveUsesUpTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		refusing := &refuseWork{fakeCoder: w.coder}
		e, err := nightly.New(w.store, refusing, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		start := time.Now()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 0, 0, 100)
		if took := time.Since(start); took > w.cfg.OutageBudget+time.Minute {
			t.Errorf("ended after %v, want soon after the budget of %v", took, w.cfg.OutageBudget)
		}
		cancel()
		<-ended
	})
}

// refuseWork answers probes only.
type refuseWork struct{ *fakeCoder }

func (r *refuseWork) Encode(ctx context.Context, pin versions, terms []run.Term) ([]run.Answer, error) {
	if terms[0].Verbatim == "headache" {
		return r.fakeCoder.Encode(ctx, pin, terms)
	}
	return nil, &run.Failure{Class: "UNAVAILABLE"}
}

func TestAFailedBatchWhileOthersAreAnsweredIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 320)
		w.cfg.ChunkSize = 320
		w.coder.size = 10
		w.coder.takes = 10 * time.Millisecond
		flaky := &failOnce{fakeCoder: w.coder}
		e, err := nightly.New(w.store, flaky, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- e.Run(ctx) }()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 320, 0, 0)
		if len(w.store.pauses) != 0 {
			t.Errorf("the pass was paused: %v", w.store.pauses)
		}
		cancel()
		<-ended
	})
}

// failOnce fails the batch with verbatim 100, slowly, the first time.
type failOnce struct {
	*fakeCoder
	failed bool
}

func (f *failOnce) Encode(ctx context.Context, pin versions, terms []run.Term) ([]run.Answer, error) {
	for _, t := range terms {
		if t.Verbatim == "verbatim 100" && !f.failed {
			f.failed = true
			time.Sleep(50 * time.Millisecond)
			return nil, &run.Failure{Class: "UNAVAILABLE"}
		}
	}
	return f.fakeCoder.Encode(ctx, pin, terms)
}

func TestWithoutIdempotencyRecordsNothingIsCoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 200)
		w.claims.away = true
		e, stop := w.engine()
		defer stop()
		p := w.start(e)
		time.Sleep(time.Minute)
		if now, _ := w.store.Pass(t.Context(), p.RunID, 0); now.State != run.Paused || !strings.Contains(now.StateReason, "idempotency") {
			t.Errorf("the pass is %s, %q", now.State, now.StateReason)
		}
		if calls, _, _ := w.coder.count(); calls != 0 {
			t.Errorf("%d calls of terminology without a claim", calls)
		}
		w.claims.set(func(c *fakeClaims) { c.away = false })
		healed := time.Now()
		w.wantEnd(w.await(e, p), run.Completed, 200, 0, 0)
		if took := time.Since(healed); took > 10*time.Second {
			t.Errorf("took %v after healing", took)
		}
	})
}

func TestRedisGoingAwayAfterTheClaimCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 50)
		w.store.onCommit = func(run.Chunk) { w.claims.set(func(c *fakeClaims) { c.away = true }) }
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 50, 0, 0)
	})
}

func TestTheRunPausesWhileTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 500)
		w.coder.takes = 50 * time.Millisecond
		e, stop := w.engine()
		defer stop()
		p := w.start(e)
		time.Sleep(60 * time.Millisecond)
		w.store.setAway(true)
		time.Sleep(5 * time.Minute)
		w.store.setAway(false)
		healed := time.Now()
		w.wantEnd(w.await(e, p), run.Completed, 500, 0, 0)
		if took := time.Since(healed); took > 25*time.Second {
			t.Errorf("took %v after healing", took)
		}
		if got := w.seen.outage["database"]; got < 4*time.Minute+30*time.Second {
			t.Errorf("observer saw a database outage of %v, want about 5 min", got)
		}
	})
}

func TestADatabaseThatRefusesWritesPausesTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		// Both chunks reach their commit, then the disk is full for a while.
		w.store.onCommit = func(run.Chunk) {
			w.store.mu.Lock()
			defer w.store.mu.Unlock()
			if w.store.commits == 0 && !w.store.readOnly {
				w.store.readOnly = true
				time.AfterFunc(time.Minute, func() {
					w.store.mu.Lock()
					defer w.store.mu.Unlock()
					w.store.readOnly, w.store.onCommit = false, nil
				})
			}
		}
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 100, 0, 0)
	})
}

func TestAnAmbiguousCommitIsRepeatedWithoutHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 300)
		lied := 0 // the commits whose first answer was lost
		w.store.afterCommit = func(n int) error {
			if n > lied {
				lied = n
				return errors.New("connection lost while waiting for the answer")
			}
			return nil
		}
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 300, 0, 0)
		if w.store.codings != 300 || w.claims.completed != 300 {
			t.Errorf("%d codings, %d records completed; want 300 of each", w.store.codings, w.claims.completed)
		}
	})
}

func TestTheRunsDeadlineEndsItPartialOnTheDatabasesClock(t *testing.T) {
	for name, offset := range map[string]time.Duration{"same clock": 0, "database ahead": 2 * time.Hour, "database behind": -2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1000)
				w.store.offset = offset
				w.cfg.Deadline = time.Minute
				w.cfg.BatchOverall = 30 * time.Second
				w.coder.takes = 13 * time.Second
				e, stop := w.engine()
				defer stop()
				start := time.Now()
				p := w.await(e, w.start(e))
				if p.State != run.Partial || p.LeftByReason["RUN_DEADLINE"] != p.Left || p.Coded == 0 || p.Left == 0 {
					t.Errorf("ended %s, coded %d, left %v", p.State, p.Coded, p.LeftByReason)
				}
				if took := time.Since(start); took < time.Minute || took > time.Minute+5*time.Second {
					t.Errorf("ended after %v, want soon after the deadline", took)
				}
				asked := int64(0)
				for _, n := range w.coder.asked {
					asked += int64(n)
				}
				if p.Coded != asked {
					t.Errorf("%d coded of %d that were answered before the deadline", p.Coded, asked)
				}
				w.wantEnd(p, run.Partial, p.Coded, 0, 1000-p.Coded)
			})
		})
	}
}

func TestADeadlineThatPassesInAPauseEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		w.cfg.Deadline = 5 * time.Minute
		w.coder.away = "UNAVAILABLE"
		e, stop := w.engine()
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 0, 0, 100)
		if p.LeftByReason["RUN_DEADLINE"] != 100 {
			t.Errorf("left by reason = %v", p.LeftByReason)
		}
	})
}

package nightly_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/run"
)

// dependency is one of the three that a pass needs.
type dependency struct {
	name string
	// refuse and hang end its service, back begins it again; flap lets its probe through and
	// no work.
	refuse, hang, back, flap func(w *world, db *cutStore)
}

var dependencies = []dependency{
	{
		name:   "terminology",
		refuse: func(w *world, _ *cutStore) { w.coder.set(func(c *fakeCoder) { c.away = "UNAVAILABLE" }) },
		hang: func(w *world, _ *cutStore) {
			// Three tries of 300 ms with pauses between.
			w.coder.set(func(c *fakeCoder) { c.hangs, c.tries = true, 1500*time.Millisecond })
		},
		back: func(w *world, _ *cutStore) {
			w.coder.set(func(c *fakeCoder) { c.away, c.hangs, c.probesOnly = "", false, false })
		},
		flap: func(w *world, _ *cutStore) { w.coder.set(func(c *fakeCoder) { c.probesOnly = true }) },
	},
	{
		name:   "idempotency",
		refuse: func(w *world, _ *cutStore) { w.claims.set(func(c *fakeClaims) { c.away = true }) },
		hang:   func(w *world, _ *cutStore) { w.claims.set(func(c *fakeClaims) { c.hangs = true }) },
		back: func(w *world, _ *cutStore) {
			w.claims.set(func(c *fakeClaims) { c.away, c.hangs, c.refuses = false, false, false })
		},
		flap: func(w *world, _ *cutStore) { w.claims.set(func(c *fakeClaims) { c.refuses = true }) },
	},
	{
		name:   "database",
		refuse: func(_ *world, db *cutStore) { db.mode.Store(refusing) },
		hang:   func(_ *world, db *cutStore) { db.mode.Store(hanging) },
		back:   func(_ *world, db *cutStore) { db.mode.Store(connected) },
		flap:   func(_ *world, db *cutStore) { db.mode.Store(noItems) },
	},
}

// cutWorld is a world whose engine reaches the database through a connection
// that can be cut, and a pass of it that is under way.
func cutWorld(t *testing.T, n int) (*world, *cutStore) {
	w := newWorld(t, n)
	w.cfg.ChunkSize = 20
	w.coder.takes = 50 * time.Millisecond
	return w, &cutStore{Store: w.store}
}

// coded gives how many members are coded, past any cut.
func (w *world) coded(p run.Pass) int64 {
	w.t.Helper()
	now, err := w.store.Pass(w.t.Context(), p.RunID, p.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	return now.Coded
}

func TestWorkGoesOnWithin5SecondsOfTheEndOfAnOutage(t *testing.T) {
	for _, d := range dependencies {
		for how, cut := range map[string]func(*world, *cutStore){"refusing": d.refuse, "hanging": d.hang} {
			for away, tries := range map[time.Duration]int{
				500 * time.Millisecond: 12, 2 * time.Second: 12, 4 * time.Second: 12, 8 * time.Second: 12,
				20 * time.Second: 8, 2 * time.Minute: 4, 14 * time.Minute: 2,
			} {
				t.Run(fmt.Sprint(d.name, " ", how, " for ", away), func(t *testing.T) {
					var slowest time.Duration
					// The instants of cutting and healing fall differently in each.
					for try := range tries {
						synctest.Test(t, func(t *testing.T) {
							slowest = max(slowest, heals(t, d, cut, time.Duration(try)*37*time.Millisecond, away+time.Duration(try)*311*time.Millisecond))
						})
					}
					if slowest > 5*time.Second {
						t.Errorf("work went on %v after healing, want within 5 s", slowest)
					}
					t.Logf("slowest of %d: %v", tries, slowest)
				})
			}
		}
	}
}

// heals cuts a dependency off and gives how long after its return the first
// report was coded.
func heals(t *testing.T, d dependency, cut func(*world, *cutStore), at, away time.Duration) time.Duration {
	w, db := cutWorld(t, 1200)
	e, stop := w.run(db, w.coder, w.claims, nil)
	defer stop()
	p := w.start(e)
	time.Sleep(60*time.Millisecond + at)
	cut(w, db)
	time.Sleep(away)
	before := w.coded(p)
	if before == 0 || before == 1200 {
		t.Errorf("%d reports coded before the outage: the test says nothing", before)
	}
	d.back(w, db)
	healed := time.Now()
	for w.coded(p) == before && time.Since(healed) < time.Minute {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(healed)
	w.wantEnd(w.await(e, p), run.Completed, 1200, 0, 0)
	if ended := time.Since(healed); ended > 10*time.Second {
		t.Errorf("the pass ended %v after healing", ended)
	}
	return took
}

// All the work there is is leased to this process, and it could not give it
// back: the lease of 15 s must not hold up what an outage of 5 s stopped.
func TestChunksThatCouldNotBeGivenBackAreTakenWhenTheDatabaseIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 80)
		w.coder.takes = 500 * time.Millisecond
		e, stop := w.run(db, w.coder, w.claims, nil)
		defer stop()
		p := w.start(e)
		time.Sleep(300 * time.Millisecond)
		db.mode.Store(refusing)
		time.Sleep(5 * time.Second)
		db.mode.Store(connected)
		healed := time.Now()
		w.wantEnd(w.await(e, p), run.Completed, 80, 0, 0)
		if took := time.Since(healed); took > 5*time.Second {
			t.Errorf("done %v after healing, want within 5 s", took)
		}
	})
}

// A database that hangs while a pass is being ended holds up neither the other
// passes nor, once it is back, that end.
func TestAHangingEndOfAPassHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 80)
		stuck := &stuckFinish{cutStore: db}
		e, stop := w.run(stuck, w.coder, w.claims, nil)
		defer stop()
		first := w.start(e)
		time.Sleep(5 * time.Second)
		w.store.add(items(200)[80:]...)
		second, opened, err := e.Start(t.Context(), "2030-01-01", "")
		if err != nil || !opened {
			t.Fatal(opened, err)
		}
		time.Sleep(5 * time.Second)
		if got := w.coded(second); got != 120 {
			t.Errorf("%d of 120 coded while another pass is being ended", got)
		}
		w.wantEnd(w.await(e, first), run.Completed, 80, 0, 0)
		w.wantEnd(w.await(e, second), run.Completed, 120, 0, 0)
	})
}

// stuckFinish hangs in its first FinishPass until the store's deadline.
type stuckFinish struct {
	*cutStore
	once sync.Once
}

func (s *stuckFinish) FinishPass(ctx context.Context, runID string, pass int) (p run.Pass, ok bool, err error) {
	first := false
	s.once.Do(func() { first = true })
	if first {
		return p, false, hang(ctx, passTimeout)
	}
	return s.cutStore.FinishPass(ctx, runID, pass)
}

func TestAnOutageOfAnyDependencyPastTheBudgetEndsPartialWithReasonsCounted(t *testing.T) {
	for _, d := range dependencies {
		for how, cut := range map[string]func(*world, *cutStore){"refusing": d.refuse, "hanging": d.hang} {
			t.Run(d.name+" "+how, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, db := cutWorld(t, 1200)
					e, stop := w.run(db, w.coder, w.claims, nil)
					defer stop()
					p := w.start(e)
					time.Sleep(60 * time.Millisecond)
					cut(w, db)
					time.Sleep(w.cfg.OutageBudget + 15*time.Second)
					d.back(w, db)
					p = w.await(e, p)
					w.wantEnd(p, run.Partial, p.Coded, 0, 1200-p.Coded)
					class := map[string]string{"terminology hanging": "DEADLINE"}[d.name+" "+how]
					if class == "" {
						class = "UNAVAILABLE"
					}
					if p.Coded == 0 || p.LeftByReason[class] != p.Left || !strings.Contains(p.StateReason, d.name) {
						t.Errorf("coded %d, left %v, reason %q", p.Coded, p.LeftByReason, p.StateReason)
					}
					if took := p.FinishedAt.Sub(p.OpenedAt); took > w.cfg.OutageBudget+25*time.Second {
						t.Errorf("ended after %v", took)
					}
					w.wantEnd(w.await(e, w.start(e)), run.Completed, 1200-p.Coded, 0, 0)
				})
			})
		}
	}
}

func TestADeadlineThatPassesInAnOutageOfAnyDependencyEndsTheRun(t *testing.T) {
	for _, d := range dependencies {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, db := cutWorld(t, 1200)
				w.cfg.Deadline = 5 * time.Minute
				e, stop := w.run(db, w.coder, w.claims, nil)
				defer stop()
				p := w.start(e)
				time.Sleep(60 * time.Millisecond)
				d.refuse(w, db)
				time.Sleep(6 * time.Minute)
				d.back(w, db)
				p = w.await(e, p)
				w.wantEnd(p, run.Partial, p.Coded, 0, 1200-p.Coded)
				if p.LeftByReason[run.ClassRunDeadline] != p.Left || p.Left == 0 {
					t.Errorf("left %v", p.LeftByReason)
				}
			})
		})
	}
}

// The outage must count also where it met no chunk in this process's hands.
func TestADatabaseAwayPastTheBudgetEndsAPassOfWhichNoChunkWasInWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 20)
		for _, i := range items(20) { // the chunk is given back at once, each time
			w.claims.records[claimKey(newest, i)] = &fakeRecord{owner: "other", until: time.Now().Add(time.Hour)}
		}
		e, stop := w.run(db, w.coder, w.claims, nil)
		defer stop()
		p := w.start(e)
		time.Sleep(10*time.Second + 17*time.Millisecond)
		w.seen.mu.Lock()
		if got := w.seen.chunks["open"]; got < 5 {
			t.Errorf("the chunk was given back %d times", got)
		}
		w.seen.mu.Unlock()
		db.mode.Store(refusing)
		time.Sleep(w.cfg.OutageBudget + 15*time.Second)
		db.mode.Store(connected)
		p = w.await(e, p)
		w.wantEnd(p, run.Partial, 0, 0, 20)
		if !strings.Contains(p.StateReason, "database") {
			t.Errorf("reason %q", p.StateReason)
		}
	})
}

// A dependency whose probe is answered and whose work always fails, or that is
// back for a moment now and then, must not renew the budget for ever.
func TestAFlappingDependencyUsesUpTheBudget(t *testing.T) {
	for _, d := range dependencies {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, db := cutWorld(t, 1200)
				e, stop := w.run(db, w.coder, w.claims, nil)
				defer stop()
				p := w.start(e)
				time.Sleep(60 * time.Millisecond)
				began := time.Now()
				for time.Since(began) < w.cfg.OutageBudget+time.Minute {
					d.refuse(w, db)
					time.Sleep(20 * time.Second)
					d.back(w, db)
					d.flap(w, db)
					time.Sleep(10 * time.Second)
				}
				now, err := w.store.Pass(t.Context(), p.RunID, p.Number)
				if err != nil {
					t.Fatal(err)
				}
				if now.State != run.Partial || !strings.Contains(now.StateReason, d.name) {
					t.Errorf("after %v of flapping the pass is %s, %q", time.Since(began), now.State, now.StateReason)
				}
			})
		})
	}
}

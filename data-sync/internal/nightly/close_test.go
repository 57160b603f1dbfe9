package nightly_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// endless never ends the run named, though it answers all other calls.
type endless struct {
	*cutStore
	runID  string
	takes  time.Duration
	err    error
	cured  atomic.Bool
	finish atomic.Int32 // tries to end it
}

func (s *endless) fails(ctx context.Context, runID string) error {
	if runID != s.runID || s.cured.Load() {
		return nil
	}
	s.finish.Add(1)
	if err := hang(ctx, s.takes); ctx.Err() != nil {
		return err
	}
	return s.err
}

func (s *endless) FinishPass(ctx context.Context, runID string, pass int) (run.Pass, bool, error) {
	if err := s.fails(ctx, runID); err != nil {
		return run.Pass{}, false, err
	}
	return s.cutStore.FinishPass(ctx, runID, pass)
}

func (s *endless) EndPass(ctx context.Context, runID string, pass int, state run.State, reason, errorClass string) (run.Pass, error) {
	if err := s.fails(ctx, runID); err != nil {
		return run.Pass{}, err
	}
	return s.cutStore.EndPass(ctx, runID, pass, state, reason, errorClass)
}

// A pass that the database refuses to end, or that can never be ended in time,
// is no database that is away: other passes go on, end, and keep their outage
// budgets, and the log says so once.
func TestAPassThatCannotBeEndedHoldsUpNoOther(t *testing.T) {
	for name, bad := range map[string]struct {
		takes time.Duration
		err   error
		most  int32 // tries in 20 minutes
	}{
		"refused":        {0, errors.New("its members are not what its chunks add up to"), 50},
		"never in time":  {passTimeout, context.DeadlineExceeded, 13},
		"its own panics": {0, nil, 50},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, db := cutWorld(t, 80)
				w.cfg.OutageBudget = 5 * time.Minute
				store := &endless{cutStore: db, runID: "2000-01-01.all", takes: bad.takes, err: bad.err}
				var s nightly.Store = store
				if bad.err == nil {
					store.err = errors.New("panic")
					s = &panicking{store}
				}
				log := new(journal)
				e, stop := w.run(s, w.coder, w.claims, log)
				defer stop()
				first := w.start(e)
				time.Sleep(5 * time.Second)

				w.store.add(items(1280)[80:]...)
				second, _, err := e.Start(t.Context(), "2030-01-01", "")
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(5 * time.Second)
				if got := w.coded(second); got != 1200 {
					t.Errorf("%d of 1200 coded beside a pass that cannot be ended", got)
				}
				w.wantEnd(w.awaitWithin(10*time.Minute, e, second), run.Completed, 1200, 0, 0)

				w.coder.set(func(c *fakeCoder) { c.away = "UNAVAILABLE" })
				w.store.add(items(1300)[1280:]...)
				third, _, err := e.Start(t.Context(), "2030-01-02", "")
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				w.wantEnd(w.awaitWithin(10*time.Minute, e, third), run.Partial, 0, 0, 20)
				if took := time.Since(began); took > w.cfg.OutageBudget+2*time.Minute {
					t.Errorf("a pass shut out ended after %v, want soon after its budget of %v", took, w.cfg.OutageBudget)
				}
				w.coder.set(func(c *fakeCoder) { c.away = "" })
				time.Sleep(10 * time.Minute)

				if n := store.finish.Load(); n > bad.most {
					t.Errorf("its ending was tried %d times, want at most %d", n, bad.most)
				}
				if told, away := log.count("pass cannot be ended"), log.count("database is away"); told != 1 || away != 0 {
					t.Errorf("the log says %d times that it cannot be ended, and %d times that the database is away; want 1 and 0", told, away)
				}
				store.cured.Store(true)
				w.wantEnd(w.await(e, first), run.Completed, 80, 0, 0)
			})
		})
	}
}

// panicking makes a panic of what its store refuses.
type panicking struct{ *endless }

func (p *panicking) FinishPass(ctx context.Context, runID string, pass int) (run.Pass, bool, error) {
	got, ok, err := p.endless.FinishPass(ctx, runID, pass)
	if err != nil && strings.Contains(err.Error(), "panic") {
		panic(err)
	}
	return got, ok, err
}

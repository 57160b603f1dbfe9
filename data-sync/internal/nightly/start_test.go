package nightly_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// slowEnds opens and ends passes at a certain time only.
type slowEnds struct {
	*fakeStore
	at        time.Time
	now, most atomic.Int32
}

func (s *slowEnds) slow() (done func()) {
	now := s.now.Add(1)
	for seen := s.most.Load(); now > seen && !s.most.CompareAndSwap(seen, now); seen = s.most.Load() {
	}
	time.Sleep(time.Until(s.at))
	return func() { s.now.Add(-1) }
}

func (s *slowEnds) OpenPass(ctx context.Context, req run.OpenPass) (run.Pass, bool, error) {
	defer s.slow()()
	return s.fakeStore.OpenPass(ctx, req)
}

func (s *slowEnds) EndPass(ctx context.Context, runID string, pass int, state run.State, reason, errorClass string) (run.Pass, error) {
	defer s.slow()()
	return s.fakeStore.EndPass(ctx, runID, pass, state, reason, errorClass)
}

// retrying asks until it is answered, 5 s each time, as a cron's syncctl does.
func retrying(t *testing.T, ask func(context.Context) error) (gaveUp int) {
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := ask(ctx)
		cancel()
		switch {
		case err == nil:
			return gaveUp
		case !errors.Is(err, context.DeadlineExceeded):
			t.Error(err)
			return gaveUp
		}
		gaveUp++
	}
}

// An opening goes on without the one who asked. Those who ask again must not
// each hold a connection that waits for it: ten of them would empty the pool.
func TestOneOpeningIsUnderWayHoweverManyAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		store := &slowEnds{fakeStore: w.store, at: time.Now().Add(30 * time.Second)}
		e, err := nightly.New(store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var opened, gaveUp atomic.Int32
		var crons sync.WaitGroup
		for range 10 {
			crons.Go(func() {
				gaveUp.Add(int32(retrying(t, func(ctx context.Context) error {
					p, isNew, err := e.Start(ctx, "2030-01-01", "")
					if err == nil && p.Number != 1 {
						t.Errorf("pass %d, want the one that was being opened", p.Number)
					}
					if isNew {
						opened.Add(1)
					}
					return err
				})))
			})
		}
		crons.Wait()
		if n := store.most.Load(); n != 1 {
			t.Errorf("%d openings were under way at once, want one", n)
		}
		if opened.Load() != 1 || gaveUp.Load() < 40 {
			t.Errorf("%d opened, %d calls gave up waiting; want 1, and nine callers five times", opened.Load(), gaveUp.Load())
		}
	})
}

func TestOneCancellingIsUnderWayHoweverManyAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		store := &slowEnds{fakeStore: w.store}
		e, err := nightly.New(store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := w.start(e)
		store.at = time.Now().Add(30 * time.Second)
		var crons sync.WaitGroup
		for range 10 {
			crons.Go(func() {
				retrying(t, func(ctx context.Context) error {
					got, err := e.Cancel(ctx, p.RunID)
					if err == nil && got.State != run.Cancelled {
						t.Errorf("the pass is %s", got.State)
					}
					return err
				})
			})
		}
		crons.Wait()
		if n := store.most.Load(); n != 1 {
			t.Errorf("%d endings were under way at once, want one", n)
		}
	})
}

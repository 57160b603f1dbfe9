package nightly_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// bigStore takes its time over what touches every member of a pass, and gives
// up when its caller does.
type bigStore struct {
	*fakeStore
	takes time.Duration
}

func (s *bigStore) work(ctx context.Context) error {
	select {
	case <-time.After(s.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *bigStore) OpenPass(ctx context.Context, req run.OpenPass) (run.Pass, bool, error) {
	if err := s.work(ctx); err != nil {
		return run.Pass{}, false, err
	}
	return s.fakeStore.OpenPass(ctx, req)
}

func (s *bigStore) EndPass(ctx context.Context, runID string, pass int, state run.State, reason, class string) (run.Pass, error) {
	if err := s.work(ctx); err != nil {
		return run.Pass{}, err
	}
	return s.fakeStore.EndPass(ctx, runID, pass, state, reason, class)
}

func TestAPassTooBigForOneCallIsOpenedAndEndedAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		e, err := nightly.New(&bigStore{w.store, 30 * time.Second}, w.coder, w.claims, w.cfg.Config, w.cfg.Options, w.seen, nil)
		if err != nil {
			t.Fatal(err)
		}
		call := func(do func(context.Context) error) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_ = do(ctx) // whoever asked has gone by the time there is an answer
		}
		call(func(ctx context.Context) error { _, _, err := e.Start(ctx, "2026-03-01", ""); return err })
		pass, err := w.store.Pass(t.Context(), "2026-03-01.all", 0)
		if err != nil || pass.State != run.Running || pass.Read != 100 {
			t.Fatalf("after Start: %s of %d, %v; want RUNNING of 100", pass.State, pass.Read, err)
		}
		call(func(ctx context.Context) error { _, err := e.Cancel(ctx, pass.RunID); return err })
		if pass, err = w.store.Pass(t.Context(), pass.RunID, 0); err != nil || pass.State != run.Cancelled {
			t.Fatalf("after Cancel: %s, %v", pass.State, err)
		}
	})
}

// hangingStore answers nothing until its caller gives up.
type hangingStore struct{ *fakeStore }

func (hangingStore) OpenPasses(ctx context.Context) ([]run.Pass, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

type warnings struct{ lines []string }

func (*warnings) Info(string, ...any)          {}
func (w *warnings) Warn(line string, _ ...any) { w.lines = append(w.lines, line) }

func TestStoppingIsNotTakenForAnOutageOfTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		var log warnings
		e, err := nightly.New(hangingStore{w.store}, w.coder, w.claims, w.cfg.Config, w.cfg.Options, w.seen, &log)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := e.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if len(log.lines) > 0 {
			t.Errorf("logged %q", log.lines)
		}
	})
}

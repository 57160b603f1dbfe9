package nightly_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/run"
)

// lateAnswer makes its first commits and then gives no answer.
type lateAnswer struct {
	*fakeStore
	left atomic.Int32
}

func (l *lateAnswer) CommitChunk(ctx context.Context, chunk run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	commit, err := l.fakeStore.CommitChunk(ctx, chunk, results, after)
	if l.left.Add(-1) >= 0 && err == nil {
		return run.Commit{}, hang(ctx, writeTimeout)
	}
	return commit, err
}

// A commit that was made but not answered in time is asked for again as a whole:
// half of it would be counted, and recorded, as all that was done.
func TestACommitWhoseAnswerIsLateIsCountedWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		w.cfg.ChunkSize = 100
		store := &lateAnswer{fakeStore: w.store}
		store.left.Store(1)
		e, stop := w.run(store, w.coder, w.claims, nil)
		began := time.Now()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 100, 0, 0)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("done after %v, want within 5 s", took)
		}
		stop()
		if got := w.seen.reports["coded/exact"]; got != 100 {
			t.Errorf("observer counted %d coded, want 100", got)
		}
		if w.claims.completed != 100 || w.claims.held() != 0 || w.store.codings != 100 {
			t.Errorf("%d records completed, %d held, %d codings; want 100, 0, 100", w.claims.completed, w.claims.held(), w.store.codings)
		}
		if len(w.store.pauses) != 0 {
			t.Errorf("the pass was paused for it: %v", w.store.pauses)
		}
	})
}

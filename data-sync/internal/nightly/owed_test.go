package nightly_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/run"
)

// stubborn refuses to take chunks back the first times.
type stubborn struct {
	*cutStore
	mu   sync.Mutex
	left int
}

func (s *stubborn) ReleaseChunk(ctx context.Context, chunk run.Chunk, after time.Duration) error {
	s.mu.Lock()
	refuses := s.left > 0
	s.left--
	s.mu.Unlock()
	if refuses {
		return errDatabaseAway
	}
	return s.cutStore.ReleaseChunk(ctx, chunk, after)
}

// A chunk that could not be given back is owed until it is, or until its lease
// of 15 s has ended, however often that fails.
func TestAChunkIsOwedUntilItIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 80)
		w.claims.away = true // each of the four chunks is to be given back
		store := &stubborn{cutStore: db, left: 7}
		e, stop := w.run(store, w.coder, w.claims, nil)
		defer stop()
		p := w.start(e)
		time.Sleep(2 * time.Second)
		w.claims.set(func(c *fakeClaims) { c.away = false })
		began := time.Now()
		w.wantEnd(w.await(e, p), run.Completed, 80, 0, 0)
		if took := time.Since(began); took > 12*time.Second {
			t.Errorf("done after %v, want before the lease of 15 s has ended", took)
		}
		if store.left > 0 {
			t.Errorf("%d refusals were not met: the test says nothing", store.left)
		}
	})
}

// While the database hangs, one chunk that is owed costs its time, not each:
// with all of them tried in turn the look that finds it back would be late.
func TestOneFailureToGiveBackIsEnoughForNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 320)
		w.cfg.Workers = 16
		w.claims.away = true
		store := &stubborn{cutStore: db, left: 16}
		e, stop := w.run(store, w.coder, w.claims, nil)
		defer stop()
		p := w.start(e)
		for {
			store.mu.Lock()
			left := store.left
			store.mu.Unlock()
			if left <= 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		db.mode.Store(hanging)
		w.claims.set(func(c *fakeClaims) { c.away = false })
		time.Sleep(10 * time.Second)
		db.mode.Store(connected)
		began := time.Now()
		w.wantEnd(w.await(e, p), run.Completed, 320, 0, 0)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("done %v after healing, want within 5 s", took)
		}
	})
}

// lostClaim makes one claim whose answer never comes.
type lostClaim struct {
	*cutStore
	once sync.Once
}

func (l *lostClaim) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (chunk run.Chunk, ok bool, err error) {
	chunk, ok, err = l.cutStore.ClaimChunk(ctx, runID, pass, owner, lease)
	l.once.Do(func() {
		if ok {
			chunk, ok, err = run.Chunk{}, false, hang(ctx, writeTimeout)
		}
	})
	return chunk, ok, err
}

// A claim that was given up may stand in the database: nobody works on its
// chunk, and the lease of 15 s must not hold up the pass's end.
func TestAClaimWhoseAnswerWasLostIsGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 80)
		e, stop := w.run(&lostClaim{cutStore: db}, w.coder, w.claims, nil)
		defer stop()
		began := time.Now()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 80, 0, 0)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("done after %v, want within 5 s", took)
		}
		w.store.mu.Lock()
		defer w.store.mu.Unlock()
		if got := len(w.store.claimedBy); got != 5 {
			t.Errorf("chunks claimed by %d owners, want the lost claim and four", got)
		}
	})
}

// busyStore has one writer at a time, as a file has: while a pass is being
// finished every claim waits, and questions are answered.
type busyStore struct {
	*cutStore
	writer chan struct{}
	takes  time.Duration
	cut    atomic.Int32 // endings cut short
}

func (b *busyStore) FinishPass(ctx context.Context, runID string, pass int) (p run.Pass, ok bool, err error) {
	b.writer <- struct{}{}
	defer func() { <-b.writer }()
	if err := hang(ctx, b.takes); ctx.Err() != nil {
		b.cut.Add(1)
		return p, false, err
	}
	return b.cutStore.FinishPass(ctx, runID, pass)
}

func (b *busyStore) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (run.Chunk, bool, error) {
	select {
	case b.writer <- struct{}{}:
		defer func() { <-b.writer }()
		return b.cutStore.ClaimChunk(ctx, runID, pass, owner, lease)
	case <-ctx.Done():
		return run.Chunk{}, false, ctx.Err()
	}
}

// The end of a large pass must not be cut short because the claims of another
// pass wait for it: neither would ever come to its end.
func TestTheEndOfAPassThatOthersWaitForIsNotCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 80)
		store := &busyStore{cutStore: db, writer: make(chan struct{}, 1), takes: 30 * time.Second}
		e, stop := w.run(store, w.coder, w.claims, nil)
		defer stop()
		first := w.start(e)
		time.Sleep(3 * time.Second) // it is being ended
		w.store.add(items(200)[80:]...)
		second, opened, err := e.Start(t.Context(), "2030-01-01", "")
		if err != nil || !opened {
			t.Fatal(opened, err)
		}
		w.wantEnd(w.await(e, first), run.Completed, 80, 0, 0)
		w.wantEnd(w.await(e, second), run.Completed, 120, 0, 0)
		if n := store.cut.Load(); n != 0 {
			t.Errorf("%d endings were cut short", n)
		}
	})
}

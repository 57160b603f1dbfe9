package nightly_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
)

// stubborn refuses to take chunks back the first times.
type stubborn struct {
	*cutStore
	mu   sync.Mutex
	left int
}

func (s *stubborn) ReleaseChunk(ctx context.Context, chunk nightly.Chunk, after time.Duration) error {
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
		w.wantEnd(w.await(e, p), nightly.Completed, 80, 0, 0)
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
			if left == 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		db.mode.Store(hanging)
		w.claims.set(func(c *fakeClaims) { c.away = false })
		time.Sleep(10 * time.Second)
		db.mode.Store(connected)
		began := time.Now()
		w.wantEnd(w.await(e, p), nightly.Completed, 320, 0, 0)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("done %v after healing, want within 5 s", took)
		}
	})
}

package nightly_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/run"
)

// Everything fails at random, answers to commits get lost, processes are
// stopped and started; when it is over every report is coded, once.
func TestNoReportIsLostOrCodedTwiceWhateverFails(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 1))
				w := newWorld(t, 600)
				w.cfg.ChunkLease, w.claims.lease = 3*time.Second, 3*time.Second
				w.cfg.ChunkAttempts, w.cfg.Grace = 100, 500*time.Millisecond
				w.coder.takes, w.coder.size = 400*time.Millisecond, 10
				// Each is asked under its own lock: each needs its own source.
				sometimes := func(share float64) func() bool {
					own := rand.New(rand.NewPCG(seed, random.Uint64()))
					return func() bool { return own.Float64() < share }
				}
				e, stop := w.engine()
				p := w.start(e)
				w.store.mu.Lock()
				w.store.flaky = sometimes(0.2)
				lose := sometimes(0.3)
				w.store.afterCommit = func(int) error {
					if lose() {
						return errors.New("connection lost while waiting for the answer")
					}
					return nil
				}
				w.store.mu.Unlock()
				w.claims.set(func(c *fakeClaims) { c.flaky = sometimes(0.2) })
				w.coder.set(func(c *fakeCoder) { c.flaky = sometimes(0.3) })
				_, stopOther := w.engine()
				for range 10 {
					time.Sleep(time.Duration(random.IntN(5000)) * time.Millisecond)
					stop()
					e, stop = w.engine()
				}
				stopOther()
				w.store.mu.Lock()
				w.store.flaky, w.store.afterCommit = nil, nil
				w.store.mu.Unlock()
				w.claims.set(func(c *fakeClaims) { c.flaky = nil })
				w.coder.set(func(c *fakeCoder) { c.flaky = nil })
				w.wantEnd(w.await(e, p), run.Completed, 600, 0, 0)
				stop()
				if w.store.codings != 600 {
					t.Errorf("%d codings of 600 reports", w.store.codings)
				}
			})
		})
	}
}

package nightly_test

import (
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// An attempt that was interrupted says nothing about the reports: after any
// number of them an item that is slow has all its tries yet.
func TestInterruptedAttemptsUseUpNoTries(t *testing.T) {
	for name, interrupt := range map[string]func(w *world){
		"terminology away": func(w *world) {
			w.coder.set(func(c *fakeCoder) { c.away = "UNAVAILABLE" })
			_, stop := w.engine()
			time.Sleep(3 * time.Second)
			stop()
			w.coder.set(func(c *fakeCoder) { c.away = "" })
		},
		"Redis away": func(w *world) {
			w.claims.set(func(c *fakeClaims) { c.away = true })
			_, stop := w.engine()
			time.Sleep(3 * time.Second)
			stop()
			w.claims.set(func(c *fakeClaims) { c.away = false })
		},
		"stopped": func(w *world) {
			w.coder.set(func(c *fakeCoder) { c.takes = 4 * time.Second })
			_, stop := w.engine()
			time.Sleep(2 * time.Second)
			stop()
			w.coder.set(func(c *fakeCoder) { c.takes = 0 })
		},
		"taken over": func(w *world) {
			p := w.store.passes[0]
			if _, ok, err := w.store.ClaimChunk(w.t.Context(), p.RunID, p.Number, "died", time.Second); !ok || err != nil {
				w.t.Fatal(ok, err)
			}
			time.Sleep(2 * time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 30)
				w.cfg.Grace = time.Millisecond
				e, err := nightly.New(w.store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				p := w.start(e)
				for range 2 * w.cfg.ChunkAttempts {
					interrupt(w)
				}
				if got := w.store.passes[0].chunks[0].attempts; got < 2*w.cfg.ChunkAttempts {
					t.Errorf("claimed %d times: the test says nothing", got)
				}
				slow := w.cfg.ChunkAttempts - 1
				w.coder.set(func(c *fakeCoder) {
					c.answer = func(term run.Term) (run.Answer, bool) {
						if term.Verbatim != "verbatim 4" || slow == 0 {
							return run.Answer{}, false
						}
						slow--
						return run.Answer{Err: &run.Failure{Class: "DEADLINE", Item: true, Again: true}}, true
					}
				})
				e, stop := w.engine()
				defer stop()
				w.wantEnd(w.await(e, p), run.Completed, 30, 0, 0)
				if slow != 0 {
					t.Errorf("%d failures were not met: the test says nothing", slow)
				}
			})
		})
	}
}

package nightly_test

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
)

// The incident that this project grew out of: calls without a deadline piled
// up behind a slow terminology until the process died.
func TestATerminologyThatHangsForeverHoldsNoMoreCallsThanConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 4000)
		w.cfg.Workers, w.cfg.EncodeConcurrency = 8, 6
		w.coder.hangs, w.coder.size = true, 8
		e, stop := w.engine()
		before := runtime.NumGoroutine()
		p := w.start(e)
		peak := 0
		for range 600 {
			time.Sleep(time.Second)
			peak = max(peak, runtime.NumGoroutine()-before)
		}
		calls, _, most := w.coder.count()
		if most > w.cfg.EncodeConcurrency {
			t.Errorf("%d calls hung at once, want at most %d", most, w.cfg.EncodeConcurrency)
		}
		if calls < 60 {
			t.Errorf("only %d calls in ten minutes: the test says nothing", calls)
		}
		// A worker, its renewal and the cancelling of its context each, the
		// calls, a probe.
		if limit := 3*w.cfg.Workers + w.cfg.EncodeConcurrency + 2; peak > limit {
			t.Errorf("%d goroutines more at the peak, want at most %d", peak, limit)
		}
		w.wantEnd(w.await(e, p), nightly.Partial, 0, 0, 4000)
		stop()
		if w.coder.withoutDeadline != 0 {
			t.Errorf("%d calls had no deadline", w.coder.withoutDeadline)
		}
		if w.coder.running() != 0 {
			t.Errorf("%d calls outlive Run", w.coder.running())
		}
	})
}

func TestGoroutinesDoNotDependOnTheNumberOfReports(t *testing.T) {
	peak := func(n int) (most int64) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, n)
			w.cfg.ChunkSize = 500
			var peak atomic.Int64
			w.coder.takes = 10 * time.Millisecond
			w.coder.answer = func(nightly.Term) (nightly.Answer, bool) {
				for now := int64(runtime.NumGoroutine()); ; {
					if seen := peak.Load(); now <= seen || peak.CompareAndSwap(seen, now) {
						return nightly.Answer{}, false
					}
				}
			}
			e, stop := w.engine()
			w.wantEnd(w.await(e, w.start(e)), nightly.Completed, int64(n), 0, 0)
			stop()
			most = peak.Load()
		})
		return most
	}
	few, many := peak(5000), peak(50000)
	if many > few+2 { // a timer's goroutine or two, caught in passing
		t.Errorf("%d goroutines with 50,000 reports, %d with 5,000", many, few)
	}
	t.Logf("peak: %d goroutines with 5,000 reports, %d with 50,000", few, many)
}

func TestConfigNamesTheFieldThatCannotWork(t *testing.T) {
	for field, spoil := range map[string]func(*nightly.Config){
		"Workers":           func(c *nightly.Config) { c.Workers = 65 },
		"ChunkSize":         func(c *nightly.Config) { c.ChunkSize = 0 },
		"ChunkLease":        func(c *nightly.Config) { c.ChunkLease = 0 },
		"ChunkAttempts":     func(c *nightly.Config) { c.ChunkAttempts = 0 },
		"EncodeConcurrency": func(c *nightly.Config) { c.EncodeConcurrency = 0 },
		"NowConcurrency":    func(c *nightly.Config) { c.NowConcurrency = -1 },
		"BatchOverall":      func(c *nightly.Config) { c.BatchOverall = 0 },
		"CommitOverall":     func(c *nightly.Config) { c.CommitOverall = 0 },
		"RunDeadline":       func(c *nightly.Config) { c.RunDeadline = 0 },
		"OutageBudget":      func(c *nightly.Config) { c.OutageBudget = 0 },
		"Poll":              func(c *nightly.Config) { c.Poll = time.Hour },
		"IdlePoll":          func(c *nightly.Config) { c.IdlePoll = time.Millisecond },
		"Grace":             func(c *nightly.Config) { c.Grace = -1 },
		"Location":          func(c *nightly.Config) { c.Location = nil },
		"Owner":             func(c *nightly.Config) { c.Owner = string(make([]byte, 61)) },
	} {
		cfg := nightly.Default()
		spoil(&cfg)
		_, err := nightly.New(newFakeStore(), newFakeCoder(), newFakeClaims(), cfg, nil, nil)
		if err == nil || !containsWord(err.Error(), field) {
			t.Errorf("%s: New = %v, want an error that names it", field, err)
		}
	}
	if err := nightly.Default().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func containsWord(s, word string) bool {
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i:i+len(word)] == word && (i == 0 || s[i-1] == ' ' || s[i-1] == '\n') {
			return true
		}
	}
	return false
}

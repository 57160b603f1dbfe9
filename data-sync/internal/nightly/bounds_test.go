package nightly_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// The incident that this project grew out of: calls without a deadline piled
// up behind a slow terminology until the process died.
func TestATerminologyThatHangsForeverHoldsNoMoreCallsThanConfigured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 4000)
		w.cfg.Workers, w.cfg.EncodeConcurrency = 8, 6
		w.coder.hangs, w.coder.size = true, 8
		e, stop := w.engine()
		p := w.start(e)
		peak := 0
		for range 600 {
			time.Sleep(time.Second)
			peak = max(peak, goroutines())
		}
		calls, _, most := w.coder.count()
		if most > w.cfg.EncodeConcurrency {
			t.Errorf("%d calls hung at once, want at most %d", most, w.cfg.EncodeConcurrency)
		}
		if calls < 60 {
			t.Errorf("only %d calls in ten minutes: the test says nothing", calls)
		}
		// A worker, its renewal and the cancelling of its context each, the
		// calls, the loop, a probe, an ending.
		if limit := 3*w.cfg.Workers + w.cfg.EncodeConcurrency + 3; peak > limit || peak < w.cfg.Workers {
			t.Errorf("%d goroutines at the peak, want at most %d", peak, limit)
		}
		w.wantEnd(w.await(e, p), run.Partial, 0, 0, 4000)
		stop()
		if w.coder.withoutDeadline != 0 {
			t.Errorf("%d calls had no deadline", w.coder.withoutDeadline)
		}
		if w.coder.running() != 0 {
			t.Errorf("%d calls outlive Run", w.coder.running())
		}
	})
}

// goroutines counts those that run the engine's code now, whatever else the
// process does.
func goroutines() (n int) {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for one := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(one, "internal/nightly.") {
			n++
		}
	}
	return n
}

func TestGoroutinesDoNotDependOnTheNumberOfReports(t *testing.T) {
	peak := func(n int) (most, limit int64) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, n)
			w.cfg.ChunkSize = 500
			var peak, asked atomic.Int64
			w.coder.takes = 10 * time.Millisecond
			w.coder.answer = func(run.Term) (run.Answer, bool) {
				if asked.Add(1)%100 == 0 {
					for now := int64(goroutines()); ; {
						if seen := peak.Load(); now <= seen || peak.CompareAndSwap(seen, now) {
							break
						}
					}
				}
				return run.Answer{}, false
			}
			e, stop := w.engine()
			w.wantEnd(w.await(e, w.start(e)), run.Completed, int64(n), 0, 0)
			stop()
			// As above, and the watch.
			most, limit = peak.Load(), int64(3*w.cfg.Workers+w.cfg.EncodeConcurrency+4)
		})
		return most, limit
	}
	few, limit := peak(5000)
	many, _ := peak(50000)
	if few < 4 || few > limit || many > limit {
		t.Errorf("%d goroutines with 50,000 reports, %d with 5,000; want at most %d with any number", many, few, limit)
	}
	t.Logf("peak: %d goroutines with 5,000 reports, %d with 50,000, bound %d", few, many, limit)
}

func TestConfigNamesTheFieldThatCannotWork(t *testing.T) {
	for field, spoil := range map[string]func(*engineConfig){
		"TimeZone":          func(c *engineConfig) { c.TimeZone = "Mars/Olympus" },
		"Workers":           func(c *engineConfig) { c.Workers = 65 },
		"ChunkSize":         func(c *engineConfig) { c.ChunkSize = 0 },
		"ChunkLease":        func(c *engineConfig) { c.ChunkLease = 0 },
		"Deadline":          func(c *engineConfig) { c.Deadline = 0 },
		"OutageBudget":      func(c *engineConfig) { c.OutageBudget = 0 },
		"Poll":              func(c *engineConfig) { c.Poll, c.IdlePoll = time.Hour, time.Hour },
		"Grace":             func(c *engineConfig) { c.Grace = -1 },
		"EncodeConcurrency": func(c *engineConfig) { c.EncodeConcurrency = 0 },
		"BatchOverall":      func(c *engineConfig) { c.BatchOverall = 0 },
		"Owner":             func(c *engineConfig) { c.Owner = string(make([]byte, 61)) },
		"ChunkAttempts":     func(c *engineConfig) { c.ChunkAttempts = -1 },
		"CommitOverall":     func(c *engineConfig) { c.CommitOverall = -1 },
		"IdlePoll":          func(c *engineConfig) { c.IdlePoll = time.Millisecond },
	} {
		cfg := defaults(t)
		spoil(&cfg)
		_, err := nightly.New(newFakeStore(), newFakeCoder(), newFakeClaims(), cfg.Config, cfg.Options, nil, nil)
		if err == nil || !containsWord(err.Error(), field) {
			t.Errorf("%s: New = %v, want an error that names it", field, err)
		}
	}
	cfg := defaults(t)
	if _, err := nightly.New(newFakeStore(), newFakeCoder(), newFakeClaims(), cfg.Config, nightly.Options{EncodeConcurrency: 1, BatchOverall: time.Second}, nil, nil); err != nil {
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

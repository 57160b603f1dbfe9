package terminologyclient_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/terminologyclient"
)

const attempt = 300 * time.Millisecond

// settle feeds the size with calls of its own choice that take the time given
// by cost, and returns what it settles at.
func settle(s *terminologyclient.Size, calls int, cost func(n int) time.Duration) int {
	for range calls {
		if n := s.Get(); cost(n) >= attempt {
			s.TooMany(n, 0)
		} else {
			s.Done(n, cost(n))
		}
	}
	return s.Get()
}

func TestSizeSettlesWhereACallTakesHalfTheTimeout(t *testing.T) {
	for _, perItem := range []time.Duration{time.Millisecond, 3 * time.Millisecond, 20 * time.Millisecond, 140 * time.Millisecond} {
		got := settle(terminologyclient.NewSize(attempt, 256), 30, func(n int) time.Duration { return time.Duration(n) * perItem })
		if took := time.Duration(got) * perItem; took > attempt/2 || took < attempt/4 {
			t.Errorf("at %v an item it settles at %d: a call takes %v, want about %v", perItem, got, took, attempt/2)
		}
	}
	if got := settle(terminologyclient.NewSize(attempt, 256), 30, func(int) time.Duration { return 100 * time.Microsecond }); got != 256 {
		t.Errorf("where items cost nothing it settles at %d, want 256", got)
	}
	if got := settle(terminologyclient.NewSize(attempt, 16), 30, func(int) time.Duration { return time.Millisecond }); got != 16 {
		t.Errorf("with a largest of 16 it settles at %d", got)
	}
}

// Scaling by the time per item alone would shrink batches to single items.
func TestSizeDoesNotShrinkForALatencyThatFewerItemsDoNotCure(t *testing.T) {
	for _, latency := range []time.Duration{100 * time.Millisecond, 160 * time.Millisecond, 240 * time.Millisecond} {
		got := settle(terminologyclient.NewSize(attempt, 256), 200, func(n int) time.Duration {
			return latency + time.Duration(n)*50*time.Microsecond
		})
		if got < 100 {
			t.Errorf("with a latency of %v it settles at %d items", latency, got)
		}
	}
}

func TestSizeHalvesWithATimeoutAndComesBack(t *testing.T) {
	s := terminologyclient.NewSize(attempt, 256)
	cheap := func(n int) time.Duration { return time.Duration(n) * 100 * time.Microsecond }
	settle(s, 20, cheap)
	for want := 128; want >= 1; want /= 2 {
		if got := s.TooMany(s.Get(), 0); got != want {
			t.Fatalf("after a timeout %d, want %d", got, want)
		}
	}
	if got := s.TooMany(1, 0); got != 1 {
		t.Errorf("below one item: %d", got)
	}
	if got := settle(s, 60, cheap); got != 256 {
		t.Errorf("60 calls after the outage it is at %d, want 256", got)
	}
}

func TestSizeFallsToWhatTerminologyHadTimeFor(t *testing.T) {
	s := terminologyclient.NewSize(attempt, 256)
	if got := s.TooMany(32, 20); got != 20 {
		t.Errorf("got %d, want the 20 that were done", got)
	}
}

func TestSizeStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 256).Draw(t, "most")
		s := terminologyclient.NewSize(time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "timeout")), most)
		for range rapid.IntRange(0, 50).Draw(t, "calls") {
			n := rapid.IntRange(-1, 300).Draw(t, "n")
			if rapid.Bool().Draw(t, "ok") {
				s.Done(n, time.Duration(rapid.Int64().Draw(t, "took")))
			} else {
				s.TooMany(n, rapid.IntRange(-1, 300).Draw(t, "done"))
			}
			if got := s.Get(); got < 1 || got > most {
				t.Fatalf("size %d outside 1 to %d", got, most)
			}
		}
	})
}

package retry

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The bound that Budget's documentation states, for any order of calls,
// retries and pauses, from any moment on.
func TestBudgetNeverGrantsMoreThanItsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		b := Budget{
			ratio:     rapid.Float64Range(0, 1).Draw(t, "ratio"),
			perSecond: rapid.Float64Range(0, 100).Draw(t, "perSecond"),
			ttl:       rapid.Float64Range(0.1, 60).Draw(t, "ttl"),
			asOf:      now,
		}
		b.floor = b.perSecond * b.ttl
		b.balance = b.floor
		start := rapid.IntRange(0, 20).Draw(t, "start")
		steps := start + rapid.IntRange(1, 60).Draw(t, "steps")
		var at, deposited, withdrawn float64
		var began time.Time
		largest := 0
		for i := range steps {
			if i == start {
				b.settle(now)
				at, deposited, withdrawn, largest, began = b.balance, 0, 0, 0, now
			}
			items := rapid.IntRange(1, 500).Draw(t, "items")
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				b.deposit(now, items)
				deposited += float64(items)
			case 1:
				if b.withdraw(now, items) {
					withdrawn += float64(items)
					largest = max(largest, items)
				}
			case 2:
				// Sometimes backwards, as concurrent readers of the clock see it.
				now = now.Add(time.Duration(rapid.IntRange(-1e6, 20e9).Draw(t, "pause")))
			}
			if i < start {
				continue
			}
			elapsed := max(now.Sub(began).Seconds(), 0) + 0.1 // the backward steps
			bound := max(at, 0) + b.ratio*deposited + b.perSecond*elapsed + float64(largest)
			if withdrawn > bound+1e-6 {
				t.Fatalf("%v items retried, bound %v", withdrawn, bound)
			}
			if b.floor == 0 && b.balance < 0 {
				t.Fatalf("a budget without a floor is %v in debt", -b.balance)
			}
		}
	})
}

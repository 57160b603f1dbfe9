package retry_test

import (
	"context"
	"testing"
	"time"

	"aecode/common/retry"
)

// quick is a policy whose delays are zero, so that a benchmark of one retry
// measures the work and not the wait.
func quick() retry.Policy {
	p := policy()
	p.Rand = func() float64 { return 0 }
	return p
}

func BenchmarkDo(b *testing.B) {
	budgeted := quick()
	budgeted.Budget = budget(b, 1, 1e6)
	observed := budgeted
	observed.Observer = func(context.Context, retry.Event) {}
	timed := quick()
	timed.AttemptTimeout = 300 * time.Millisecond
	for _, bm := range []struct {
		name   string
		policy retry.Policy
	}{
		{"plain", quick()},
		{"budget", budgeted},
		{"budget+observer", observed},
		{"timeout", timed},
	} {
		b.Run("happy/"+bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := retry.Do(b.Context(), bm.policy, func(context.Context) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("one-retry/"+bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				calls := 0
				if err := retry.Do(b.Context(), bm.policy, func(context.Context) error {
					if calls++; calls == 1 {
						return errUnavailable
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("happy/config", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := retry.Do(b.Context(), articleConfig, func(context.Context) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDoValue(b *testing.B) {
	p := quick()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := retry.DoValue(b.Context(), p, func(context.Context) (int, error) { return 1, nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBudget(b *testing.B) {
	shared := budget(b, 0.1, 10)
	b.Run("deposit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			shared.Deposit(1)
		}
	})
	b.Run("withdraw", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			shared.Withdraw(1)
		}
	})
	b.Run("deposit-parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				shared.Deposit(1)
			}
		})
	})
}

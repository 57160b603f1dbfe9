package retry_test

import (
	"context"
	"testing"
	"time"

	"aecode/common/retry"
)

func TestHappyPathDoesNotAllocate(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	calls := 0
	fn := func(context.Context) error { calls++; return nil }
	value := func(context.Context) ([2]string, error) { calls++; return [2]string{"10019211", "Headache"}, nil }
	full := policy()
	full.Budget, full.Items = budget(t, 0.1, 10), 256
	full.Observer = func(_ context.Context, e retry.Event) { calls += e.Attempt }
	full.Classify = retry.Classify
	for name, f := range map[string]func(){
		"Do with a Config":                     func() { _ = retry.Do(ctx, articleConfig, fn) },
		"Do with a Policy":                     func() { _ = retry.Do(ctx, policy(), fn) },
		"Do with budget and observer":          func() { _ = retry.Do(ctx, full, fn) },
		"Do with a closure":                    func() { _ = retry.Do(ctx, full, func(context.Context) error { calls++; return nil }) },
		"DoValue with a Config":                func() { _, _ = retry.DoValue(ctx, articleConfig, value) },
		"DoValue with budget and observer":     func() { _, _ = retry.DoValue(ctx, full, value) },
		"Budget.Deposit, Withdraw and Balance": func() { full.Budget.Deposit(1); full.Budget.Withdraw(1); full.Budget.Balance() },
	} {
		if got := testing.AllocsPerRun(200, f); got != 0 {
			t.Errorf("%s: %v allocations, want 0", name, got)
		}
	}
	if calls == 0 {
		t.Error("nothing ran")
	}
}

package retry_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

func budget(t testing.TB, ratio, perSecond float64) *retry.Budget {
	t.Helper()
	b, err := retry.NewBudget(ratio, perSecond, retry.DefaultBudgetTTL)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// grants counts how many retries of the given weight b grants now.
func grants(b *retry.Budget, items int) int {
	n := 0
	for n < 1e6 && b.Withdraw(items) {
		n++
	}
	return n
}

func TestNewBudgetRefusesValuesOutOfRange(t *testing.T) {
	for _, tt := range []struct {
		ratio, perSecond float64
		ttl              time.Duration
	}{
		{-0.1, 10, time.Second}, {1.1, 10, time.Second}, {math.NaN(), 10, time.Second}, {math.Inf(1), 10, time.Second},
		{0.1, -1, time.Second}, {0.1, math.NaN(), time.Second}, {0.1, math.Inf(1), time.Second},
		{0.1, 10, 0}, {0.1, 10, -time.Second}, {0, 0, time.Second},
	} {
		if b, err := retry.NewBudget(tt.ratio, tt.perSecond, tt.ttl); err == nil || b != nil {
			t.Errorf("NewBudget(%v, %v, %v) = %v, %v, want an error", tt.ratio, tt.perSecond, tt.ttl, b, err)
		}
	}
}

func TestBudgetBeginsAtItsFloor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		if got := grants(budget(t, 0.1, 10), 1); got != 100 {
			t.Errorf("a new budget grants %d retries, want 10/s * 10 s", got)
		}
		if got := grants(budget(t, 0.1, 0), 1); got != 0 {
			t.Errorf("a new budget without a floor grants %d retries", got)
		}
	})
}

func TestBudgetGrantsTheRatioOfAllItems(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.125, 0)
		for range 80 {
			b.Deposit(1)
		}
		b.Deposit(80)
		b.Deposit(0)
		b.Deposit(-1000)
		if got := grants(b, 1); got != 20 {
			t.Errorf("160 items grant %d retries, want 20", got)
		}
	})
}

func TestBudgetWithdrawsEveryItemOfACall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.1, 10)
		if !b.Withdraw(30) || b.Balance() != 70 {
			t.Errorf("balance %v after a retry of 30 items, want 70", b.Balance())
		}
		if !b.Withdraw(0) || !b.Withdraw(-5) || b.Balance() != 70 {
			t.Errorf("balance %v after retries of nothing, want 70", b.Balance())
		}
	})
}

func TestBudgetRefusalCostsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.5, 0)
		b.Deposit(10)
		if b.Withdraw(6) || !b.Withdraw(5) {
			t.Error("5 tokens do not grant exactly 5 items")
		}
	})
}

func TestBudgetRefillsBySecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.1, 10)
		grants(b, 1)
		time.Sleep(time.Second)
		// 100 * (1 - exp(-1/10)): a tenth of the deposits has decayed.
		if got := b.Balance(); math.Abs(got-9.516) > 0.001 {
			t.Errorf("balance %v a second after it was spent, want 9.516", got)
		}
	})
}

// Savings do not last longer than the ttl, also in a long quiet time.
func TestBudgetTokensLeakAwayToTheFloor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.1, 10)
		b.Deposit(50_000)
		if got := b.Balance(); got != 5100 {
			t.Fatalf("balance %v", got)
		}
		time.Sleep(10 * time.Second)
		if got, want := b.Balance(), 100+5000/math.E; math.Abs(got-want) > 0.01 {
			t.Errorf("balance %v after one ttl, want %v", got, want)
		}
		time.Sleep(time.Hour)
		if got := b.Balance(); math.Abs(got-100) > 0.01 {
			t.Errorf("balance %v after an hour, want the floor", got)
		}
	})
}

func TestBudgetOfASteadyClientStaysBelowItsBound(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.1, 10)
		for range 60 * 100 { // 2,000 items a second for a minute
			b.Deposit(20)
			time.Sleep(10 * time.Millisecond)
		}
		const bound = 10 * (10 + 0.1*2000)
		if got := b.Balance(); got > bound || got < 0.98*bound {
			t.Errorf("balance %v, want just under %v", got, bound)
		}
	})
}

// A client that makes few calls, each a batch larger than the floor, can
// still retry one, and then pays for it.
func TestBudgetLendsALoneBatchWhatItLacks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.1, 10)
		b.Deposit(256)
		if !b.Withdraw(256) {
			t.Fatal("the retry of a lone batch is refused")
		}
		if got, want := b.Balance(), 100+25.6-256; math.Abs(got-want) > 1e-9 {
			t.Errorf("balance %v, want a debt of %v", got, want)
		}
		if b.Withdraw(1) || b.Withdraw(256) {
			t.Error("a budget in debt grants a retry")
		}
		time.Sleep(13 * time.Second) // 130.4 tokens are owed
		if b.Withdraw(1) {
			t.Error("granted before the debt was repaid")
		}
		time.Sleep(time.Second)
		if !b.Withdraw(1) {
			t.Error("refused although the debt is repaid")
		}
		time.Sleep(time.Minute)
		if !b.Withdraw(256) {
			t.Error("the next lone batch is refused")
		}
	})
}

func TestBudgetWithoutAFloorLendsNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.1, 0)
		b.Deposit(256)
		if b.Withdraw(256) {
			t.Error("granted")
		}
	})
}

func TestNilBudgetGrantsEverything(t *testing.T) {
	var b *retry.Budget
	b.Deposit(1)
	if !b.Withdraw(1e9) || !math.IsInf(b.Balance(), 1) {
		t.Error("a nil budget refuses")
	}
}

func TestZeroBudgetGrantsNothing(t *testing.T) {
	var b retry.Budget
	b.Deposit(1000)
	if b.Withdraw(1) {
		t.Error("a budget that was never made grants a retry")
	}
}

func TestBudgetHoldsAmongConcurrentCalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		b := budget(t, 0.1, 10)
		var granted atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 1000 {
					b.Deposit(1)
					if b.Withdraw(1) {
						granted.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if got := granted.Load() + int64(grants(b, 1)); got < 899 || got > 900 { // 100 + 10 % of 8,000; floats
			t.Errorf("%d retries granted, want 900", got)
		}
	})
}

func TestDoAsksTheBudgetBeforeTheSleepAndTheFirstTryIsFree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := policy()
		p.Budget = budget(t, 0.1, 0) // empty
		start := time.Now()
		fn, calls := failing(errUnavailable)
		err := retry.Do(t.Context(), p, fn)
		e := wantFailure(t, err, retry.ReasonBudget, 1)
		wantElapsed(t, start, 0)
		if *calls != 1 || !errors.Is(e.Last, errUnavailable) || !errors.Is(err, retry.ErrBudget) || status.Code(err) != codes.Unavailable {
			t.Errorf("%d attempts, error %v", *calls, err)
		}
	})
}

func TestDoPaysForItemsAndOnlyForRetries(t *testing.T) {
	for name, tt := range map[string]struct {
		items int
		errs  []error
		want  float64
	}{
		"success":                  {20, nil, 100 + 2},
		"one retry":                {20, []error{errUnavailable}, 100 + 2 - 20},
		"two retries":              {20, []error{errUnavailable, errUnavailable}, 100 + 2 - 40},
		"one item unless said":     {0, []error{errUnavailable}, 100 + 0.1 - 1},
		"last failure is no retry": {20, []error{errUnavailable, errUnavailable, errUnavailable}, 100 + 2 - 40},
		"permanent":                {20, []error{errInvalid}, 100 + 2},
		"pushed back":              {20, []error{retry.WithPushback(errUnavailable, -1)}, 100 + 2},
		"past the deadline":        {20, []error{retry.WithPushback(errUnavailable, time.Hour)}, 100 + 2},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				p := policy()
				p.Budget, p.Items, p.Rand = budget(t, 0.1, 10), tt.items, func() float64 { return 0 } // no time, no refill
				fn, _ := failing(tt.errs...)
				_ = retry.Do(ctx, p, fn)
				if got := p.Budget.Balance(); math.Abs(got-tt.want) > 1e-9 {
					t.Errorf("balance %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// If a server fails every call, a fleet of clients adds a tenth and the floor to
// the load, instead of tripling it.
func TestDoLeavesTheDepositToAPolicyThatMakesIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, deposited := range []bool{false, true} {
			b := budget(t, 0.5, 1) // 10 at the start
			policy := retry.Policy{MaxAttempts: 1, Budget: b, Items: 8, Deposited: deposited}
			if err := retry.Do(t.Context(), policy, func(context.Context) error { return nil }); err != nil {
				t.Fatal(err)
			}
			want := 14
			if deposited {
				want = 10
			}
			if got := grants(b, 1); got != want {
				t.Errorf("deposited %t: %d retries granted, want %d", deposited, got, want)
			}
		}
	})
}

func TestBudgetBoundsTheRetriesOfAFleet(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := policy()
		p.Budget = budget(t, 0.1, 10)
		var tries atomic.Int64
		const workers, calls = 50, 100
		for range workers {
			go func() {
				for range calls {
					_ = retry.Do(t.Context(), p, func(context.Context) error {
						tries.Add(1)
						time.Sleep(10 * time.Millisecond)
						return errUnavailable
					})
				}
			}()
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		retries := tries.Load() - workers*calls
		if bound := int64(100 + 0.1*workers*calls + 10*60); retries > bound || retries < 100+0.1*workers*calls {
			t.Errorf("%d retries of %d calls, want between 600 and %d", retries, workers*calls, bound)
		}
	})
}

package retry_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

// The faults of a widely copied retry.Do(ctx, Config, fn), each with a test
// that such an implementation fails.

var articleConfig = retry.Config{Attempts: 3, Delay: 100 * time.Millisecond, MaxDelay: time.Second}

func TestConfigWithoutAttemptsIsNotASuccess(t *testing.T) {
	err := retry.Do(t.Context(), retry.Config{Attempts: 0, Delay: 1, MaxDelay: 1}, always(nil))
	wantFailure(t, err, retry.ReasonInvalidPolicy, 0)
}

// The delay must not be doubled before the first wait, and jitter must be as
// wide as the delay: over many calls the first wait fills [0, Delay) and the
// second [0, 2*Delay).
func TestConfigWaitsWithFullJitterFromDelayOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const calls = 2000
		var quarters [2][4]int
		for range calls {
			last := time.Now()
			try := 0
			_ = retry.Do(t.Context(), articleConfig, func(context.Context) error {
				if wait, bound := time.Since(last), articleConfig.Delay<<max(try-1, 0); try > 0 {
					if wait >= bound {
						t.Errorf("wait %d took %v, not less than %v", try, wait, bound)
						return nil
					}
					quarters[try-1][4*wait/bound]++
				}
				last = time.Now()
				try++
				return errUnavailable
			})
		}
		for i, q := range quarters {
			for _, n := range q { // 500 expected, 7 standard deviations
				if n < 365 || n > 635 {
					t.Errorf("wait %d: quarters of its range hold %v of %d draws", i+1, q, calls)
					break
				}
			}
		}
	})
}

func TestConfigDelayStopsGrowingAtMaxDelay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := retry.Config{Attempts: 8, Delay: 100 * time.Millisecond, MaxDelay: 350 * time.Millisecond}.Policy()
		p.Rand = func() float64 { return 1 }
		start := time.Now()
		wantFailure(t, retry.Do(t.Context(), p, always(errUnavailable)), retry.ReasonExhausted, 8)
		wantElapsed(t, start, (100+200+5*350)*time.Millisecond)
	})
}

func TestConfigRetriesARawTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		calls := 0
		err := retry.Do(t.Context(), articleConfig, func(ctx context.Context) error {
			if calls++; calls == 3 {
				return nil
			}
			ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
			defer cancel()
			<-ctx.Done()
			return ctx.Err()
		})
		if err != nil || calls != 3 {
			t.Errorf("error %v after %d attempts, want success at the third", err, calls)
		}
	})
}

func TestConfigDoesNotReplaceTheLastErrorByTheContexts(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := retry.Do(ctx, articleConfig, func(context.Context) error {
			cancel()
			return errUnavailable
		})
		if !errors.Is(err, errUnavailable) || !errors.Is(err, context.Canceled) || status.Code(err) != codes.Unavailable {
			t.Errorf("error = %v", err)
		}
	})
}

func TestConfigDoesNotSleepIntoTheDeadline(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		// The bound is an hour: no draw falls within the nanosecond.
		c := retry.Config{Attempts: 2, Delay: time.Hour, MaxDelay: time.Hour}
		start := time.Now()
		wantFailure(t, retry.Do(ctx, c, always(errUnavailable)), retry.ReasonDeadline, 1)
		wantElapsed(t, start, 0)
	})
}

func TestConfigLeavesADelayAtOnceWhenCancelled(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Nanosecond, cancel)
		start := time.Now()
		c := retry.Config{Attempts: 2, Delay: time.Hour, MaxDelay: time.Hour}
		wantFailure(t, retry.Do(ctx, c, always(errUnavailable)), retry.ReasonCancelled, 1)
		wantElapsed(t, start, time.Nanosecond)
	})
}

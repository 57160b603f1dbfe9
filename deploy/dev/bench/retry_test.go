package bench

import (
	"context"
	"testing"
	"time"

	avast "github.com/avast/retry-go/v5"
	"github.com/cenkalti/backoff/v7"
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	"github.com/failsafe-go/failsafe-go/timeout"
	sethvargo "github.com/sethvargo/go-retry"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

// Every library is asked for the same: at most three tries, a first delay of
// at most ten nanoseconds (a timer is set, but the work is measured and not the
// wait), the widest jitter it has, and retries of Unavailable only.
const (
	tries     = 3
	baseDelay = 10 * time.Nanosecond
	maxDelay  = 100 * time.Nanosecond
	tryFor    = 300 * time.Millisecond
)

var errUnavailable = status.Error(codes.Unavailable, "away")

func transient(err error) bool { return status.Code(err) == codes.Unavailable }

// contender runs one call with the retries of a library.
type contender struct {
	name string
	call func(ctx context.Context, fn func(context.Context) error) error
}

func ours(p retry.Policy) func(context.Context, func(context.Context) error) error {
	return func(ctx context.Context, fn func(context.Context) error) error {
		return retry.Do(ctx, p, fn)
	}
}

func policy() retry.Policy {
	return retry.Policy{MaxAttempts: tries, Backoff: retry.Backoff{Base: baseDelay, Cap: maxDelay}}
}

func goRetry(ctx context.Context, fn func(context.Context) error) error {
	// The backoff counts the tries, so each call needs its own.
	b := sethvargo.WithMaxRetries(tries-1, sethvargo.WithFullJitter(
		sethvargo.WithCappedDuration(maxDelay, sethvargo.NewExponential(baseDelay))))
	return sethvargo.Do(ctx, b, func(ctx context.Context) error {
		err := fn(ctx)
		if err != nil && transient(err) {
			return sethvargo.RetryableError(err)
		}
		return err
	})
}

func backoffV7(ctx context.Context, fn func(context.Context) error) error {
	// Stateful as well.
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.RandomizationFactor = baseDelay, maxDelay, 1
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := fn(ctx)
		if err != nil && !transient(err) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(b), backoff.WithMaxTries(tries))
	return err
}

func avastOptions() []avast.Option {
	return []avast.Option{
		avast.Attempts(tries), avast.Delay(baseDelay), avast.MaxDelay(maxDelay),
		avast.DelayType(avast.FullJitterBackoffDelay), avast.RetryIf(transient), avast.LastErrorOnly(true),
	}
}

// retryGoReused gives up cancellation: the context belongs to the retrier.
func retryGoReused() func(context.Context, func(context.Context) error) error {
	r := avast.New(avastOptions()...)
	return func(ctx context.Context, fn func(context.Context) error) error {
		return r.Do(func() error { return fn(ctx) })
	}
}

func retryGoPerCall(ctx context.Context, fn func(context.Context) error) error {
	return avast.New(append(avastOptions(), avast.Context(ctx))...).Do(func() error { return fn(ctx) })
}

func failsafeGo(extra ...failsafe.Policy[any]) func(context.Context, func(context.Context) error) error {
	r := retrypolicy.NewBuilder[any]().
		WithMaxAttempts(tries).
		WithBackoff(baseDelay, maxDelay).
		WithJitterFactor(1).
		HandleIf(func(_ any, err error) bool { return err != nil && transient(err) }).
		ReturnLastFailure().
		Build()
	executor := failsafe.With(append([]failsafe.Policy[any]{r}, extra...)...)
	return func(ctx context.Context, fn func(context.Context) error) error {
		//nolint:contextcheck // the execution's context descends from ctx
		return executor.WithContext(ctx).RunWithExecution(func(e failsafe.Execution[any]) error {
			return fn(e.Context())
		})
	}
}

// byHand adds the timeout that a library lacks around each try.
func byHand(c contender) contender {
	return contender{c.name + "+WithTimeout", func(ctx context.Context, fn func(context.Context) error) error {
		return c.call(ctx, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, tryFor)
			defer cancel()
			return fn(ctx)
		})
	}}
}

func plain(b *testing.B) []contender {
	budgeted := policy()
	var err error
	if budgeted.Budget, err = retry.NewBudget(1, 1e6, retry.DefaultBudgetTTL); err != nil {
		b.Fatal(err)
	}
	budgeted.Observer = func(context.Context, retry.Event) {}
	return []contender{
		{"aecode", ours(policy())},
		{"aecode-budget-observer", ours(budgeted)},
		{"go-retry", goRetry},
		{"backoff-v7", backoffV7},
		{"retry-go-v5-reused", retryGoReused()},
		{"retry-go-v5-per-call", retryGoPerCall},
		{"failsafe-go", failsafeGo()},
	}
}

func timed() []contender {
	p := policy()
	p.AttemptTimeout = tryFor
	return []contender{
		{"aecode", ours(p)},
		{"failsafe-go", failsafeGo(timeout.New[any](tryFor))},
		byHand(contender{"none", func(ctx context.Context, fn func(context.Context) error) error { return fn(ctx) }}),
		byHand(contender{"go-retry", goRetry}),
		byHand(contender{"backoff-v7", backoffV7}),
		byHand(contender{"retry-go-v5-per-call", retryGoPerCall}),
	}
}

// measure runs the contenders on a call that fails the given number of times
// before it succeeds.
func measure(b *testing.B, contenders []contender, failures int) {
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour)
	defer cancel()
	calls := 0
	fn := func(context.Context) error {
		if calls++; calls <= failures {
			return errUnavailable
		}
		return nil
	}
	for _, c := range contenders {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				calls = 0
				err := c.call(ctx, fn)
				if err != nil || calls != failures+1 {
					b.Fatalf("error %v after %d tries, want success after %d", err, calls, failures+1)
				}
			}
		})
	}
}

// BenchmarkHappyPath: the first try succeeds.
func BenchmarkHappyPath(b *testing.B) { measure(b, plain(b), 0) }

// BenchmarkOneRetry: the first try fails, the second one succeeds.
func BenchmarkOneRetry(b *testing.B) { measure(b, plain(b), 1) }

// BenchmarkHappyPathAttemptTimeout: the first try succeeds, each try under a
// timeout of 300 ms.
func BenchmarkHappyPathAttemptTimeout(b *testing.B) { measure(b, timed(), 0) }

// BenchmarkOneRetryAttemptTimeout: the second try succeeds, each try under a
// timeout of 300 ms.
func BenchmarkOneRetryAttemptTimeout(b *testing.B) {
	measure(b, timed()[:2], 1)
	measure(b, timed()[3:], 1) // without "none", which does not retry
}

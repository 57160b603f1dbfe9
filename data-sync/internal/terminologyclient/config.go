package terminologyclient

import (
	"errors"
	"fmt"
	"time"

	"aecode/common/retry"
)

// Config says how terminology is called.
type Config struct {
	// AttemptTimeout bounds one call, 10 ms to 1 min.
	AttemptTimeout time.Duration
	// MaxAttempts is how often one item is sent at most, 1 to 10; resending
	// what terminology had no time for does not count.
	MaxAttempts int
	// Backoff between the tries.
	Backoff retry.Backoff
	// BatchOverall bounds one batch with all its tries; at least
	// AttemptTimeout.
	BatchOverall time.Duration
	// BatchMax is the largest batch, 1 to 256.
	BatchMax int
	// Limit is how many candidates are asked for, 1 to 20.
	Limit int
	// BudgetRatio is the share of items that may be retried, 0 to 1, and
	// BudgetPerSecond the items a second on top.
	BudgetRatio     float64
	BudgetPerSecond float64
}

// Default gives the documented defaults: 300 ms a try, 3 tries, 100 ms to 1 s
// backoff, 5 s a batch of up to 256, 5 candidates, a budget of 10 % + 10/s.
func Default() Config {
	return Config{
		AttemptTimeout:  300 * time.Millisecond,
		MaxAttempts:     3,
		Backoff:         retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second},
		BatchOverall:    5 * time.Second,
		BatchMax:        256,
		Limit:           5,
		BudgetRatio:     0.1,
		BudgetPerSecond: 10,
	}
}

// Validate names every field that cannot work.
func (c Config) Validate() error {
	var errs []error
	refuse := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(c.AttemptTimeout >= 10*time.Millisecond && c.AttemptTimeout <= time.Minute, "AttemptTimeout %v: give 10ms to 1m", c.AttemptTimeout)
	refuse(c.MaxAttempts >= 1 && c.MaxAttempts <= 10, "MaxAttempts %d: give 1 to 10", c.MaxAttempts)
	refuse(c.Backoff.Base > 0 && c.Backoff.Base <= c.Backoff.Cap, "Backoff base %v, cap %v: give a positive base that the cap does not undercut", c.Backoff.Base, c.Backoff.Cap)
	refuse(c.BatchOverall >= c.AttemptTimeout, "BatchOverall %v: give at least the AttemptTimeout of %v", c.BatchOverall, c.AttemptTimeout)
	refuse(c.BatchMax >= 1 && c.BatchMax <= MaxBatch, "BatchMax %d: give 1 to %d", c.BatchMax, MaxBatch)
	refuse(c.Limit >= 1 && c.Limit <= 20, "Limit %d: give 1 to 20", c.Limit)
	refuse(c.BudgetRatio >= 0 && c.BudgetRatio <= 1, "BudgetRatio %v: give 0 to 1", c.BudgetRatio)
	refuse(c.BudgetPerSecond >= 0, "BudgetPerSecond %v: give at least 0", c.BudgetPerSecond)
	refuse(c.BudgetRatio > 0 || c.BudgetPerSecond > 0, "BudgetRatio and BudgetPerSecond are both 0: give one, or set MaxAttempts to 1")
	return errors.Join(errs...)
}

// Observer receives what is worth counting. It must be safe for concurrent
// use.
type Observer interface {
	// Attempt is one call of EncodeTerms or ListReleases that ended: its gRPC
	// code ("OK" on success), the items it carried, how long it took.
	Attempt(code string, items int, took time.Duration)
	// Retry is one decision after a failed try: a retry.Reason's name, and the
	// items concerned.
	Retry(reason string, items int)
	// BatchSize is the size that the next batch will have.
	BatchSize(n int)
}

type unobserved struct{}

func (unobserved) Attempt(string, int, time.Duration) {}
func (unobserved) Retry(string, int)                  {}
func (unobserved) BatchSize(int)                      {}

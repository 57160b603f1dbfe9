package terminologyclient

import (
	"time"

	"aecode/common/configerr"
	"aecode/common/retry"
	"aecode/common/rpcclient"
)

// Config is how terminology is called.
type Config struct {
	// Target is dns:///terminology:9101, a name that stands for all replicas, or
	// their addresses, comma-separated.
	Target string
	// ServerName is the name in terminology's certificate, if that is not the host of
	// Target.
	ServerName string `json:",optional"`
	// AttemptTimeout limits one attempt: 10ms to 1m.
	AttemptTimeout time.Duration `json:",default=300ms"`
	// Overall limits one batch with all its attempts: AttemptTimeout to 10m.
	Overall time.Duration `json:",default=5s"`
	// MaxAttempts is how often one verbatim is sent at most: 1 to 10. Verbatims that
	// terminology had no time for are sent again without counting.
	MaxAttempts int `json:",default=3"`
	// FirstDelay and MaxDelay are the backoff: the delay before retry n, from 0, is
	// random between 0 and FirstDelay * 2^n, at most MaxDelay. FirstDelay is 1ms to
	// 10m, MaxDelay FirstDelay to 10m.
	FirstDelay time.Duration `json:",default=100ms"`
	MaxDelay   time.Duration `json:",default=1s"`
	// BudgetRatio, 0 to 1, of the verbatims sent may be retried, plus
	// BudgetPerSecond verbatims a second, 0 to 1,000,000. At most one of the two is 0.
	BudgetRatio     float64 `json:",default=0.1"`
	BudgetPerSecond float64 `json:",default=10"`
	// MaxBatch is the maximum number of verbatims of one Encode: 1 to 256.
	MaxBatch int `json:",default=256"`
	// Candidates is the maximum number of candidates for a person: 1 to 20.
	Candidates int `json:",default=5"`
	// Concurrency is the maximum number of batches in flight at once: 1 to 64. The
	// nightly engine, which cuts the batches, keeps to it.
	Concurrency int `json:",default=4"`
}

// longest is the upper bound of durations: a longer one is a mistake.
const longest = 10 * time.Minute

// Validate returns every field that cannot be used, each as a configerr.FieldError.
func (c Config) Validate() error {
	var errs configerr.Errors
	if _, err := rpcclient.Target(c.Target); err != nil {
		errs.Addf("Target", "must be such as dns:///terminology:9101, or several host:port separated by commas: %v", err)
	}
	errs.Span("AttemptTimeout", c.AttemptTimeout, 10*time.Millisecond, time.Minute)
	errs.Span("Overall", c.Overall, c.AttemptTimeout, longest)
	errs.Count("MaxAttempts", c.MaxAttempts, 1, 10)
	errs.Span("FirstDelay", c.FirstDelay, time.Millisecond, longest)
	errs.Span("MaxDelay", c.MaxDelay, c.FirstDelay, longest)
	errs.Check(c.BudgetRatio >= 0 && c.BudgetRatio <= 1, "BudgetRatio", "must be 0 to 1, is %v", c.BudgetRatio)
	errs.Check(c.BudgetPerSecond >= 0 && c.BudgetPerSecond <= 1e6, "BudgetPerSecond", "must be 0 to 1,000,000, is %v", c.BudgetPerSecond)
	errs.Check(c.BudgetRatio != 0 || c.BudgetPerSecond != 0, "BudgetPerSecond", "must not be 0 where BudgetRatio is 0; for no retries set MaxAttempts: 1")
	errs.Count("MaxBatch", c.MaxBatch, 1, MaxBatch)
	errs.Count("Candidates", c.Candidates, 1, 20)
	errs.Count("Concurrency", c.Concurrency, 1, 64)
	return errs.Err()
}

func (c Config) backoff() retry.Backoff { return retry.Backoff{Base: c.FirstDelay, Cap: c.MaxDelay} }

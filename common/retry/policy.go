package retry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Policy says how a call is retried. It is a value: copy and change it freely.
// A policy shared by goroutines needs Classify, Observer and Rand to be safe
// for concurrent use; a [Budget] always is.
type Policy struct {
	// MaxAttempts is the largest number of tries, the first one included.
	// It must be at least 1.
	MaxAttempts int

	// AttemptTimeout bounds each try through the context handed to it.
	// Zero sets no bound beyond the caller's context.
	AttemptTimeout time.Duration

	// Backoff bounds the delays. It is required when MaxAttempts exceeds 1.
	Backoff Backoff

	// Classify tells which errors may be retried. Nil means [Classify].
	// It is called only while the caller's context lives. A try that ended
	// because its own timeout expired is shown as context.DeadlineExceeded,
	// in whatever form the call reported it.
	Classify func(error) Class

	// Budget bounds the retries of all calls that share it. Nil means none.
	Budget *Budget

	// Items is what the call weighs on the Budget: the number of records it
	// carries. Zero means 1.
	Items int

	// Deposited says that the caller deposits on the Budget itself: Do only
	// withdraws. It is for work that takes several calls of Do over the same
	// records, such as a batch of which only a part was answered: each record
	// is to earn its retries once, however often it is sent.
	Deposited bool

	// Observer, when set, is called in Do's goroutine after every try and at
	// the end. See [Event].
	Observer func(context.Context, Event)

	// Rand yields the jitter, uniform in [0, 1). Nil means math/rand/v2.
	Rand func() float64
}

// Config is the short form of a [Policy]: bounded tries with full jitter, the
// default classification, no attempt timeout and no budget.
type Config struct {
	// Attempts is the largest number of tries, the first one included.
	// It must be at least 1.
	Attempts int
	// Delay is the upper bound of the first delay; it doubles with each
	// further one. It must be positive when Attempts exceeds 1.
	Delay time.Duration
	// MaxDelay is the largest bound. It must not be less than Delay.
	MaxDelay time.Duration
}

// Policy returns the policy that c stands for, to be extended with what a
// Config cannot say.
func (c Config) Policy() Policy {
	return Policy{
		MaxAttempts: c.Attempts,
		Backoff:     Backoff{Base: c.Delay, Cap: c.MaxDelay},
	}
}

// Validate names every field of c that makes it unusable, or returns nil.
func (c Config) Validate() error {
	p := c.Policy()
	return p.check(&configFields)
}

// Validate names every field of p that makes it unusable, or returns nil.
// [Do] calls it before the first try.
func (p Policy) Validate() error {
	return p.check(&policyFields)
}

// fields are the names of a policy's fields in the form that the caller wrote.
type fields struct{ attempts, base, limit string }

var (
	policyFields = fields{"MaxAttempts", "Backoff.Base", "Backoff.Cap"}
	configFields = fields{"Attempts", "Delay", "MaxDelay"}
)

func (p *Policy) check(name *fields) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if p.MaxAttempts < 1 {
		fault("%s %d would never run the call: give at least 1", name.attempts, p.MaxAttempts)
	}
	if p.AttemptTimeout < 0 {
		fault("AttemptTimeout %v is negative: give a positive duration, or 0 for none", p.AttemptTimeout)
	}
	switch base, limit := p.Backoff.Base, p.Backoff.Cap; {
	case base < 0:
		fault("%s %v is negative", name.base, base)
	case limit < 0:
		fault("%s %v is negative", name.limit, limit)
	case limit < base:
		fault("%s %v is less than %s %v", name.limit, limit, name.base, base)
	case base == 0 && p.MaxAttempts > 1:
		fault("%s is 0: retries without a delay would hit a callee in trouble all at once; give a positive duration", name.base)
	}
	if p.Items < 0 {
		fault("Items %d is negative: give the number of records that the call carries", p.Items)
	}
	return errors.Join(faults...)
}

func (p *Policy) items() int {
	return max(p.Items, 1)
}

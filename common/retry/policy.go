package retry

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Policy says how a call is retried. It is a value that can be copied and changed.
// If goroutines share a policy, its Classify, Observer and Rand must be safe for
// concurrent use. A [Budget] always is.
type Policy struct {
	// MaxAttempts is the maximum number of attempts, including the first one. It
	// must be at least 1.
	MaxAttempts int

	// AttemptTimeout limits each attempt through the context that it gets. 0 means
	// no limit other than the caller's context.
	AttemptTimeout time.Duration

	// Backoff sets the delays. It is required if MaxAttempts is more than 1.
	Backoff Backoff

	// Classify says which errors may be retried. Nil means [Classify]. It is called
	// only while the caller's context lives. It gets context.DeadlineExceeded for
	// an attempt whose own timeout has expired, whatever error the call reported.
	Classify func(error) Class

	// Budget limits the retries of all calls that share it. Nil means no limit.
	Budget *Budget

	// Items is the number of records that the call carries, which is what it counts
	// in the Budget. 0 means 1.
	Items int

	// Deposited says that the caller makes the deposits on the Budget, and Do only
	// withdraws. It is for work that needs several calls of Do for the same records,
	// such as a batch of which only a part was answered: each record deposits once,
	// however often it is sent.
	Deposited bool

	// Observer, if it is not nil, is called in Do's goroutine after every attempt
	// and at the end. See [Event].
	Observer func(context.Context, Event)

	// Rand returns the jitter, uniform in [0, 1). Nil means math/rand/v2.
	Rand func() float64
}

// Config is the short form of a [Policy]: a number of attempts with full jitter,
// the default classification, no attempt timeout and no budget.
type Config struct {
	// Attempts is the maximum number of attempts, including the first one. It must
	// be at least 1.
	Attempts int
	// Delay is the upper bound of the first delay. The bound doubles with each
	// further delay. It must be positive if Attempts is more than 1.
	Delay time.Duration
	// MaxDelay is the highest bound. It must not be less than Delay.
	MaxDelay time.Duration
}

// Policy returns the Policy with the settings of c. The caller can add the
// settings that Config does not have.
func (c Config) Policy() Policy {
	return Policy{
		MaxAttempts: c.Attempts,
		Backoff:     Backoff{Base: c.Delay, Cap: c.MaxDelay},
	}
}

// Validate returns an error that names every field of c that cannot be used, or
// nil.
func (c Config) Validate() error {
	p := c.Policy()
	return p.check(&configFields)
}

// Validate returns an error that names every field of p that cannot be used, or
// nil. [Do] makes the same checks before the first attempt.
func (p Policy) Validate() error {
	return p.check(&policyFields)
}

// fields are the names of the fields in the form that the caller used: Policy or
// Config.
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
		fault("%s is 0, and retries without a delay overload a server in trouble: give a positive duration", name.base)
	}
	if p.Items < 0 {
		fault("Items %d is negative: give the number of records in the call", p.Items)
	}
	return errors.Join(faults...)
}

func (p *Policy) items() int {
	return max(p.Items, 1)
}

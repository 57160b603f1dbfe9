package retry

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Do runs fn until it succeeds or p, a [Policy] or a [Config], allows no further
// attempt. It returns nil if an attempt returned nil, otherwise an [*Error].
//
// fn must use the context that it gets. It has the timeout of the attempt and is
// cancelled when fn returns. Without an attempt timeout it is ctx itself.
func Do[P Policy | Config](ctx context.Context, p P, fn func(context.Context) error) error {
	c := newCall(&p)
	if err := c.begin(ctx, fn == nil); err != nil {
		return err
	}
	_, err := run(ctx, &c, func(ctx context.Context) (struct{}, error) { return struct{}{}, fn(ctx) })
	return err
}

// DoValue is [Do] for a function that returns a value. With an error it returns
// the zero value of T.
//
// The value must not depend on the context of the attempt, as rows or a stream
// that are still to be read do: that context is cancelled when DoValue returns.
func DoValue[T any, P Policy | Config](ctx context.Context, p P, fn func(context.Context) (T, error)) (T, error) {
	c := newCall(&p)
	if err := c.begin(ctx, fn == nil); err != nil {
		var zero T
		return zero, err
	}
	return run(ctx, &c, fn)
}

// run is the loop: it makes an attempt and decides what follows.
func run[T any](ctx context.Context, c *call, fn func(context.Context) (T, error)) (T, error) {
	for {
		v, expired, err := attempt(ctx, c.policy.AttemptTimeout, fn)
		c.attempts++
		if err == nil {
			c.observe(ctx, Event{Tried: true, Reason: ReasonSucceeded})
			return v, nil
		}
		if err := c.failed(ctx, err, expired); err != nil {
			var zero T
			return zero, err
		}
	}
}

// attempt makes one attempt. It also reports whether the context of the attempt has
// expired.
func attempt[T any](ctx context.Context, timeout time.Duration, fn func(context.Context) (T, error)) (v T, expired bool, err error) {
	if timeout == 0 {
		v, err = fn(ctx)
		return v, false, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	v, err = fn(ctx)
	return v, ctx.Err() != nil, err
}

// call is the state of one Do.
type call struct {
	policy   Policy
	fields   *fields
	attempts int
	last     error // as in Error.Last
}

// newCall returns the state for a Policy or a Config.
func newCall[P Policy | Config](p *P) call {
	if c, ok := any(p).(*Config); ok {
		return call{policy: c.Policy(), fields: &configFields}
	}
	return call{policy: *any(p).(*Policy), fields: &policyFields}
}

// begin starts the call. It returns an error if the policy or the function cannot
// be used, or if ctx has already ended.
func (c *call) begin(ctx context.Context, noFunction bool) error {
	if err := c.policy.check(c.fields); err != nil {
		return c.stop(ctx, Event{Reason: ReasonInvalidPolicy}, fmt.Errorf("invalid policy: %w", err))
	}
	if noFunction {
		return c.stop(ctx, Event{Reason: ReasonInvalidPolicy}, errors.New("the function to run is nil"))
	}
	if ctx.Err() != nil {
		return c.parentDone(ctx, Event{})
	}
	if !c.policy.Deposited {
		c.policy.Budget.Deposit(c.policy.items())
	}
	return nil
}

// failed decides what follows a failed attempt, and waits for the next one. It
// returns nil if there is a next attempt.
func (c *call) failed(ctx context.Context, err error, expired bool) error {
	if ctx.Err() != nil {
		// If err is only the end of the caller's context, an earlier error says
		// more.
		if c.last == nil || !endOfContext(err) {
			c.last = err
		}
		return c.parentDone(ctx, Event{Tried: true, Err: err})
	}
	c.last = err
	delay, reason, cause := c.decide(ctx, err, expired)
	if reason != ReasonRetrying {
		return c.stop(ctx, Event{Tried: true, Err: err, Reason: reason}, cause)
	}
	c.observe(ctx, Event{Tried: true, Err: err, Delay: delay, Reason: ReasonRetrying})
	if sleep(ctx, delay); ctx.Err() != nil {
		return c.parentDone(ctx, Event{Err: err})
	}
	return nil
}

// decide applies the policy to a failed attempt while the caller's context lives.
// The budget comes last, because asking it costs tokens.
func (c *call) decide(ctx context.Context, err error, expired bool) (time.Duration, Reason, error) {
	class, said := c.classify(err, expired), hintOf(err)
	switch {
	case class != Transient && (class != WhenAsked || !said.given):
		return 0, ReasonNotRetryable, nil
	case said.stop:
		return 0, ReasonPushback, ErrPushback
	case c.attempts >= c.policy.MaxAttempts:
		return 0, ReasonExhausted, nil
	}
	delay := said.after
	if !said.timed {
		delay = c.policy.Backoff.Delay(c.attempts-1, c.random())
	}
	if deadline, ok := ctx.Deadline(); ok {
		if left := time.Until(deadline); delay >= left {
			return 0, ReasonDeadline, fmt.Errorf("the next attempt in %v would miss the deadline in %v: %w", delay, left, context.DeadlineExceeded)
		}
	}
	if !c.policy.Budget.Withdraw(c.policy.items()) {
		return 0, ReasonBudget, ErrBudget
	}
	return delay, ReasonRetrying, nil
}

// classify calls the policy's Classify. An expired attempt is passed to it as
// context.DeadlineExceeded, even if the call reports it as cancelled or as an I/O
// timeout.
func (c *call) classify(err error, expired bool) Class {
	classify := c.policy.Classify
	if classify == nil {
		classify = Classify
	}
	if expired && endOfContext(err) {
		err = context.DeadlineExceeded
	}
	return classify(err)
}

func (c *call) random() float64 {
	if c.policy.Rand != nil {
		return c.policy.Rand()
	}
	return rand.Float64()
}

// parentDone ends the call because the caller's context has ended.
func (c *call) parentDone(ctx context.Context, e Event) error {
	var cause error
	e.Reason, cause = parentEnd(ctx)
	return c.stop(ctx, e, cause)
}

// stop ends the call with an *Error.
func (c *call) stop(ctx context.Context, e Event, cause error) error {
	c.observe(ctx, e)
	return &Error{Attempts: c.attempts, Reason: e.Reason, Last: c.last, Cause: cause}
}

func (c *call) observe(ctx context.Context, e Event) {
	if c.policy.Observer == nil {
		return
	}
	e.Attempt, e.Items = c.attempts, c.policy.items()
	c.policy.Observer(ctx, e)
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

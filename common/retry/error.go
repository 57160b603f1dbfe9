package retry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// ErrBudget is the Cause of an [Error] with ReasonBudget.
var ErrBudget = errors.New("the retry budget is spent")

// ErrPushback is the Cause of an [Error] with ReasonPushback.
var ErrPushback = errors.New("the server asked not to be called again")

// Error is every failure that [Do] and [DoValue] return. errors.Is, errors.As
// and status.Code see through it to Last, and errors.Is and errors.As also to
// Cause.
type Error struct {
	// Attempts is the number of tries made; 0 when the first one was refused.
	Attempts int
	// Reason is why there was no further try.
	Reason Reason
	// Last is the last error that came from the call itself. An error that
	// merely reports the end of the caller's context does not replace an
	// earlier one that says what was wrong. Nil when nothing ran.
	Last error
	// Cause is what ended the call where that is not Last: the error of the
	// caller's context together with its context.Cause, an error that wraps
	// context.DeadlineExceeded when the next delay would have reached the
	// deadline, ErrBudget, ErrPushback, or what is wrong with the policy.
	// Nil for ReasonExhausted and ReasonNotRetryable.
	Cause error
}

// Error reports the reason, the number of tries, the cause and the last error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "retry: %s after %d ", strings.ReplaceAll(e.Reason.String(), "_", " "), e.Attempts)
	if e.Attempts == 1 {
		b.WriteString("try")
	} else {
		b.WriteString("tries")
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
		if e.Last != nil {
			b.WriteString("; last error")
		}
	}
	if e.Last != nil {
		fmt.Fprintf(&b, ": %v", e.Last)
	}
	return b.String()
}

// Unwrap returns Last and Cause, as far as they are set.
func (e *Error) Unwrap() []error {
	errs := make([]error, 0, 2)
	for _, err := range []error{e.Last, e.Cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// GRPCStatus returns the status of Last, so that a handler may return an
// *Error as it is. A raw context error counts as its status. When nothing ran
// it is the status of the caller's context, or Internal for a policy that
// cannot be used.
func (e *Error) GRPCStatus() *status.Status {
	if e.Last != nil {
		return statusOf(e.Last)
	}
	if e.Reason == ReasonInvalidPolicy {
		return status.New(codes.Internal, e.Error())
	}
	return statusOf(e.Cause)
}

// statusOf also understands raw context errors, which status.FromError calls
// Unknown. An error that claims to be OK is Unknown: a handler that returned
// it would answer a success that never was.
func statusOf(err error) *status.Status {
	//nolint:errorlint // only the outermost wrapper: what is wrapped further says more
	if p, ok := err.(*pushbackError); ok {
		err = p.err // its status, not a status that quotes it
	}
	s, ok := status.FromError(err)
	switch {
	case !ok:
		return status.FromContextError(err)
	case s.Code() == codes.OK:
		return status.New(codes.Unknown, err.Error())
	}
	return s
}

// parentEnd explains a context that is done: why, and both its error and the
// cause given to it, so that errors.Is finds either.
func parentEnd(ctx context.Context) (Reason, error) {
	err, cause := ctx.Err(), context.Cause(ctx)
	reason := ReasonCancelled
	if errors.Is(err, context.DeadlineExceeded) {
		reason = ReasonDeadline
	}
	if errors.Is(cause, err) {
		return reason, cause
	}
	return reason, fmt.Errorf("%w: %w", err, cause)
}

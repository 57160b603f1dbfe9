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

// Error is the error that [Do] and [DoValue] return. errors.Is and errors.As find
// Last and Cause in it, and status.Code returns the code of Last.
type Error struct {
	// Attempts is the number of attempts made, 0 if there was none.
	Attempts int
	// Reason is why there was no further attempt.
	Reason Reason
	// Last is the last error of the call itself, nil if nothing ran. An error that
	// only reports the end of the caller's context does not replace an earlier
	// error.
	Last error
	// Cause is what ended the call, if that is not Last. It is one of these: the
	// error of the caller's context with its context.Cause; an error that wraps
	// context.DeadlineExceeded, if the next delay would have reached the deadline;
	// ErrBudget; ErrPushback; what is wrong with the policy. It is nil for
	// ReasonExhausted and ReasonNotRetryable.
	Cause error
}

// Error returns the reason, the number of attempts, the cause and the last error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "retry: %s after %d ", strings.ReplaceAll(e.Reason.String(), "_", " "), e.Attempts)
	if e.Attempts == 1 {
		b.WriteString("attempt")
	} else {
		b.WriteString("attempts")
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

// Unwrap returns those of Last and Cause that are not nil.
func (e *Error) Unwrap() []error {
	errs := make([]error, 0, 2)
	for _, err := range []error{e.Last, e.Cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// GRPCStatus returns the status of Last, so that a handler can return an *Error
// unchanged. A raw context error has the status with its meaning. If nothing ran,
// GRPCStatus returns the status of the caller's context, or Internal for a policy
// that cannot be used.
func (e *Error) GRPCStatus() *status.Status {
	if e.Last != nil {
		return statusOf(e.Last)
	}
	if e.Reason == ReasonInvalidPolicy {
		return status.New(codes.Internal, e.Error())
	}
	return statusOf(e.Cause)
}

// statusOf is status.FromError with two differences. A raw context error, which
// status.FromError calls Unknown, has the status with its meaning. An error with
// the code OK becomes Unknown: a handler that returned it would report a success
// that did not happen.
func statusOf(err error) *status.Status {
	//nolint:errorlint // only the outermost wrapper: text that was wrapped around it is kept
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

// parentEnd returns the reason of a context that has ended, and an error in which
// errors.Is finds both the error of the context and its context.Cause.
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

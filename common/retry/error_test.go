package retry_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

func TestErrorShowsTheStatusOfTheLastError(t *testing.T) {
	for name, tt := range map[string]struct {
		err  retry.Error
		want codes.Code
	}{
		"status":                {retry.Error{Last: errUnavailable}, codes.Unavailable},
		"status with a cause":   {retry.Error{Last: errUnavailable, Cause: context.Canceled}, codes.Unavailable},
		"wrapped status":        {retry.Error{Last: fmt.Errorf("encode: %w", errInvalid)}, codes.InvalidArgument},
		"raw deadline":          {retry.Error{Last: context.DeadlineExceeded}, codes.DeadlineExceeded},
		"wrapped raw cancel":    {retry.Error{Last: fmt.Errorf("encode: %w", context.Canceled)}, codes.Canceled},
		"raw error":             {retry.Error{Last: errors.New("disk full")}, codes.Unknown},
		"nothing ran":           {retry.Error{Reason: retry.ReasonCancelled, Cause: context.Canceled}, codes.Canceled},
		"nothing could run":     {retry.Error{Reason: retry.ReasonInvalidPolicy, Cause: errors.New("zero")}, codes.Internal},
		"an error that is OK":   {retry.Error{Last: ownStatusError{codes.OK}}, codes.Unknown},
		"a status of its own":   {retry.Error{Last: ownStatusError{codes.NotFound}}, codes.NotFound},
		"another retry's":       {retry.Error{Last: &retry.Error{Last: errUnavailable}}, codes.Unavailable},
		"no error (by mistake)": {retry.Error{Cause: errors.New("made by hand")}, codes.Unknown},
	} {
		if got := status.Code(&tt.err); got != tt.want {
			t.Errorf("%s: code %v, want %v", name, got, tt.want)
		}
		if got := status.Code(fmt.Errorf("chunk 3: %w", &tt.err)); got != tt.want {
			t.Errorf("%s, wrapped: code %v, want %v", name, got, tt.want)
		}
	}
}

// ownStatusError has a status of its own making.
type ownStatusError struct{ code codes.Code }

func (l ownStatusError) Error() string              { return "ownStatusError" }
func (l ownStatusError) GRPCStatus() *status.Status { return status.New(l.code, "") }

func TestErrorKeepsTheDetailsOfTheStatus(t *testing.T) {
	err := &retry.Error{Reason: retry.ReasonBudget, Attempts: 1, Last: retryAfter(codes.Unavailable, 5), Cause: retry.ErrBudget}
	details := status.Convert(err).Details()
	if len(details) != 1 {
		t.Fatalf("details = %v", details)
	}
	if info, ok := details[0].(*errdetails.RetryInfo); !ok || info.RetryDelay.AsDuration() != 5 {
		t.Errorf("details = %v", details)
	}
}

func TestErrorUnwrapsToLastAndCause(t *testing.T) {
	last, cause := errors.New("away"), errors.New("spent")
	for _, tt := range []struct {
		err  *retry.Error
		want int
	}{
		{&retry.Error{Last: last, Cause: cause}, 2},
		{&retry.Error{Last: last}, 1},
		{&retry.Error{Cause: cause}, 1},
		{&retry.Error{}, 0},
	} {
		if got := tt.err.Unwrap(); len(got) != tt.want {
			t.Errorf("Unwrap = %v, want %d errors", got, tt.want)
		}
		if errors.Is(tt.err, last) != (tt.err.Last != nil) || errors.Is(tt.err, cause) != (tt.err.Cause != nil) {
			t.Errorf("errors.Is disagrees with %+v", tt.err)
		}
	}
}

func TestErrorSaysWhyAndHowOften(t *testing.T) {
	away := errors.New("away")
	for want, err := range map[string]*retry.Error{
		"retry: exhausted after 3 attempts: away":                                    {Attempts: 3, Reason: retry.ReasonExhausted, Last: away},
		"retry: not retryable after 1 attempt: away":                                 {Attempts: 1, Reason: retry.ReasonNotRetryable, Last: away},
		"retry: budget after 1 attempt: the retry budget is spent; last error: away": {Attempts: 1, Reason: retry.ReasonBudget, Last: away, Cause: retry.ErrBudget},
		"retry: cancelled after 0 attempts: context canceled":                        {Reason: retry.ReasonCancelled, Cause: context.Canceled},
	} {
		if got := err.Error(); got != want {
			t.Errorf("Error() = %q, want %q", got, want)
		}
	}
}

func TestReasonsAreDistinctMetricLabels(t *testing.T) {
	seen := map[string]bool{}
	for r := retry.ReasonSucceeded; r <= retry.ReasonInvalidPolicy; r++ {
		if s := r.String(); s == "" || s == "unknown" || seen[s] {
			t.Errorf("reason %d is called %q", r, s)
		} else {
			seen[s] = true
		}
		if r.Final() == (r == retry.ReasonRetrying) {
			t.Errorf("Final(%v) = %v", r, r.Final())
		}
	}
	if s := (retry.ReasonInvalidPolicy + 1).String(); s != "unknown" {
		t.Errorf("a reason beyond the last is called %q", s)
	}
}

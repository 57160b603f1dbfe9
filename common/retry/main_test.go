package retry_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"aecode/common/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	errUnavailable = status.Error(codes.Unavailable, "terminology is away")
	errInvalid     = status.Error(codes.InvalidArgument, "term is empty")
)

// half makes every delay half its bound.
func half() float64 { return 0.5 }

// policy is three attempts with delays of 50 and 100 ms.
func policy() retry.Policy {
	return retry.Policy{
		MaxAttempts: 3,
		Backoff:     retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second},
		Rand:        half,
	}
}

// bubble runs f on a fake clock.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// failure returns the *Error that err must be.
func failure(t *testing.T, err error) *retry.Error {
	t.Helper()
	e, ok := errors.AsType[*retry.Error](err)
	if !ok {
		t.Fatalf("error = %v (%T), want a *retry.Error", err, err)
	}
	return e
}

// wantFailure checks why and after how many attempts a call ended.
func wantFailure(t *testing.T, err error, reason retry.Reason, attempts int) *retry.Error {
	t.Helper()
	e := failure(t, err)
	if e.Reason != reason || e.Attempts != attempts {
		t.Fatalf("error = %q: reason %v after %d attempts, want %v after %d", err, e.Reason, e.Attempts, reason, attempts)
	}
	return e
}

func wantElapsed(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("took %v, want %v", got, want)
	}
}

// failing returns a function that fails with errs in turn and then succeeds,
// and the number of its calls.
func failing(errs ...error) (func(context.Context) error, *int) {
	calls := 0
	return func(context.Context) error {
		calls++
		if calls <= len(errs) {
			return errs[calls-1]
		}
		return nil
	}, &calls
}

func always(err error) func(context.Context) error {
	return func(context.Context) error { return err }
}

func withRetryInfo(code codes.Code, info *errdetails.RetryInfo) error {
	s, err := status.New(code, "shedding load").WithDetails(info)
	if err != nil {
		panic(err)
	}
	return s.Err()
}

func retryAfter(code codes.Code, d time.Duration) error {
	return withRetryInfo(code, &errdetails.RetryInfo{RetryDelay: durationpb.New(d)})
}

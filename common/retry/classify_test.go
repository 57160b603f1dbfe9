package retry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

func TestClassifyRetriesOnlyTransientCodes(t *testing.T) {
	want := map[codes.Code]retry.Class{
		codes.Unavailable:       retry.Transient,
		codes.DeadlineExceeded:  retry.Transient,
		codes.ResourceExhausted: retry.WhenAsked,
	}
	for code := codes.Code(1); code <= codes.Unauthenticated+1; code++ {
		err := status.Error(code, "")
		for _, err := range []error{err, fmt.Errorf("encode: %w", err), errors.Join(errors.New("a"), err)} {
			if got := retry.Classify(err); got != want[code] {
				t.Errorf("Classify(%v) = %v, want %v", err, got, want[code])
			}
		}
	}
}

func TestClassifyKnowsRawErrors(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want retry.Class
	}{
		"deadline":               {context.DeadlineExceeded, retry.Transient},
		"wrapped deadline":       {fmt.Errorf("call: %w", context.DeadlineExceeded), retry.Transient},
		"cancel":                 {context.Canceled, retry.Permanent},
		"unknown":                {errors.New("circuit breaker is open"), retry.Permanent},
		"EOF":                    {io.EOF, retry.Permanent},
		"refused connection":     {&net.OpError{Op: "dial", Err: errors.New("connection refused")}, retry.Permanent},
		"status beside deadline": {errors.Join(errInvalid, context.DeadlineExceeded), retry.Permanent},
		"status beside cancel":   {errors.Join(errUnavailable, context.Canceled), retry.Transient},
	} {
		if got := retry.Classify(tt.err); got != tt.want {
			t.Errorf("%s: Classify = %v, want %v", name, got, tt.want)
		}
	}
}

func TestDoRetriesARawDeadlineExceededWhileTheParentLives(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fn, calls := failing(context.DeadlineExceeded, status.Error(codes.DeadlineExceeded, ""))
		if err := retry.Do(t.Context(), policy(), fn); err != nil || *calls != 3 {
			t.Errorf("error %v after %d attempts, want success at the third", err, *calls)
		}
	})
}

func TestDoDoesNotRetryResourceExhaustedWithoutWordFromTheServer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		err := retry.Do(t.Context(), policy(), always(status.Error(codes.ResourceExhausted, "")))
		wantFailure(t, err, retry.ReasonNotRetryable, 1)
		wantElapsed(t, start, 0)
	})
}

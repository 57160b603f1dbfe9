package retry_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"aecode/common/retry"
)

func trailer(values ...string) metadata.MD {
	md := metadata.MD{}
	md.Append(retry.PushbackKey, values...)
	return md
}

func TestDoWaitsAsLongAsTheServerAsks(t *testing.T) {
	const backoff = 50 * time.Millisecond
	for name, tt := range map[string]struct {
		err  error
		want time.Duration
	}{
		"RetryInfo longer than the cap":     {retryAfter(codes.Unavailable, 7*time.Second), 7 * time.Second},
		"RetryInfo shorter than the delay":  {retryAfter(codes.Unavailable, 3*time.Millisecond), 3 * time.Millisecond},
		"RetryInfo opens ResourceExhausted": {retryAfter(codes.ResourceExhausted, time.Second), time.Second},
		"RetryInfo on an expired attempt":   {retryAfter(codes.DeadlineExceeded, time.Second), time.Second},
		"wrapped RetryInfo":                 {fmt.Errorf("encode: %w", retryAfter(codes.Unavailable, time.Second)), time.Second},
		"RetryInfo of zero":                 {retryAfter(codes.Unavailable, 0), 0},
		"RetryInfo without a time":          {withRetryInfo(codes.ResourceExhausted, &errdetails.RetryInfo{}), backoff},
		"RetryInfo with a malformed time": {withRetryInfo(codes.ResourceExhausted,
			&errdetails.RetryInfo{RetryDelay: &durationpb.Duration{Seconds: 1, Nanos: -1}}), backoff},
		"pushback":                         {retry.WithPushback(errUnavailable, 4*time.Second), 4 * time.Second},
		"wrapped pushback":                 {fmt.Errorf("encode: %w", retry.WithPushback(errUnavailable, time.Second)), time.Second},
		"pushback of zero":                 {retry.WithPushback(errUnavailable, 0), 0},
		"pushback before RetryInfo":        {retry.WithPushback(retryAfter(codes.Unavailable, time.Second), 2*time.Second), 2 * time.Second},
		"pushback opens ResourceExhausted": {retry.WithPushback(status.Error(codes.ResourceExhausted, ""), time.Second), time.Second},
		"trailer":                          {retry.WithTrailer(errUnavailable, trailer("1500")), 1500 * time.Millisecond},
		"trailer without the key":          {retry.WithTrailer(errUnavailable, metadata.Pairs("a", "b")), backoff},
		"no hint":                          {errUnavailable, backoff},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				start := time.Now()
				fn, calls := failing(tt.err)
				if err := retry.Do(t.Context(), policy(), fn); err != nil || *calls != 2 {
					t.Fatalf("error %v after %d attempts, want success at the second", err, *calls)
				}
				wantElapsed(t, start, tt.want)
			})
		})
	}
}

func TestDoStopsWhenTheServerWantsNoFurtherTry(t *testing.T) {
	for name, err := range map[string]error{
		"negative pushback":        retry.WithPushback(errUnavailable, -1),
		"negative trailer":         retry.WithTrailer(errUnavailable, trailer("-1")),
		"trailer is not a number":  retry.WithTrailer(errUnavailable, trailer("soon")),
		"trailer is empty":         retry.WithTrailer(errUnavailable, trailer("")),
		"trailer exceeds 64 bits":  retry.WithTrailer(errUnavailable, trailer("9223372036854775808")),
		"trailer is repeated":      retry.WithTrailer(errUnavailable, trailer("1", "2")),
		"negative RetryInfo":       retryAfter(codes.Unavailable, -time.Second),
		"negative over RetryInfo":  retry.WithPushback(retryAfter(codes.Unavailable, time.Second), -1),
		"negative on a shed call":  retry.WithPushback(status.Error(codes.ResourceExhausted, ""), -1),
		"negative on an own limit": retry.WithPushback(status.Error(codes.DeadlineExceeded, ""), -1),
	} {
		t.Run(name, func(t *testing.T) {
			wrapped := retry.Do(t.Context(), policy(), always(err))
			wantFailure(t, wrapped, retry.ReasonPushback, 1)
			if !errors.Is(wrapped, retry.ErrPushback) || status.Code(wrapped) != status.Code(err) {
				t.Errorf("error = %v", wrapped)
			}
		})
	}
}

func TestDoDoesNotRetryAPermanentErrorBecauseTheServerNamesATime(t *testing.T) {
	for _, err := range []error{
		retryAfter(codes.FailedPrecondition, time.Second),
		retry.WithPushback(errInvalid, time.Second),
		retry.WithPushback(errors.New("disk full"), time.Second),
		status.Error(codes.ResourceExhausted, "quota"),
	} {
		wantFailure(t, retry.Do(t.Context(), policy(), always(err)), retry.ReasonNotRetryable, 1)
	}
}

func TestWithPushbackKeepsTheErrorAsItIs(t *testing.T) {
	if retry.WithPushback(nil, -1) != nil || retry.WithTrailer(nil, trailer("1")) != nil {
		t.Error("a nil error became one")
	}
	err := retry.WithPushback(errInvalid, time.Second)
	if !errors.Is(err, errInvalid) || err.Error() != errInvalid.Error() || status.Code(err) != codes.InvalidArgument {
		t.Errorf("error = %v", err)
	}
	if got := retry.WithTrailer(errInvalid, nil); !errors.Is(got, errInvalid) {
		t.Errorf("WithTrailer without a trailer = %v", got)
	}
	got := status.Convert(failure(t, retry.Do(t.Context(), policy(), always(err))))
	if got.Message() != "term is empty" {
		t.Errorf("the status says %q", got.Message())
	}
}

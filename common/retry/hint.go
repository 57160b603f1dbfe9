package retry

import (
	"errors"
	"math"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// PushbackKey is the gRPC trailer in which a server says when to retry, in
// milliseconds (gRFC A6).
const PushbackKey = "grpc-retry-pushback-ms"

// pushbackError is an error with the delay that the server asked for. A negative
// delay asks for no retry.
type pushbackError struct {
	err   error
	after time.Duration
}

func (p *pushbackError) Error() string { return p.err.Error() }
func (p *pushbackError) Unwrap() error { return p.err }

// WithPushback returns err with the delay that the server asked for before the
// next attempt. Do then uses this delay instead of the backoff. A negative delay
// asks for no further attempt. WithPushback does not make err retryable: that is
// decided by the classification. It returns nil for a nil err.
func WithPushback(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &pushbackError{err: err, after: after}
}

// WithTrailer is [WithPushback] with the delay in the trailer of a gRPC call. It
// returns err unchanged if the trailer has none. According to gRFC A6 a value
// that is negative, repeated or not a number asks for no further attempt.
//
//	var trailer metadata.MD
//	resp, err := client.EncodeTerm(ctx, req, grpc.Trailer(&trailer))
//	return resp, retry.WithTrailer(err, trailer)
func WithTrailer(err error, trailer metadata.MD) error {
	values := trailer.Get(PushbackKey)
	if len(values) == 0 {
		return err
	}
	if len(values) > 1 {
		return WithPushback(err, -1)
	}
	ms, convErr := strconv.ParseInt(values[0], 10, 64)
	if convErr != nil || ms < 0 {
		return WithPushback(err, -1)
	}
	return WithPushback(err, time.Duration(min(ms, math.MaxInt64/int64(time.Millisecond)))*time.Millisecond)
}

// hint is what the server said about a retry.
type hint struct {
	given bool // it said something
	timed bool // it said when, in after
	stop  bool // it asked for no retry
	after time.Duration
}

// hintOf returns the hint in err: pushback, or else RetryInfo in the status
// details.
func hintOf(err error) hint {
	if p, ok := errors.AsType[*pushbackError](err); ok {
		return hint{given: true, timed: true, stop: p.after < 0, after: p.after}
	}
	s, ok := status.FromError(err)
	if !ok {
		return hint{}
	}
	for _, detail := range s.Details() {
		info, ok := detail.(*errdetails.RetryInfo)
		if !ok {
			continue
		}
		delay := info.GetRetryDelay()
		if delay == nil || !delay.IsValid() {
			// The server asks for a retry without a valid time: the backoff sets it.
			return hint{given: true}
		}
		after := delay.AsDuration()
		return hint{given: true, timed: true, stop: after < 0, after: after}
	}
	return hint{}
}

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

// PushbackKey is the trailer in which a gRPC server tells when to come back,
// in milliseconds (gRFC A6).
const PushbackKey = "grpc-retry-pushback-ms"

// pushbackError is an error with the server's word on when to try again.
type pushbackError struct {
	err   error
	after time.Duration
}

func (p *pushbackError) Error() string { return p.err.Error() }
func (p *pushbackError) Unwrap() error { return p.err }

// WithPushback returns err with the server's wish that the next try come after
// the given delay, which then takes the place of the backoff; a negative delay
// asks for no further try. It does not make err retryable: the classification
// still decides that. A nil err stays nil.
func WithPushback(err error, after time.Duration) error {
	if err == nil {
		return nil
	}
	return &pushbackError{err: err, after: after}
}

// WithTrailer is [WithPushback] with the wish found in the trailer of a gRPC
// call. Without one, err is returned as it is. As gRFC A6 has it, a value that
// is negative, repeated or not a number asks for no further try.
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

// hint is what the server said about another try.
type hint struct {
	given bool // it said something
	timed bool // it said when
	stop  bool // it wants none
	after time.Duration
}

// hintOf reads pushback first, then RetryInfo among the status details.
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
			// It welcomes a retry but names no usable time: the backoff does.
			return hint{given: true}
		}
		after := delay.AsDuration()
		return hint{given: true, timed: true, stop: after < 0, after: after}
	}
	return hint{}
}

package retry

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Class says whether a retry can help after an error.
type Class uint8

const (
	// Permanent means that a retry cannot help: the call ends.
	Permanent Class = iota
	// Transient means that a retry may succeed.
	Transient
	// WhenAsked means Transient if the server asked for a retry, with
	// google.rpc.RetryInfo or pushback, else Permanent.
	WhenAsked
)

// Classify is the default classification:
//
//   - Unavailable is Transient. So is DeadlineExceeded, as a status or as the raw
//     context error.
//   - ResourceExhausted is WhenAsked. Without RetryInfo or pushback it means a
//     quota, which more calls do not refill.
//   - Everything else is Permanent, also a raw error without a status: nothing is
//     known that makes a retry safe or useful.
//
// A gRPC status anywhere in the chain of err takes precedence over a raw error.
// DeadlineExceeded is transient because Do classifies only while the caller's
// context lives: the attempt has expired, or a limit of the server.
func Classify(err error) Class {
	code, ok := codeOf(err)
	switch {
	case !ok && errors.Is(err, context.DeadlineExceeded):
		return Transient
	case code == codes.Unavailable, code == codes.DeadlineExceeded:
		return Transient
	case code == codes.ResourceExhausted:
		return WhenAsked
	}
	return Permanent
}

// codeOf returns the gRPC code in err's chain, or false if there is none.
func codeOf(err error) (codes.Code, bool) {
	s, ok := status.FromError(err)
	return s.Code(), ok
}

// endOfContext reports whether err can be the result of an ended context: a raw
// context error, a status with the same meaning, or an I/O timeout, which is what
// drivers return after a deadline.
func endOfContext(err error) bool {
	if code, ok := codeOf(err); ok {
		return code == codes.DeadlineExceeded || code == codes.Canceled
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

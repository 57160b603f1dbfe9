package retry

import (
	"context"
	"errors"
	"net"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Class tells what another try can do about an error.
type Class uint8

const (
	// Permanent means that no further try can help; the call ends.
	Permanent Class = iota
	// Transient means that the call may succeed when tried again.
	Transient
	// WhenAsked is transient only if the server said when to come back, by
	// google.rpc.RetryInfo or by pushback.
	WhenAsked
)

// Classify is the default classification:
//
//   - Unavailable, and DeadlineExceeded as a status or as the raw context
//     error, are Transient;
//   - ResourceExhausted is WhenAsked: without word from the server it means a
//     quota, which more calls do not refill;
//   - everything else, a raw error without a status included, is Permanent,
//     since nothing is known that makes another try safe or useful.
//
// A gRPC status anywhere in the chain of err decides before a raw error does.
// DeadlineExceeded is transient because Do asks only while the caller's own
// context lives: what expired was the try, or the server's own limit.
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

// endOfContext reports whether err is a form that the end of a context takes:
// a raw context error, a status of the same meaning, or the I/O timeout that
// drivers turn a deadline into.
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

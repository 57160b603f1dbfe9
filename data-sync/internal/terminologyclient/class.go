package terminologyclient

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
	"aecode/common/rpcerr"
	"aecode/data-sync/internal/run"
	"aecode/proto/terminology"
)

// errNoProgress: terminology answered in time, but had no time for any item.
var errNoProgress = errors.New("terminology had no time for any item of the call")

// errMalformed: the whole response cannot be right.
var errMalformed = errors.New("terminology's response does not fit the request")

// ClassPinNotServed is the class where terminology answers, but no replica that
// was asked holds the pinned versions. It lasts until one with them is started
// again.
const ClassPinNotServed = "PIN_NOT_SERVED"

// aboutPin reports whether a call failed for the versions that it pins. A
// release that terminology has never heard of is NotFound.
func aboutPin(err error) bool {
	return rpcerr.Reason(err, terminology.ErrorDomain) == terminology.ReasonPinNotHeld || status.Code(err) == codes.NotFound
}

// classify is retry's default, and no progress counts as a failed try.
func classify(err error) retry.Class {
	if errors.Is(err, errNoProgress) {
		return retry.Transient
	}
	return retry.Classify(err)
}

// codeOf also understands raw context errors.
func codeOf(err error) codes.Code {
	if s, ok := status.FromError(err); ok {
		return s.Code()
	}
	return status.FromContextError(err).Code()
}

// codeName is the code in capitals, as in UNAVAILABLE; DEADLINE and CANCELLED
// are the engine's words.
func codeName(code codes.Code) string {
	switch code {
	case codes.DeadlineExceeded:
		return run.ClassDeadline
	case codes.Canceled:
		return run.ClassCancelled
	}
	if code > codes.Unauthenticated {
		return "UNKNOWN"
	}
	var b strings.Builder
	for i, r := range code.String() {
		if i > 0 && r >= 'A' && r <= 'Z' && code != codes.OK {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

// failureOf gives the class of a call's final error.
func failureOf(err error) *run.Failure {
	class := codeName(codeOf(err))
	e, retried := errors.AsType[*retry.Error](err)
	switch {
	case retried && e.Reason == retry.ReasonBudget:
		class = run.ClassBudget
	case retried && e.Reason == retry.ReasonCancelled:
		class = run.ClassCancelled
	case errors.Is(err, errMalformed):
		class = run.ClassMalformed
	case aboutPin(err):
		class = ClassPinNotServed
	case errors.Is(err, errNoProgress), errors.Is(err, context.DeadlineExceeded) && codeOf(err) == codes.Unknown:
		class = run.ClassDeadline
	}
	return &run.Failure{Class: class, Err: err}
}

// mayBeOneItem reports whether one bad item can be what failed a whole call,
// so that halving can find it. Codes that say something about the caller, the
// method, the pin or the load cannot.
func mayBeOneItem(err error) bool {
	if errors.Is(err, errMalformed) {
		return true
	}
	if e, ok := errors.AsType[*retry.Error](err); ok && e.Reason != retry.ReasonNotRetryable {
		return false
	}
	switch codeOf(err) {
	case codes.InvalidArgument, codes.Internal, codes.Unknown, codes.OutOfRange, codes.DataLoss:
		return true
	}
	return false
}

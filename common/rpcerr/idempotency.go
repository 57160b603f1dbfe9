package rpcerr

import (
	"context"
	"errors"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"aecode/common/idempotency"
)

// KeyMetadata is the gRPC metadata key that carries the idempotency key.
const KeyMetadata = "idempotency-key"

// FromClaim returns nil for a claim that lets the caller go on (Acquired: do
// the work, Replay: answer with the stored result), else the status to answer
// with: Aborted for a key in flight, FailedPrecondition for a key that belongs to
// another payload, and for an error what FromIdempotency gives. retryAfter, if
// positive, is sent as RetryInfo with a key in flight.
//
// Over HTTP the same answers are 400, 409, 422 and 503, as in the IETF draft
// "The Idempotency-Key HTTP Header Field".
func FromClaim(claim idempotency.Claim, retryAfter time.Duration) error {
	if claim.Err != nil {
		return FromIdempotency(claim.Err)
	}
	switch claim.Outcome {
	case idempotency.Acquired, idempotency.Replay:
		return nil
	case idempotency.InFlight:
		st := status.New(codes.Aborted, "a request with this idempotency key is in flight: repeat it later with the same key")
		if retryAfter > 0 {
			return withDetail(st, &errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)})
		}
		return st.Err()
	case idempotency.Mismatch:
		return status.Error(codes.FailedPrecondition, "this idempotency key was used with another payload: repeat the first request unchanged, or send this one under a new key")
	default:
		return status.Error(codes.Internal, "the idempotency store gave no answer")
	}
}

// FromIdempotency returns the status for an error of an [idempotency.Store], and
// nil for nil: InvalidArgument for a missing or unusable key, Aborted for a lost
// lease, Unavailable when Redis does not answer, Internal when it refuses this
// service. The texts are fixed: no address, key or payload reaches the client.
func FromIdempotency(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, idempotency.ErrInvalid):
		return withDetail(status.New(codes.InvalidArgument, "the idempotency key is missing or too long"),
			&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
				Field:       KeyMetadata,
				Description: "must have 1 to 512 bytes and stay the same for every repetition of the request",
			}}})
	case errors.Is(err, idempotency.ErrNotOwner):
		return status.Error(codes.Aborted, "the lease on this idempotency key passed to another request: repeat the request with the same key")
	case errors.Is(err, idempotency.ErrUnavailable) && !idempotency.Transient(err):
		return status.Error(codes.Internal, "the idempotency store refuses this service: its operator must set it right")
	case errors.Is(err, idempotency.ErrUnavailable):
		return status.Error(codes.Unavailable, "the idempotency store does not answer: repeat the request later with the same key")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return status.FromContextError(firstContextError(err)).Err()
	default:
		return status.Error(codes.Internal, "the idempotency record cannot be used")
	}
}

// firstContextError strips the wrapping, whose text is not for clients.
func firstContextError(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

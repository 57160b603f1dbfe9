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

// FromClaim returns nil if the caller of the claim can go on: after Acquired it
// does the work, after Replay it answers with the stored result. Otherwise
// FromClaim returns the error to answer with: Aborted for a key in flight,
// FailedPrecondition for a key that was used with another payload, and the result
// of FromIdempotency for an error. With a key in flight it sends retryAfter as
// RetryInfo, if it is positive.
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
		st := status.New(codes.Aborted, "another request with this idempotency key is in flight: send the request again later with the same key")
		if retryAfter > 0 {
			return withDetail(st, &errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)})
		}
		return st.Err()
	case idempotency.Mismatch:
		return status.Error(codes.FailedPrecondition, "this idempotency key was used with another payload: send the first request again unchanged, or send this one with a new key")
	default:
		return status.Error(codes.Internal, "the idempotency store gave no answer")
	}
}

// FromIdempotency returns the gRPC error for an error of an [idempotency.Store],
// and nil for nil: InvalidArgument for a missing or too long key, Aborted for a
// lost lease, Unavailable if Redis does not answer, Internal if Redis refuses this
// service or a record cannot be read. The end of a context keeps its own code.
// The texts are fixed: no address, key or payload reaches the client.
func FromIdempotency(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, idempotency.ErrInvalid):
		return withDetail(status.New(codes.InvalidArgument, "the idempotency key is missing or too long"),
			&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
				Field:       KeyMetadata,
				Description: "must have 1 to 512 bytes and be the same each time the request is sent",
			}}})
	case errors.Is(err, idempotency.ErrNotOwner):
		return status.Error(codes.Aborted, "another request took over this idempotency key: send the request again with the same key")
	case errors.Is(err, idempotency.ErrUnavailable) && !idempotency.Transient(err):
		return status.Error(codes.Internal, "the idempotency store refuses this service: the operator must correct the Redis settings")
	case errors.Is(err, idempotency.ErrUnavailable):
		return status.Error(codes.Unavailable, "the idempotency store does not answer: send the request again later with the same key")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return status.FromContextError(firstContextError(err)).Err()
	default:
		return status.Error(codes.Internal, "the idempotency record cannot be used")
	}
}

// firstContextError returns the context error in err without the text around it,
// which is not for clients.
func firstContextError(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

package idempotency

import (
	"context"
	"errors"
	"fmt"

	"aecode/common/redisconn/rediserr"
)

var (
	// ErrUnavailable reports that Redis did not answer, or answered with an error.
	// Nothing is known about the key, so the work must not be done. A Complete,
	// Extend or Release may or may not have taken effect; repeating it with the
	// same owner is harmless. If the error also matches rediserr.ErrRefused,
	// repeating does not help.
	ErrUnavailable = errors.New("idempotency store unavailable")

	// ErrNotOwner reports that another owner has the record or has completed it.
	// Nothing was changed.
	ErrNotOwner = errors.New("idempotency record belongs to another owner")

	// ErrLeaseLost reports that the record is gone: its lease has ended, or Redis
	// has lost its data. Nothing was changed. It also matches ErrNotOwner, because a
	// record that is gone has no owner.
	ErrLeaseLost = fmt.Errorf("idempotency lease lost: %w", ErrNotOwner)

	// ErrCompleted reports that this owner has already completed the record with
	// another result. The first result stays.
	ErrCompleted = errors.New("idempotency record is already completed with another result")

	// ErrInvalid reports a request that was refused before anything was sent:
	// its key, fingerprint, owner or result is empty or too long.
	ErrInvalid = errors.New("invalid idempotency request")

	// ErrCorrupt reports a record that this package did not write. The record is
	// not changed, and its key does not count as free.
	ErrCorrupt = errors.New("idempotency record is unreadable")
)

// Limits of a request, in bytes.
const (
	MaxKeyLen         = 512
	MaxOwnerLen       = 128
	MaxFingerprintLen = 128
)

// Transient reports whether an operation that failed with err may succeed if it
// is repeated with the same owner: Redis did not answer in time or cannot serve
// at the moment. Not transient are: a Redis that refuses this service
// (rediserr.ErrRefused), the caller's cancellation, and every definite answer,
// such as ErrNotOwner.
//
// Like common/retry it treats an expired deadline as that of one attempt. The
// caller checks its own deadline.
func Transient(err error) bool {
	if errors.Is(err, ErrUnavailable) {
		return !errors.Is(err, rediserr.ErrRefused)
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// checkText checks the length of a field, 1 to limit bytes. The error names the
// field but never quotes its value, because a caller's key may contain anything.
func checkText(field, value string, limit int) error {
	switch {
	case value == "":
		return fmt.Errorf("%w: %s is empty", ErrInvalid, field)
	case len(value) > limit:
		return fmt.Errorf("%w: %s has %d bytes, the maximum is %d", ErrInvalid, field, len(value), limit)
	}
	return nil
}

// unavailable wraps the error of a Redis call. If the caller's context has ended,
// it returns the error of the context instead, which says nothing about Redis.
func unavailable(ctx context.Context, op string, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("idempotency %s: %w", op, cause)
	}
	return fmt.Errorf("idempotency %s: %w, the state of the key is unknown until Redis answers: %w", op, ErrUnavailable, rediserr.Explain(err))
}

package idempotency

import (
	"context"
	"errors"
	"fmt"

	"aecode/common/redisconn/rediserr"
)

var (
	// ErrUnavailable reports that Redis did not answer, or answered with an
	// error, so that nothing is known: the work must not be done. After a
	// Complete, Extend or Release it may or may not have taken effect;
	// repeating it with the same owner is harmless. Where it matches
	// rediserr.ErrRefused too, repeating it is no use.
	ErrUnavailable = errors.New("idempotency store unavailable")

	// ErrNotOwner reports that the record is held, or was completed, by
	// another owner. Nothing was changed.
	ErrNotOwner = errors.New("idempotency record belongs to another owner")

	// ErrLeaseLost reports that the record is gone: its lease ended, or Redis
	// was wiped. Nothing was changed. It matches ErrNotOwner too, since a lost
	// lease leaves no owner.
	ErrLeaseLost = fmt.Errorf("idempotency lease lost: %w", ErrNotOwner)

	// ErrCompleted reports that this owner has completed the record before
	// with another result. The first result stays.
	ErrCompleted = errors.New("idempotency record is already completed with another result")

	// ErrInvalid reports a request that was refused before anything was sent:
	// an empty or too long key, fingerprint, owner or result.
	ErrInvalid = errors.New("invalid idempotency request")

	// ErrCorrupt reports a record that this package did not write. It is left
	// as it is and counts as not free.
	ErrCorrupt = errors.New("idempotency record is unreadable")
)

// Limits of a request, in bytes.
const (
	MaxKeyLen         = 512
	MaxOwnerLen       = 128
	MaxFingerprintLen = 128
)

// Transient reports whether an operation that failed with err may succeed when it
// is repeated with the same owner: Redis did not answer in time or cannot serve
// at the moment. It is not transient that Redis refuses this service
// (rediserr.ErrRefused), that the caller cancelled, and every answer that is
// known for certain, such as ErrNotOwner.
//
// As common/retry does, it takes the end of a deadline for that of one try: the
// caller's own is the caller's to look at.
func Transient(err error) bool {
	if errors.Is(err, ErrUnavailable) {
		return !errors.Is(err, rediserr.ErrRefused)
	}
	return errors.Is(err, context.DeadlineExceeded)
}

// checkText names the field but never quotes its value: a key that a caller
// made up may hold anything.
func checkText(field, value string, limit int) error {
	switch {
	case value == "":
		return fmt.Errorf("%w: %s is empty", ErrInvalid, field)
	case len(value) > limit:
		return fmt.Errorf("%w: %s has %d bytes, at most %d are allowed", ErrInvalid, field, len(value), limit)
	}
	return nil
}

// unavailable wraps what a Redis call returned. When the caller's own context
// has ended, that is the reason given: it says nothing about Redis.
func unavailable(ctx context.Context, op string, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("idempotency %s: %w", op, cause)
	}
	return fmt.Errorf("idempotency %s: %w, nothing may be assumed about the key until Redis answers: %w", op, ErrUnavailable, rediserr.Explain(err))
}

package idempotency

import (
	"context"
	"errors"
	"fmt"
)

// Hold is a record and the owner that claimed it.
type Hold struct {
	Key   string
	Owner string
}

func (h Hold) check() error {
	if err := checkText("key", h.Key, MaxKeyLen); err != nil {
		return err
	}
	return checkText("owner", h.Owner, MaxOwnerLen)
}

// Completion is a record, the owner that claimed it and the final result.
type Completion struct {
	Key    string
	Owner  string
	Result []byte
}

// Complete stores the result in a record that owner has claimed, for the store's
// Retention. Store only final results, after the effect is committed; after a
// transient failure call Release.
//
// It returns ErrLeaseLost if the record is gone, ErrNotOwner if it belongs to
// another owner, ErrCompleted if this owner has stored another result, ErrInvalid
// for an invalid key or owner or a result larger than MaxResult, or
// ErrUnavailable. Storing the same result again is a success.
func (s *Store) Complete(ctx context.Context, key, owner string, result []byte) error {
	errs, _ := s.CompleteBatch(ctx, []Completion{{Key: key, Owner: owner, Result: result}})
	return errs[0]
}

// Extend starts a new lease of a record that owner has claimed. A record that this
// owner has completed is not changed, without an error. The errors are those of
// Complete.
func (s *Store) Extend(ctx context.Context, key, owner string) error {
	errs, _ := s.ExtendBatch(ctx, []Hold{{Key: key, Owner: owner}})
	return errs[0]
}

// Release removes a record that owner has claimed, so that the next claim acquires
// it at once. A record that this owner has completed is not changed, without an
// error. ErrLeaseLost means that the record was already gone. The other errors are
// those of Complete.
func (s *Store) Release(ctx context.Context, key, owner string) error {
	errs, _ := s.ReleaseBatch(ctx, []Hold{{Key: key, Owner: owner}})
	return errs[0]
}

// CompleteBatch completes many records, up to 512 in one round trip. The first
// result has the error of each record at its position, nil for a completed one.
// The second is the first failure of Redis or the end of ctx, else nil.
func (s *Store) CompleteBatch(ctx context.Context, items []Completion) ([]error, error) {
	var owners tokens
	return s.owned(ctx, ownedOperation{
		name:    "complete",
		success: OutcomeCompleted,
		op: operation{
			script: completeScript,
			head:   []any{millis(s.opt.Retention)},
			width:  2,
			args: func(dst []any, i int) []any {
				return append(dst, owners.of(items[i].Owner), items[i].Result)
			},
		},
		n:    len(items),
		hold: func(i int) Hold { return Hold{Key: items[i].Key, Owner: items[i].Owner} },
		check: func(i int) error {
			if n := len(items[i].Result); n > s.opt.MaxResult {
				return fmt.Errorf("%w: result has %d bytes, the maximum is %d", ErrInvalid, n, s.opt.MaxResult)
			}
			return nil
		},
	})
}

// ExtendBatch extends many leases, up to 512 in one round trip. The results are
// those of CompleteBatch.
func (s *Store) ExtendBatch(ctx context.Context, holds []Hold) ([]error, error) {
	var owners tokens
	return s.owned(ctx, ownedOperation{
		name:    "extend",
		success: OutcomeExtended,
		op: operation{
			script: extendScript,
			head:   []any{millis(s.opt.Lease)},
			width:  1,
			args:   func(dst []any, i int) []any { return append(dst, owners.of(holds[i].Owner)) },
		},
		n:    len(holds),
		hold: func(i int) Hold { return holds[i] },
	})
}

// ReleaseBatch releases many records, up to 512 in one round trip. The results are
// those of CompleteBatch.
func (s *Store) ReleaseBatch(ctx context.Context, holds []Hold) ([]error, error) {
	var owners tokens
	return s.owned(ctx, ownedOperation{
		name:    "release",
		success: OutcomeReleased,
		op: operation{
			script: releaseScript,
			width:  1,
			args:   func(dst []any, i int) []any { return append(dst, owners.of(holds[i].Owner)) },
		},
		n:    len(holds),
		hold: func(i int) Hold { return holds[i] },
	})
}

// ownedOperation is an operation that only the owner of a record may do: complete,
// extend or release.
type ownedOperation struct {
	name    string
	success string
	op      operation
	n       int
	hold    func(i int) Hold
	check   func(i int) error
}

// owned checks and runs an operation, and counts its outcomes.
func (s *Store) owned(ctx context.Context, o ownedOperation) ([]error, error) {
	errs := make([]error, o.n)
	send := make([]int, 0, o.n)
	for i := range o.n {
		err := o.hold(i).check()
		if err == nil && o.check != nil {
			err = o.check(i)
		}
		if err != nil {
			errs[i] = fmt.Errorf("idempotency %s: %w", o.name, err)
			continue
		}
		send = append(send, i)
	}
	o.op.name = o.name
	o.op.answer = func(i int, reply any, err error) {
		if err != nil {
			errs[i] = err
			return
		}
		errs[i] = replyError(o.name, reply)
	}
	err := s.run(ctx, o.op, send, func(i int) string { return o.hold(i).Key })

	if s.opt.Observe != nil {
		var t tally
		for _, e := range errs {
			if e == nil {
				t.add(o.success)
			} else {
				t.add(failureOutcome(e))
			}
		}
		t.report(s.opt.Observe)
	}
	return errs, err
}

// replyError returns the error of a script's reply for one record. It does not
// allocate for success.
func replyError(name string, reply any) error {
	var err error
	switch reply {
	case int64(replyOK):
		return nil
	case int64(replyLost):
		err = ErrLeaseLost
	case int64(replyNotOwner):
		err = ErrNotOwner
	case int64(replyCompleted):
		err = ErrCompleted
	default:
		err = fmt.Errorf("%w: unexpected reply of type %T", ErrCorrupt, reply)
	}
	return fmt.Errorf("idempotency %s: %w", name, err)
}

// failureOutcome returns the outcome that an observer gets for an error. The end
// of the caller's context counts as unavailable, because the record got no answer.
func failureOutcome(err error) string {
	switch {
	case errors.Is(err, ErrLeaseLost):
		return OutcomeLeaseLost
	case errors.Is(err, ErrNotOwner):
		return OutcomeNotOwner
	case errors.Is(err, ErrCompleted), errors.Is(err, ErrCorrupt):
		return OutcomeConflict
	case errors.Is(err, ErrInvalid):
		return OutcomeInvalid
	default:
		return OutcomeUnavailable
	}
}

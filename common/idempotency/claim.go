package idempotency

import (
	"context"
	"fmt"
)

// Outcome is the answer to a claim. The zero value means that no answer was
// obtained.
type Outcome uint8

// The answers to a claim.
const (
	// Acquired: the caller holds the record for the store's lease and is to
	// do the work.
	Acquired Outcome = iota + 1
	// Replay: the work was completed; Result is what was stored.
	Replay
	// InFlight: another owner holds the record. Ask again later.
	InFlight
	// Mismatch: the key was used before with another fingerprint, whether
	// that work is in flight or completed.
	Mismatch
)

// String returns the outcome as counters name it.
func (o Outcome) String() string {
	switch o {
	case Acquired:
		return OutcomeAcquired
	case Replay:
		return OutcomeReplay
	case InFlight:
		return OutcomeInFlight
	case Mismatch:
		return OutcomeMismatch
	default:
		return "unanswered"
	}
}

// Request asks for the right to do a piece of work.
type Request struct {
	// Key names the work, 1 to MaxKeyLen bytes. It goes into Redis as it is:
	// it must hold neither a patient's words nor a plain hash of them.
	Key string
	// Fingerprint stands for the payload, 1 to MaxFingerprintLen bytes; see
	// the function Fingerprint.
	Fingerprint string
	// Owner is the caller's token, 1 to MaxOwnerLen bytes; see NewOwner.
	Owner string
}

func (r Request) check() error {
	if err := checkText("key", r.Key, MaxKeyLen); err != nil {
		return err
	}
	if err := checkText("fingerprint", r.Fingerprint, MaxFingerprintLen); err != nil {
		return err
	}
	return checkText("owner", r.Owner, MaxOwnerLen)
}

// Claim is the answer to a Request.
type Claim struct {
	// Outcome is zero exactly when Err is set.
	Outcome Outcome
	// Result is what Complete stored; only with Replay.
	Result []byte
	// Err says why this request has no answer: ErrInvalid, ErrCorrupt, the
	// context's error, or ErrUnavailable.
	Err error
}

// Claim asks for one record. A non-nil error means that the work must not be
// done; it is the same as the Claim's Err.
func (s *Store) Claim(ctx context.Context, req Request) (Claim, error) {
	claims, _ := s.ClaimBatch(ctx, []Request{req})
	return claims[0], claims[0].Err
}

// ClaimBatch asks for many records, up to 512 in one round trip, and answers
// each at its request's position. A key that occurs twice in the batch is
// claimed once: later occurrences get what a caller of their own would get,
// InFlight or Mismatch where the first acquired it.
//
// The error is the first failure of Redis or the end of ctx, else nil. Even
// then the claims are complete: records acquired before the failure say so and
// are the caller's to release (or to leave to their lease), and the others
// carry Err. An invalid request has its own Err and hinders no other.
func (s *Store) ClaimBatch(ctx context.Context, reqs []Request) ([]Claim, error) {
	claims := make([]Claim, len(reqs))
	mine := make([]string, len(reqs))  // the record that a claim writes
	found := make([]string, len(reqs)) // the record after the claim
	first := make(map[string]int, len(reqs))
	send := make([]int, 0, len(reqs))
	var repeated []int
	var owners tokens
	for i, req := range reqs {
		if err := req.check(); err != nil {
			claims[i].Err = fmt.Errorf("idempotency claim: %w", err)
			continue
		}
		mine[i] = inProgress(owners.of(req.Owner), fingerprintToken(req.Fingerprint))
		if _, dup := first[req.Key]; dup {
			repeated = append(repeated, i)
			continue
		}
		first[req.Key] = i
		send = append(send, i)
	}

	op := operation{
		name:   "claim",
		script: claimScript,
		head:   []any{millis(s.opt.Lease)},
		width:  1,
		args:   func(dst []any, i int) []any { return append(dst, mine[i]) },
		answer: func(i int, reply any, err error) {
			switch v := reply.(type) {
			case nil:
				found[i] = mine[i]
				if claims[i].Err = err; err == nil {
					claims[i].Outcome = Acquired
				}
			case string:
				found[i] = v
				if v == mine[i] {
					claims[i].Outcome = Acquired
				} else {
					claims[i] = judge(v, mine[i])
				}
			default:
				claims[i].Err = fmt.Errorf("idempotency claim: %w: reply of type %T", ErrCorrupt, reply)
			}
		},
	}
	err := s.run(ctx, op, send, func(i int) string { return reqs[i].Key })

	for _, i := range repeated {
		if f := first[reqs[i].Key]; claims[f].Err != nil {
			claims[i].Err = claims[f].Err
		} else {
			claims[i] = judge(found[f], mine[i])
		}
	}
	s.countClaims(claims)
	return claims, err
}

// judge answers a claim on a record that exists and is not the claimant's, who
// would have written mine.
func judge(value, mine string) Claim {
	rec, err := decodeRecord(value)
	switch {
	case err != nil:
		return Claim{Err: fmt.Errorf("idempotency claim: %w", err)}
	case rec.fingerprint != mine[1+ownerWidth:]:
		return Claim{Outcome: Mismatch}
	case rec.done:
		return Claim{Outcome: Replay, Result: []byte(rec.result)}
	default:
		return Claim{Outcome: InFlight}
	}
}

func (s *Store) countClaims(claims []Claim) {
	if s.opt.Observe == nil {
		return
	}
	var t tally
	for _, c := range claims {
		if c.Err != nil {
			t.add(failureOutcome(c.Err))
		} else {
			t.add(c.Outcome.String())
		}
	}
	t.report(s.opt.Observe)
}

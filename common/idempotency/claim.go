package idempotency

import (
	"context"
	"fmt"
)

// Outcome is the answer to a claim. The zero value means that there is no answer.
type Outcome uint8

// The answers to a claim.
const (
	// Acquired means that the caller owns the record for the store's lease. It must
	// do the work.
	Acquired Outcome = iota + 1
	// Replay means that the work is done. The claim has the stored result.
	Replay
	// InFlight means that another owner has the record. Claim it again later.
	InFlight
	// Mismatch means that the key was used with another fingerprint, for work that
	// is in flight or done.
	Mismatch
)

// String returns the name of the outcome in counters.
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

// Request is a claim for a piece of work.
type Request struct {
	// Key identifies the work, 1 to MaxKeyLen bytes. It is stored in Redis
	// unchanged, so it must contain neither a patient's words nor a plain hash of
	// them.
	Key string
	// Fingerprint identifies the payload, 1 to MaxFingerprintLen bytes. The function
	// Fingerprint makes it.
	Fingerprint string
	// Owner is the token of the caller, 1 to MaxOwnerLen bytes. NewOwner makes it.
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
	// Outcome is zero if, and only if, Err is not nil.
	Outcome Outcome
	// Result is what Complete stored. It is set only with Replay.
	Result []byte
	// Err says why the request has no answer: ErrInvalid, ErrCorrupt,
	// ErrUnavailable or the error of the context.
	Err error
}

// Claim claims one record. If the error is not nil, the caller must not do the
// work. The error is the same as the Err of the Claim.
func (s *Store) Claim(ctx context.Context, req Request) (Claim, error) {
	claims, _ := s.ClaimBatch(ctx, []Request{req})
	return claims[0], claims[0].Err
}

// ClaimBatch claims many records, up to 512 in one round trip. The answers are at
// the positions of the requests. A key that occurs again in the batch is claimed
// once. Its later occurrences get the answer that another caller would get:
// InFlight or Mismatch if the first occurrence acquired the key.
//
// The error is the first failure of Redis or the end of ctx, else nil. Even with
// an error all claims are set: a record that was acquired before the failure is
// Acquired, and the caller must release it or let its lease end. The others have
// an Err. An invalid request has an Err and does not affect the others.
func (s *Store) ClaimBatch(ctx context.Context, reqs []Request) ([]Claim, error) {
	claims := make([]Claim, len(reqs))
	mine := make([]string, len(reqs))  // the record that the claim writes
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

// judge answers a claim on the record value, which exists and belongs to another
// owner or is done. mine is the record that the claim would have written.
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

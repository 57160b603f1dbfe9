// Package claims keeps the idempotency records of the nightly run in Redis: it
// adapts common/idempotency to what the engine needs. The records save work and
// prove nothing: the database is the authority.
package claims

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"aecode/common/idempotency"
	"aecode/common/retry"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// Redis claims the items of a chunk. It is safe for concurrent use.
//
// The key of a record holds report, verbatim version and deciding versions, so
// that the same report under another dictionary, or with a changed verbatim, has
// a record of its own. The record's result is the coding's id.
type Redis struct {
	records *idempotency.Store
	secret  idempotency.Secret
}

// New returns claims over records. The records' lease must not be shorter than
// chunkLease: a record that ends before the chunk is renewed protects nothing.
// The secret makes the fingerprints of verbatims; all replicas share it.
func New(records *idempotency.Store, secret idempotency.Secret, chunkLease time.Duration) (*Redis, error) {
	if records == nil {
		return nil, errors.New("claims: no idempotency records given")
	}
	if idempotency.Fingerprint(secret) == "" {
		return nil, errors.New("claims: the installation key is missing")
	}
	if records.Lease() < chunkLease {
		return nil, fmt.Errorf("claims: the records' lease of %v is shorter than the chunk lease of %v", records.Lease(), chunkLease)
	}
	return &Redis{records: records, secret: secret}, nil
}

// tries is how a claim is tried again that Redis did not answer. Whether the pass
// then waits is the engine's to decide.
var tries = retry.Policy{
	MaxAttempts: 5,
	Backoff:     retry.Backoff{Base: 50 * time.Millisecond, Cap: time.Second},
	Classify: func(err error) retry.Class {
		if idempotency.Transient(err) {
			return retry.Transient
		}
		return retry.Permanent
	},
}

// keyOf names the decision to be made; it never holds a verbatim.
func keyOf(pin report.Versions, item run.Item) string {
	return fmt.Sprintf("n:%d:%d:%s:%s:%s", item.ReportID, item.VerbatimVersion, pin.Dictionary, pin.SynonymVersion, pin.EngineVersion)
}

// Claim asks for a record an item. A record of another payload, or one that
// cannot be read, answers Replay like a completed one: it is Redis that is out
// of date then, since the database hands the item out, and it is the database
// that protects the write.
func (c *Redis) Claim(ctx context.Context, pin report.Versions, owner string, items []run.Item) ([]run.ClaimState, error) {
	reqs := make([]idempotency.Request, len(items))
	for i, item := range items {
		reqs[i] = idempotency.Request{
			Key:         keyOf(pin, item),
			Fingerprint: idempotency.Fingerprint(c.secret, item.Verbatim, item.Language),
			Owner:       owner,
		}
	}
	claims, err := retry.DoValue(ctx, tries, func(ctx context.Context) ([]idempotency.Claim, error) {
		return c.records.ClaimBatch(ctx, reqs)
	})
	if err != nil {
		return nil, err
	}
	states := make([]run.ClaimState, len(items))
	for i, claim := range claims {
		switch {
		case errors.Is(claim.Err, idempotency.ErrCorrupt):
			states[i] = run.Replay
		case claim.Err != nil:
			return nil, fmt.Errorf("claim report %d: %w", items[i].ReportID, claim.Err)
		case claim.Outcome == idempotency.Acquired:
			states[i] = run.Acquired
		case claim.Outcome == idempotency.InFlight:
			states[i] = run.InFlight
		default:
			states[i] = run.Replay
		}
	}
	return states, nil
}

// Extend renews the leases. Records that are gone are not made again: the
// claims of others on them must not be undone. The error is Redis's.
func (c *Redis) Extend(ctx context.Context, pin report.Versions, owner string, items []run.Item) error {
	_, err := c.records.ExtendBatch(ctx, holds(pin, owner, items))
	return err
}

// Complete records the outcomes of what owner holds; records of others stay as
// they are. The error is Redis's.
func (c *Redis) Complete(ctx context.Context, pin report.Versions, owner string, recorded []run.Recorded) error {
	done := make([]idempotency.Completion, len(recorded))
	for i, r := range recorded {
		done[i] = idempotency.Completion{
			Key:    keyOf(pin, r.Item),
			Owner:  owner,
			Result: strconv.AppendInt(nil, r.CodingID, 10),
		}
	}
	_, err := c.records.CompleteBatch(ctx, done)
	return err
}

// Release gives back what owner holds; records of others stay as they are. The
// error is Redis's.
func (c *Redis) Release(ctx context.Context, pin report.Versions, owner string, items []run.Item) error {
	_, err := c.records.ReleaseBatch(ctx, holds(pin, owner, items))
	return err
}

// Ping asks for a lease that nobody holds: any answer will do.
func (c *Redis) Ping(ctx context.Context) error {
	_, err := c.records.ReleaseBatch(ctx, []idempotency.Hold{{Key: "n:ping", Owner: "ping"}})
	return err
}

func holds(pin report.Versions, owner string, items []run.Item) []idempotency.Hold {
	out := make([]idempotency.Hold, len(items))
	for i, item := range items {
		out[i] = idempotency.Hold{Key: keyOf(pin, item), Owner: owner}
	}
	return out
}

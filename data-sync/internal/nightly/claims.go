package nightly

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// RedisClaims implements Claims over the shared idempotency records. A record
// is keyed by report, verbatim version and deciding versions, so that another
// dictionary or a changed verbatim is other work; it holds the coding's id.
type RedisClaims struct {
	records *idempotency.Store
	secret  idempotency.Secret
}

var _ Claims = (*RedisClaims)(nil)

// NewClaims returns claims over records, whose Lease is to be the engine's
// ChunkLease. chunkLease is checked against it: a record that ends before the
// chunk is renewed protects nothing. The secret makes the fingerprints of
// verbatims; all replicas share it.
func NewClaims(records *idempotency.Store, secret idempotency.Secret, chunkLease time.Duration) (*RedisClaims, error) {
	if records == nil {
		return nil, errors.New("nightly claims: no idempotency records given")
	}
	if idempotency.Fingerprint(secret) == "" {
		return nil, errors.New("nightly claims: the installation key is missing")
	}
	if records.Lease() < chunkLease {
		return nil, fmt.Errorf("nightly claims: the records' lease of %v is shorter than the chunk lease of %v", records.Lease(), chunkLease)
	}
	return &RedisClaims{records: records, secret: secret}, nil
}

// keyOfItem names the decision to be made; it holds no patient's word.
func keyOfItem(pin report.Versions, item run.Item) string {
	return fmt.Sprintf("n:%d:%d:%s:%s:%s", item.ReportID, item.VerbatimVersion, pin.Dictionary, pin.SynonymVersion, pin.EngineVersion)
}

// Claim asks for a record an item. A record of another payload, or one that
// cannot be read, answers Replay like a completed one: it is Redis that is out
// of date then, since the database hands the item out, and it is the database
// that protects the write.
func (c *RedisClaims) Claim(ctx context.Context, pin report.Versions, owner string, items []run.Item) ([]run.ClaimState, error) {
	reqs := make([]idempotency.Request, len(items))
	for i, item := range items {
		reqs[i] = idempotency.Request{
			Key:         keyOfItem(pin, item),
			Fingerprint: idempotency.Fingerprint(c.secret, item.Verbatim, item.Language),
			Owner:       owner,
		}
	}
	claims, err := c.records.ClaimBatch(ctx, reqs)
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
func (c *RedisClaims) Extend(ctx context.Context, pin report.Versions, owner string, items []run.Item) error {
	_, err := c.records.ExtendBatch(ctx, holds(pin, owner, items))
	return err
}

// Complete records the outcomes of what owner holds; records of others stay as
// they are. The error is Redis's.
func (c *RedisClaims) Complete(ctx context.Context, pin report.Versions, owner string, recorded []run.Recorded) error {
	done := make([]idempotency.Completion, len(recorded))
	for i, r := range recorded {
		done[i] = idempotency.Completion{
			Key:    keyOfItem(pin, r.Item),
			Owner:  owner,
			Result: strconv.AppendInt(nil, r.CodingID, 10),
		}
	}
	_, err := c.records.CompleteBatch(ctx, done)
	return err
}

// Release gives back what owner holds; records of others stay as they are. The
// error is Redis's.
func (c *RedisClaims) Release(ctx context.Context, pin report.Versions, owner string, items []run.Item) error {
	_, err := c.records.ReleaseBatch(ctx, holds(pin, owner, items))
	return err
}

// Ping asks for a lease that nobody holds: any answer will do.
func (c *RedisClaims) Ping(ctx context.Context) error {
	_, err := c.records.ReleaseBatch(ctx, []idempotency.Hold{{Key: "n:ping", Owner: "ping"}})
	return err
}

func holds(pin report.Versions, owner string, items []run.Item) []idempotency.Hold {
	out := make([]idempotency.Hold, len(items))
	for i, item := range items {
		out[i] = idempotency.Hold{Key: keyOfItem(pin, item), Owner: owner}
	}
	return out
}

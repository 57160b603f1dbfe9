package nightly_test

import (
	"context"
	"sync/atomic"
	"time"

	"aecode/data-sync/internal/claims"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// heirStore holds each claim against the end of a dead replica's lease.
type heirStore struct {
	nightly.Store
	of   *cluster
	seq  int
	end  int64 // of the lease, in ms of the database's clock
	took atomic.Bool
}

func (h *heirStore) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (run.Chunk, bool, error) {
	asked, err := h.Now(ctx)
	if err != nil {
		return run.Chunk{}, false, err
	}
	chunk, ok, err := h.Store.ClaimChunk(ctx, runID, pass, owner, lease)
	if err != nil || h.took.Load() {
		return chunk, ok, err
	}
	answered, err := h.Now(ctx)
	if err != nil {
		return chunk, ok, nil //nolint:nilerr // the claim stands, when it was made cannot be told
	}
	switch {
	case ok && chunk.Seq == h.seq:
		h.took.Store(true)
		if answered.UnixMilli() < h.end {
			h.of.t.Errorf("taken over %d ms before the lease's end", h.end-answered.UnixMilli())
		}
	case !ok && asked.UnixMilli() >= h.end:
		h.of.t.Errorf("not taken over by a claim %d ms after the lease's end", asked.UnixMilli()-h.end)
	}
	return chunk, ok, nil
}

// cutClaims is a connection to the idempotency records that can be cut.
type cutClaims struct {
	nightly.Claims
	cut, claimed atomic.Bool
}

func (c *cutClaims) Claim(ctx context.Context, pin versions, owner string, items []run.Item) ([]run.ClaimState, error) {
	defer c.claimed.Store(true)
	if c.cut.Load() {
		return nil, errRedisAway
	}
	return c.Claims.Claim(ctx, pin, owner, items)
}

func (c *cutClaims) Release(ctx context.Context, pin versions, owner string, items []run.Item) error {
	if c.cut.Load() {
		return errRedisAway
	}
	return c.Claims.Release(ctx, pin, owner, items)
}

// flushing loses all records as soon as some have been claimed, and again before
// any is completed.
type flushing struct {
	*claims.Redis
	of *cluster
	n  atomic.Int32
}

func (f *flushing) flush() {
	f.n.Add(1)
	if err := f.of.flush(); err != nil {
		f.of.t.Error(err)
	}
}

func (f *flushing) Claim(ctx context.Context, pin versions, owner string, items []run.Item) ([]run.ClaimState, error) {
	defer f.flush()
	return f.Redis.Claim(ctx, pin, owner, items)
}

func (f *flushing) Complete(ctx context.Context, pin versions, owner string, recorded []run.Recorded) error {
	f.flush()
	return f.Redis.Complete(ctx, pin, owner, recorded)
}

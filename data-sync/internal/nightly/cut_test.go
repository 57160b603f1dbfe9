package nightly_test

import (
	"context"
	"sync/atomic"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// How a cut connection fails.
const (
	connected int32 = iota
	refusing        // at once
	hanging         // until the call's own deadline
	noItems         // connected, but for the loading of chunks
)

// cutStore is a connection to the database that can be cut. Its deadlines are
// the store's defaults.
type cutStore struct {
	nightly.Store
	mode atomic.Int32
}

const (
	statementTimeout = 5 * time.Second
	writeTimeout     = 10 * time.Second
	passTimeout      = 100 * time.Second
)

func (c *cutStore) pass(ctx context.Context, limit time.Duration) error {
	switch c.mode.Load() {
	case refusing:
		return errDatabaseAway
	case hanging:
		return hang(ctx, limit)
	}
	return nil
}

func (c *cutStore) Ping(ctx context.Context) error {
	if err := c.pass(ctx, statementTimeout); err != nil {
		return err
	}
	return c.Store.Ping(ctx)
}

func (c *cutStore) OpenPass(ctx context.Context, req run.OpenPass) (run.Pass, bool, error) {
	if err := c.pass(ctx, passTimeout); err != nil {
		return run.Pass{}, false, err
	}
	return c.Store.OpenPass(ctx, req)
}

func (c *cutStore) OpenPasses(ctx context.Context) ([]run.Pass, error) {
	if err := c.pass(ctx, statementTimeout); err != nil {
		return nil, err
	}
	return c.Store.OpenPasses(ctx)
}

func (c *cutStore) Pass(ctx context.Context, runID string, number int) (run.Pass, error) {
	if err := c.pass(ctx, statementTimeout); err != nil {
		return run.Pass{}, err
	}
	return c.Store.Pass(ctx, runID, number)
}

func (c *cutStore) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (run.Chunk, bool, error) {
	if err := c.pass(ctx, writeTimeout); err != nil {
		return run.Chunk{}, false, err
	}
	return c.Store.ClaimChunk(ctx, runID, pass, owner, lease)
}

func (c *cutStore) ExtendChunk(ctx context.Context, chunk run.Chunk, lease time.Duration) error {
	if err := c.pass(ctx, writeTimeout); err != nil {
		return err
	}
	return c.Store.ExtendChunk(ctx, chunk, lease)
}

func (c *cutStore) ReleaseChunk(ctx context.Context, chunk run.Chunk, after time.Duration) error {
	if err := c.pass(ctx, writeTimeout); err != nil {
		return err
	}
	return c.Store.ReleaseChunk(ctx, chunk, after)
}

func (c *cutStore) Items(ctx context.Context, chunk run.Chunk) ([]run.Item, error) {
	if err := c.pass(ctx, statementTimeout); err != nil {
		return nil, err
	}
	if c.mode.Load() == noItems {
		return nil, errDatabaseAway
	}
	return c.Store.Items(ctx, chunk)
}

func (c *cutStore) CommitChunk(ctx context.Context, chunk run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	if err := c.pass(ctx, writeTimeout); err != nil {
		return run.Commit{}, err
	}
	return c.Store.CommitChunk(ctx, chunk, results, after)
}

func (c *cutStore) SetPaused(ctx context.Context, runID string, pass int, paused bool, reason string) error {
	if err := c.pass(ctx, writeTimeout); err != nil {
		return err
	}
	return c.Store.SetPaused(ctx, runID, pass, paused, reason)
}

func (c *cutStore) FinishPass(ctx context.Context, runID string, pass int) (run.Pass, bool, error) {
	if err := c.pass(ctx, passTimeout); err != nil {
		return run.Pass{}, false, err
	}
	return c.Store.FinishPass(ctx, runID, pass)
}

func (c *cutStore) EndPass(ctx context.Context, runID string, pass int, state run.State, reason, errorClass string) (run.Pass, error) {
	if err := c.pass(ctx, passTimeout); err != nil {
		return run.Pass{}, err
	}
	return c.Store.EndPass(ctx, runID, pass, state, reason, errorClass)
}

func (c *cutStore) Now(ctx context.Context) (time.Time, error) {
	if err := c.pass(ctx, statementTimeout); err != nil {
		return time.Time{}, err
	}
	return c.Store.Now(ctx)
}

package nightly

import (
	"context"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// Store is what the nightly engine needs of the database. Every method takes a
// deadline of its own from the store's configuration, within ctx; all times
// and leases are the database's clock.
type Store interface {
	// OpenPass fixes the members of a new pass in one transaction, or gives the
	// run's open pass, or, with nothing to do, its last one. A run without any
	// pass and without work gets an empty COMPLETED pass. opened tells a new one.
	OpenPass(ctx context.Context, req run.OpenPass) (pass run.Pass, opened bool, err error)
	// OpenPasses lists the open passes, oldest first.
	OpenPasses(ctx context.Context) ([]run.Pass, error)
	// Pass gives a pass with its counts; number 0 is the newest, an empty runID
	// the newest run. ErrNotFound where there is none.
	Pass(ctx context.Context, runID string, number int) (run.Pass, error)
	// Runs gives the newest pass of each run, newest run first.
	Runs(ctx context.Context, limit int) ([]run.Pass, error)

	// ClaimChunk leases the next free chunk of an open pass: never claimed,
	// released, or with an expired lease. ok is false when none is free now.
	ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (chunk run.Chunk, ok bool, err error)
	// ExtendChunk renews the lease; ErrLeaseLost when it is another's.
	ExtendChunk(ctx context.Context, chunk run.Chunk, lease time.Duration) error
	// ReleaseChunk gives the chunk back, not to be claimed for `after`;
	// ErrLeaseLost when it is another's. One with attempt 0 stands for whatever
	// the owner holds of the pass, when the answer to its claim was lost.
	ReleaseChunk(ctx context.Context, chunk run.Chunk, after time.Duration) error
	// Items loads the members of the chunk that have no outcome yet and are
	// still this pass's to decide; the others get their outcome on the way.
	Items(ctx context.Context, chunk run.Chunk) ([]run.Item, error)
	// CommitChunk writes results in one transaction: codings, statuses, audit,
	// member outcomes; the chunk is DONE when nothing is left in it, else
	// released for `after`. ErrLeaseLost, and nothing written, when the chunk is
	// another's. May be repeated after an ambiguous answer without harm.
	CommitChunk(ctx context.Context, chunk run.Chunk, results []run.Result, after time.Duration) (run.Commit, error)

	// SetPaused marks an open pass PAUSED with a reason, or RUNNING again.
	SetPaused(ctx context.Context, runID string, pass int, paused bool, reason string) error
	// FinishPass ends a pass whose chunks are all DONE: COMPLETED, or PARTIAL
	// when members are left. ok is false while a chunk is open.
	FinishPass(ctx context.Context, runID string, pass int) (p run.Pass, ok bool, err error)
	// EndPass ends an open pass now as Partial or Cancelled; members without
	// outcome are left with the error class given, and its chunks are closed:
	// an owner that still works on one gets ErrLeaseLost.
	EndPass(ctx context.Context, runID string, pass int, state run.State, reason, errorClass string) (run.Pass, error)
	// Now is the database's clock.
	Now(ctx context.Context) (time.Time, error)
}

// Coder is what the nightly engine needs of terminology.
type Coder interface {
	// Encode answers each term at the same place, within ctx's deadline: tries,
	// attempt deadlines and budget are inside. An error means that the whole
	// batch failed after its tries.
	Encode(ctx context.Context, pin report.Versions, terms []run.Term) ([]run.Answer, error)
	// Newest gives the versions that a new pass pins.
	Newest(ctx context.Context) (report.Versions, error)
	// BatchSize is how many terms one Encode takes best now, at least 1. It
	// changes with what terminology can do in an attempt's time.
	BatchSize() int
}

// Claims is what the nightly engine needs of the idempotency records, each
// method in one round trip.
type Claims interface {
	// Claim leases a record for each item. The answer has one entry an item:
	// acquired, done already (with the coding id it recorded), or in flight
	// elsewhere.
	Claim(ctx context.Context, pin report.Versions, owner string, items []run.Item) ([]run.ClaimState, error)
	// Extend renews the leases that owner holds.
	Extend(ctx context.Context, pin report.Versions, owner string, items []run.Item) error
	// Complete records the outcome: the coding's id, 0 for review.
	Complete(ctx context.Context, pin report.Versions, owner string, recorded []run.Recorded) error
	// Release gives the leases back.
	Release(ctx context.Context, pin report.Versions, owner string, items []run.Item) error
	// Ping tells whether the records can be reached.
	Ping(ctx context.Context) error
}

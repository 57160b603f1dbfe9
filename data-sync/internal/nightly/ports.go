package nightly

import (
	"context"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// Store is what the engine needs of the database.
//
// The store tries a call again by itself where it knows the failure to be
// transient; the engine does not. What the engine is told has lasted: it decides
// whether the pass waits. Every call has a deadline of its own, within ctx. All
// times and leases are by the database's clock.
type Store interface {
	PassStore
	ChunkStore
	Clock
}

// PassStore opens, reads and ends passes.
type PassStore interface {
	// OpenPass fixes the members of a new pass in one transaction. Where the run
	// has an open pass it returns that one, and where there is nothing to do, the
	// last one. A run without any pass and without work gets an empty COMPLETED
	// pass. opened is true for a new pass.
	OpenPass(ctx context.Context, req run.OpenPass) (pass run.Pass, opened bool, err error)
	// OpenPasses lists the open passes, oldest first.
	OpenPasses(ctx context.Context) ([]run.Pass, error)
	// Pass returns a pass with its counts. Number 0 is the newest pass, an empty
	// runID the newest run. run.ErrNotFound where there is none.
	Pass(ctx context.Context, runID string, number int) (run.Pass, error)
	// SetPaused marks an open pass PAUSED with a reason, or RUNNING again.
	SetPaused(ctx context.Context, runID string, pass int, paused bool, reason string) error
	// FinishPass ends a pass whose chunks are all DONE: COMPLETED, or PARTIAL
	// when members are left. ok is false while a chunk is open.
	FinishPass(ctx context.Context, runID string, pass int) (p run.Pass, ok bool, err error)
	// EndPass ends an open pass now as Partial or Cancelled. Members without an
	// outcome are left with the error class given. Its chunks are closed: an
	// owner that still works on one gets run.ErrLeaseLost.
	EndPass(ctx context.Context, runID string, pass int, state run.State, reason, errorClass string) (run.Pass, error)
}

// ChunkStore leases chunks and writes their results.
type ChunkStore interface {
	// ClaimChunk leases the next free chunk of an open pass: one that was never
	// claimed, was released, or whose lease has expired. ok is false when none is
	// free now.
	ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (chunk run.Chunk, ok bool, err error)
	// ExtendChunk renews the lease; run.ErrLeaseLost when another owner has it.
	ExtendChunk(ctx context.Context, chunk run.Chunk, lease time.Duration) error
	// ReleaseChunk gives the chunk back, not to be claimed for `after`;
	// run.ErrLeaseLost when another owner has it. A chunk with attempt 0 stands
	// for whatever the owner holds of the pass: the answer to its claim was lost.
	ReleaseChunk(ctx context.Context, chunk run.Chunk, after time.Duration) error
	// Items loads the members of the chunk that have no outcome yet and are
	// still this pass's to decide. The others get their outcome on the way.
	Items(ctx context.Context, chunk run.Chunk) ([]run.Item, error)
	// CommitChunk writes results in one transaction: codings, statuses, audit,
	// outcomes of members. The chunk is DONE when no member is left without an
	// outcome, else it is released for `after`. run.ErrLeaseLost, and nothing is
	// written, when another owner has the chunk. It may be repeated after an
	// ambiguous answer without harm.
	CommitChunk(ctx context.Context, chunk run.Chunk, results []run.Result, after time.Duration) (run.Commit, error)
}

// Clock is the database's.
type Clock interface {
	// Now returns the database's time.
	Now(ctx context.Context) (time.Time, error)
	// Ping makes sure that the database answers. It is one try: the engine asks
	// again by itself while the database is away.
	Ping(ctx context.Context) error
}

// Coder is what the nightly engine needs of terminology.
type Coder interface {
	// Encode answers each term at the same index, within ctx's deadline. Tries,
	// attempt deadlines and the retry budget are inside. An error means that the
	// whole batch failed after its tries.
	Encode(ctx context.Context, pin report.Versions, terms []run.Term) ([]run.Answer, error)
	// Probe returns nil when terminology answers a harmless verbatim under the
	// pin.
	Probe(ctx context.Context, pin report.Versions) error
	// Newest returns the versions that a new pass pins.
	Newest(ctx context.Context) (report.Versions, error)
	// BatchSize is the number of terms that one Encode should carry now, at least
	// 1. It changes with what terminology can do in an attempt's time.
	BatchSize() int
}

// Claims is what the nightly engine needs of the idempotency records. Each method
// takes one round trip. Claim is tried again where its failure is transient; a
// failure of the others costs work, not correctness, and is not.
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

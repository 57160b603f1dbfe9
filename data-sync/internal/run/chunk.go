package run

import "errors"

// Chunk is a lease on up to ChunkSize members of a pass.
type Chunk struct {
	RunID string
	Pass  int
	Seq   int
	Owner string
	// Attempt counts claims of this chunk, from 1: it tells two leases apart.
	Attempt int
	// Tries counts the earlier attempts that failed by themselves. One that was
	// interrupted, or whose owner went away, is none. The owner counts: what
	// ReleaseChunk and CommitChunk are given is what the next claim gives.
	Tries int
}

// Commit is what the store did with a chunk's results.
type Commit struct {
	// Recorded maps each report to the id of its live coding (0 for Review),
	// for the idempotency records. A Left result that is in it made the report
	// Poison.
	Recorded map[int64]int64
	// Gone are the reports among the results that were no longer this pass's to
	// decide: whatever their result says, it was not written.
	Gone []int64
	// Done: the chunk has no member without an outcome left.
	Done bool
}

// ErrLeaseLost says that a chunk belongs to another owner now.
var ErrLeaseLost = errors.New("chunk lease lost to another owner")

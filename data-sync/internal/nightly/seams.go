package nightly

import (
	"context"
	"errors"
	"time"

	"aecode/data-sync/internal/report"
)

// State is the state of a pass.
type State string

// The states of a pass. Running and Paused are open, the others final.
const (
	Running   State = "RUNNING"
	Paused    State = "PAUSED"
	Completed State = "COMPLETED"
	Partial   State = "PARTIAL"
	Cancelled State = "CANCELLED"
)

// Open reports whether a pass in this state still takes work.
func (s State) Open() bool { return s == Running || s == Paused }

// Pass is one pass of a run: fixed members, pinned versions.
type Pass struct {
	// RunID is "<date>.<scope>".
	RunID string
	// Date is the business date, YYYY-MM-DD.
	Date string
	// Scope is "all" or "study:<STUDYID>".
	Scope  string
	Number int
	State  State
	// StateReason says why it is paused or ended Partial.
	StateReason string
	// All times are the database's clock.
	Cutoff, OpenedAt, FinishedAt, Deadline time.Time
	Pin                                    report.Versions
	// Read = Coded + Review + Left; while open, Left is what is still to do.
	Read, Coded, Review, Left int64
	CodedByMethod             map[string]int64
	ReviewByReason            map[string]int64
	// LeftByReason counts by error class; while open it is empty.
	LeftByReason map[string]int64
	Elapsed      time.Duration
	AuditHead    string
}

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

// Item is one member of a chunk that still needs an outcome.
type Item struct {
	ReportID        int64
	Identity        report.Identity
	VerbatimVersion int
	Verbatim        string
	Language        string
	Serious         bool
}

// Kind is what became of an item.
type Kind string

// The kinds of result.
const (
	Coded  Kind = "coded"
	Review Kind = "review"
	// Left: a transient failure; the report stays PENDING for the next pass.
	Left Kind = "left"
	// Gone: the report is no longer this pass's to decide (a person decided,
	// its verbatim changed, it was coded meanwhile). The store finds these by
	// its own conditions; the engine never sends one.
	Gone Kind = "gone"
)

// Result is the outcome of one item.
type Result struct {
	ReportID        int64
	VerbatimVersion int
	Kind            Kind
	// Coding is set for Coded.
	Coding *report.Coding
	// Reason is set for Review.
	Reason     report.Reason
	Candidates []report.Candidate
	// Versions that decided, for Coded and Review.
	Versions report.Versions
	// ErrorClass is set for Left, such as "UNAVAILABLE" or "DEADLINE".
	ErrorClass string
	// ItemFault: the failure is this item's own (others of its batch were
	// answered), so that it counts towards Poison.
	ItemFault bool
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

// OpenPass asks for a pass.
type OpenPass struct {
	// Date is the business date; empty: today in Location by the database's
	// clock.
	Date     string
	Location *time.Location
	Scope    string
	Pin      report.Versions
	// ChunkSize is 1 to 5,000 reports.
	ChunkSize int
	// RunDeadline is how long the pass may take.
	RunDeadline time.Duration
}

// ErrLeaseLost says that a chunk belongs to another owner now.
var ErrLeaseLost = errors.New("chunk lease lost to another owner")

// ErrNotFound says that there is no such run or pass.
var ErrNotFound = errors.New("no such run")

// Store is what the nightly engine needs of the database. Every method takes a
// deadline of its own from the store's configuration, within ctx; all times
// and leases are the database's clock.
type Store interface {
	// OpenPass fixes the members of a new pass in one transaction, or gives the
	// run's open pass, or, with nothing to do, its last one. A run without any
	// pass and without work gets an empty COMPLETED pass. opened tells a new one.
	OpenPass(ctx context.Context, req OpenPass) (pass Pass, opened bool, err error)
	// OpenPasses lists the open passes, oldest first.
	OpenPasses(ctx context.Context) ([]Pass, error)
	// Pass gives a pass with its counts; number 0 is the newest, an empty runID
	// the newest run. ErrNotFound where there is none.
	Pass(ctx context.Context, runID string, number int) (Pass, error)
	// Runs gives the newest pass of each run, newest run first.
	Runs(ctx context.Context, limit int) ([]Pass, error)

	// ClaimChunk leases the next free chunk of an open pass: never claimed,
	// released, or with an expired lease. ok is false when none is free now.
	ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (chunk Chunk, ok bool, err error)
	// ExtendChunk renews the lease; ErrLeaseLost when it is another's.
	ExtendChunk(ctx context.Context, chunk Chunk, lease time.Duration) error
	// ReleaseChunk gives the chunk back, not to be claimed for `after`;
	// ErrLeaseLost when it is another's. One with attempt 0 stands for whatever
	// the owner holds of the pass, when the answer to its claim was lost.
	ReleaseChunk(ctx context.Context, chunk Chunk, after time.Duration) error
	// Items loads the members of the chunk that have no outcome yet and are
	// still this pass's to decide; the others get their outcome on the way.
	Items(ctx context.Context, chunk Chunk) ([]Item, error)
	// CommitChunk writes results in one transaction: codings, statuses, audit,
	// member outcomes; the chunk is DONE when nothing is left in it, else
	// released for `after`. ErrLeaseLost, and nothing written, when the chunk is
	// another's. May be repeated after an ambiguous answer without harm.
	CommitChunk(ctx context.Context, chunk Chunk, results []Result, after time.Duration) (Commit, error)

	// SetPaused marks an open pass PAUSED with a reason, or RUNNING again.
	SetPaused(ctx context.Context, runID string, pass int, paused bool, reason string) error
	// FinishPass ends a pass whose chunks are all DONE: COMPLETED, or PARTIAL
	// when members are left. ok is false while a chunk is open.
	FinishPass(ctx context.Context, runID string, pass int) (p Pass, ok bool, err error)
	// EndPass ends an open pass now as Partial or Cancelled; members without
	// outcome are left with the error class given, and its chunks are closed:
	// an owner that still works on one gets ErrLeaseLost.
	EndPass(ctx context.Context, runID string, pass int, state State, reason, errorClass string) (Pass, error)
	// Now is the database's clock.
	Now(ctx context.Context) (time.Time, error)
}

// Answer is terminology's word on one verbatim.
type Answer struct {
	// Coding is set when the machine decided.
	Coding     *report.Coding
	Reason     report.Reason
	Candidates []report.Candidate
	Versions   report.Versions
	// Err is set when this item failed; the other fields are empty then. A
	// *Failure tells its class and whose fault it is.
	Err error
}

// Term is one verbatim to code.
type Term struct {
	Verbatim string
	Language string
	Study    string
}

// Coder is what the nightly engine needs of terminology.
type Coder interface {
	// Encode answers each term at the same place, within ctx's deadline: tries,
	// attempt deadlines and budget are inside. An error means that the whole
	// batch failed after its tries.
	Encode(ctx context.Context, pin report.Versions, terms []Term) ([]Answer, error)
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
	Claim(ctx context.Context, pin report.Versions, owner string, items []Item) ([]ClaimState, error)
	// Extend renews the leases that owner holds.
	Extend(ctx context.Context, pin report.Versions, owner string, items []Item) error
	// Complete records the outcome: the coding's id, 0 for review.
	Complete(ctx context.Context, pin report.Versions, owner string, recorded []Recorded) error
	// Release gives the leases back.
	Release(ctx context.Context, pin report.Versions, owner string, items []Item) error
	// Ping tells whether the records can be reached.
	Ping(ctx context.Context) error
}

// Recorded is an item with the coding id the database recorded for it.
type Recorded struct {
	Item     Item
	CodingID int64
}

// ClaimState is the outcome of claiming one item.
type ClaimState uint8

// The outcomes of a claim.
const (
	// Acquired: ours to code.
	Acquired ClaimState = iota + 1
	// Replay: recorded elsewhere or earlier; the database decides whether that
	// still holds.
	Replay
	// InFlight: held by another owner: wait for the chunk's next attempt.
	InFlight
)

package run

import (
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

// ErrNotFound says that there is no such run or pass.
var ErrNotFound = errors.New("no such run")

package run

import (
	"context"
	"errors"
)

// Classes of failure that the engine itself gives; a Coder adds those of its
// transport, such as "UNAVAILABLE". A class is a short constant: it is stored
// and logged, and can never hold a verbatim.
const (
	// ClassUnavailable: a dependency did not answer.
	ClassUnavailable = "UNAVAILABLE"
	// ClassDeadline: no answer within the deadline.
	ClassDeadline = "DEADLINE"
	// ClassBudget: no try was left in the retry budget.
	ClassBudget = "BUDGET"
	// ClassInternal: a failure of no known class.
	ClassInternal = "INTERNAL"
	// ClassMalformed: terminology answered something that cannot be right.
	ClassMalformed = "MALFORMED_ANSWER"
	// ClassCancelled: the caller went away, or the run was cancelled.
	ClassCancelled = "CANCELLED"
	// ClassRunDeadline: the pass's deadline passed before the report's turn.
	ClassRunDeadline = "RUN_DEADLINE"
	// ClassStore: the database refused the results.
	ClassStore = "STORE"
)

// Failure is a failed coding with a class that may be stored. Its text names
// the class only: what a remote end says is kept for errors.As and
// status.Code, but not repeated into logs and columns.
type Failure struct {
	// Class is one of the constants above or a gRPC code's name.
	Class string
	// Item: the failure is this item's own; others were answered, or the
	// remote end spoke about this item alone.
	Item bool
	// Again: another attempt may succeed although the failure is the item's
	// own, as when it took too long.
	Again bool
	// Err is the cause.
	Err error
}

// Error names the class.
func (f *Failure) Error() string {
	if f.Item {
		return "terminology failed for this item: " + f.Class
	}
	return "terminology failed: " + f.Class
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// ClassOf gives the class of an error: a Failure's own, or DEADLINE, CANCELLED
// or INTERNAL.
func ClassOf(err error) string {
	if f, ok := errors.AsType[*Failure](err); ok && f.Class != "" {
		return f.Class
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return ClassDeadline
	case errors.Is(err, context.Canceled):
		return ClassCancelled
	}
	return ClassInternal
}

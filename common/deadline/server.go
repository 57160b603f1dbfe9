package deadline

import (
	"context"
	"errors"
	"time"
)

// DefaultMargin is the time that a server reserves for sending its answer before
// the client's deadline.
const DefaultMargin = 20 * time.Millisecond

// ErrMargin is the context.Cause of a context that has reached the deadline of
// Shave. The client still waits for the answer until the margin is over.
var ErrMargin = errors.New("the time left before the caller's deadline is reserved for the answer")

// Shave returns a copy of ctx whose deadline is earlier by margin, for work that
// must leave time to answer. If the time left is margin or less, the copy has
// already expired. If ctx has no deadline, the copy has none. A negative margin
// counts as 0. The caller must call cancel.
func Shave(ctx context.Context, margin time.Duration) (shaved context.Context, cancel context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || margin <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, end.Add(-margin), ErrMargin)
}

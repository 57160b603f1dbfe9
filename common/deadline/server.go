package deadline

import (
	"context"
	"errors"
	"time"
)

// DefaultMargin is what a server keeps of its client's time for the way back.
const DefaultMargin = 20 * time.Millisecond

// ErrMargin is the context.Cause of a context that has reached its shaved
// deadline: the caller still listens, but only for the margin.
var ErrMargin = errors.New("the time left is kept for the answer")

// Shave returns a copy of ctx whose deadline is earlier by margin, for work
// that must leave time to answer. When no more than margin is left, the copy
// has already expired. A ctx without a deadline gets none, and a negative
// margin counts as 0. The caller must call cancel.
func Shave(ctx context.Context, margin time.Duration) (shaved context.Context, cancel context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || margin <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithDeadlineCause(ctx, end.Add(-margin), ErrMargin)
}

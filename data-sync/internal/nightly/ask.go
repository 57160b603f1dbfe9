package nightly

import (
	"context"
	"errors"
	"time"
)

// The store's own deadlines are made for work, and as long as 10 s. Work goes on
// within 5 s of the end of an outage only if no call outlasts that end for long:
// one that a hanging database never answered is given up, and asked again.
// Bounds here hold whatever it is that hangs: the network, a frozen server, or a
// pool without a free connection.
const (
	// askTimeout bounds a short question to the database.
	askTimeout = 2 * time.Second
	// askAgainTimeout bounds one after a question that was not answered in time:
	// a database that is only slow must not look away for ever.
	askAgainTimeout = 4 * time.Second
)

// ask bounds a question of the loop, which nobody else may wait for.
func (r *runner) ask(ctx context.Context, question func(context.Context) error) error {
	limit := askTimeout
	if r.slow {
		limit = askAgainTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := question(ctx)
	r.slow = errors.Is(err, context.DeadlineExceeded)
	return err
}

// askTwice bounds a question of an attempt. Where the database was too slow to
// answer in time it is asked once more, with more time: no other failure is asked
// again, since the store has tried those it knows to be transient.
func askTwice[T any](ctx context.Context, question func(context.Context) (T, error)) (T, error) {
	within := func(limit time.Duration) (T, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return question(ctx)
	}
	answer, err := within(askTimeout)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return within(askAgainTimeout)
	}
	return answer, err
}

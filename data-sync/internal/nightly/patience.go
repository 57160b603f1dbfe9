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

// patiently bounds each try of a worker's question.
func patiently[T any](question func(context.Context) (T, error)) func(context.Context) (T, error) {
	limit := askTimeout
	return func(ctx context.Context) (T, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		answer, err := question(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			limit = askAgainTimeout
		}
		return answer, err
	}
}

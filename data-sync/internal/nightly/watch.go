package nightly

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"aecode/data-sync/internal/run"
)

const (
	// watchPoll is how often a watched pass is read.
	watchPoll = 500 * time.Millisecond
	// watchBeat is the longest silence of a watch.
	watchBeat = 5 * time.Second
	// watchPatience is how long the database may be away before a watch ends.
	watchPatience = 15 * time.Second
)

// Watch gives a pass to yield at once, then whenever it has changed and at
// least every 5 s, until it is final; the final one is the last given. Number 0
// watches the newest pass, an empty runID the newest run, as they are at the
// beginning.
//
// It returns nil after a final pass, ErrNotFound where there is no such run,
// ctx's error, what yield returned, or the store's error once that has lasted
// for 15 s. It needs no Run: any replica can watch what another one works on.
func (e *Engine) Watch(ctx context.Context, runID string, number int, yield func(run.Pass) error) error {
	var last run.Pass
	var shown, seen time.Time
	seen = time.Now()
	tick := time.NewTicker(watchPoll)
	defer tick.Stop()
	for {
		pass, err := e.store.Pass(ctx, runID, number)
		switch {
		case err == nil:
			seen = time.Now()
			runID, number = pass.RunID, pass.Number
			if shown.IsZero() || !samePass(pass, last) || time.Since(shown) >= watchBeat {
				if err := yield(pass); err != nil {
					return err
				}
				last, shown = pass, time.Now()
			}
			if !pass.State.Open() {
				return nil
			}
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, run.ErrNotFound), time.Since(seen) >= watchPatience:
			return fmt.Errorf("watch run: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// samePass compares all that a watcher sees but the time that has gone by.
func samePass(a, b run.Pass) bool {
	return a.State == b.State && a.StateReason == b.StateReason &&
		a.Read == b.Read && a.Coded == b.Coded && a.Review == b.Review && a.Left == b.Left &&
		a.AuditHead == b.AuditHead && a.FinishedAt.Equal(b.FinishedAt) &&
		maps.Equal(a.CodedByMethod, b.CodedByMethod) &&
		maps.Equal(a.ReviewByReason, b.ReviewByReason) &&
		maps.Equal(a.LeftByReason, b.LeftByReason)
}

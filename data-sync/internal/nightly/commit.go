package nightly

import (
	"context"
	"errors"
	"slices"
	"time"

	"aecode/common/retry"
	"aecode/data-sync/internal/run"
)

// errRefused says that the database lives, takes other writes, and refuses a
// chunk's results.
var errRefused = errors.New("the database refuses the results of the chunk")

// commit writes the results, then completes or releases the records.
func (w *work) commit(held, coding context.Context, mine []run.Item, results []run.Result) string {
	ended := context.Cause(coding) // nil while all is well
	results, commit, err := w.write(held, results)
	if errors.Is(err, errRefused) && w.lastTry() {
		// Not one by one, and still refused: left is less than coded, but better
		// than a pass that never ends. No item is to blame.
		results = leftBy(mine, run.ClassStore)
		ctx, cancel := context.WithTimeout(held, w.engine.cfg.CommitOverall)
		commit, err = w.send(ctx, storePolicy, results, w.after())
		cancel()
	}
	if err != nil {
		w.release(held, w.owned)
		return w.giveUp(held, awayStore, err)
	}
	w.decided, w.committed = int64(len(commit.Recorded)+len(commit.Gone)), time.Now()
	if slices.ContainsFunc(results, func(r run.Result) bool { return r.Kind != run.Left }) {
		w.gate.committed()
	}
	w.settle(held, results, commit)
	outcome := chunkOpen
	switch {
	case commit.Done:
		outcome = chunkDone
	case errors.Is(ended, errRunDeadline):
		outcome = chunkLate
	}
	return w.report(outcome, asCommitted(results, commit), ended)
}

// write commits what the database takes of the results, and gives those that
// it took. Where it takes a part only, the chunk is released with the rest.
func (w *work) write(held context.Context, results []run.Result) ([]run.Result, run.Commit, error) {
	ctx, cancel := context.WithTimeout(held, w.engine.cfg.CommitOverall)
	defer cancel()
	// Two fifths of the time are for a commit that is too large to be in time,
	// one for asking again: less than the store's own time in all of them, and
	// the work goes on soon where the database had only hung.
	fifth := w.engine.cfg.CommitOverall / 5
	first, stop := context.WithTimeout(ctx, 2*fifth)
	commit, err := w.send(first, storePolicy, results, w.after())
	late := first.Err() != nil
	stop()
	if err != nil && late && !w.lost(held, err) {
		// It may stand all the same. Only all of it asked again tells so, and what
		// was recorded of each.
		again, stop := context.WithTimeout(ctx, fifth)
		commit, err = w.send(again, onceOnly, results, w.after())
		stop()
	}
	if err == nil || w.lost(held, err) || len(results) == 0 {
		return results, commit, err
	}
	if alive := w.takesWrites(ctx); alive != nil {
		return nil, run.Commit{}, errors.Join(err, alive)
	}
	return w.halve(ctx, held, results)
}

// send commits, again where the answer was ambiguous: the store makes that
// harmless. A panic of the store is a refusal.
func (w *work) send(ctx context.Context, policy retry.Policy, results []run.Result, after time.Duration) (run.Commit, error) {
	return retry.DoValue(ctx, policy, func(ctx context.Context) (commit run.Commit, err error) {
		err = w.guard.contain(func() (err error) {
			commit, err = w.engine.store.CommitChunk(ctx, w.returned(), results, after)
			return err
		})
		return commit, err
	})
}

// takesWrites asks for a write that has nothing to do with the results.
func (w *work) takesWrites(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return w.engine.store.ExtendChunk(ctx, w.chunk, w.engine.cfg.ChunkLease)
}

// settle brings the records in line with what the database now holds. A
// failure costs work, not correctness: leases end by themselves, and a missing
// record is made again.
func (w *work) settle(held context.Context, results []run.Result, commit run.Commit) {
	kinds := make(map[int64]run.Kind, len(results))
	for _, r := range results {
		kinds[r.ReportID] = r.Kind
	}
	var done []run.Recorded
	var back []run.Item
	for _, item := range w.owned {
		id, recorded := commit.Recorded[item.ReportID]
		if kind := kinds[item.ReportID]; recorded && (kind == run.Coded || kind == run.Review) {
			done = append(done, run.Recorded{Item: item, CodingID: id})
		} else {
			back = append(back, item)
		}
	}
	w.renewed.Store(nil)
	if len(done) > 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
		_ = w.engine.claims.Complete(ctx, w.pass.Pin, w.chunk.Owner, done)
		cancel()
	}
	w.release(held, back)
}

// release gives the records back.
func (w *work) release(held context.Context, items []run.Item) {
	w.renewed.Store(nil)
	if len(items) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
	defer cancel()
	_ = w.engine.claims.Release(ctx, w.pass.Pin, w.chunk.Owner, items) // else the lease ends
}

package nightly

import (
	"context"
	"errors"
	"slices"
	"time"

	"aecode/data-sync/internal/run"
)

// errRefused says that the database lives, takes other writes, and refuses a
// chunk's results.
var errRefused = errors.New("the database refuses the results of the chunk")

// commit writes the results, then completes or releases the records.
func (a *attempt) commit(held, coding context.Context, mine []run.Item, results []run.Result) string {
	ended := context.Cause(coding) // nil while all is well
	results, commit, err := a.write(held, results)
	if errors.Is(err, errRefused) && a.lastTry() {
		// Not one by one, and still refused: left is less than coded, but better
		// than a pass that never ends. No item is to blame.
		results = leftBy(mine, run.ClassStore)
		commit, _, err = a.sendWithin(held, a.engine.cfg.CommitOverall, results)
	}
	if err != nil {
		a.release(held, a.owned)
		return a.giveUp(held, held, awayStore, err)
	}
	a.decided, a.committed = int64(len(commit.Recorded)+len(commit.Gone)), time.Now()
	if slices.ContainsFunc(results, func(r run.Result) bool { return r.Kind != run.Left }) {
		a.gate.committed()
	}
	a.settle(held, results, commit)
	outcome := chunkOpen
	switch {
	case commit.Done:
		outcome = chunkDone
	case errors.Is(ended, errRunDeadline):
		outcome = chunkLate
	}
	return a.report(outcome, asCommitted(results, commit), ended)
}

// write commits what the database takes of the results, and returns those that
// it took. Where it takes a part only, the chunk is released with the rest.
func (a *attempt) write(held context.Context, results []run.Result) ([]run.Result, run.Commit, error) {
	ctx, cancel := context.WithTimeout(held, a.engine.cfg.CommitOverall)
	defer cancel()
	// Two fifths of the time are for a commit that is too large to be in time,
	// one is for asking again: less than the store's own time in all of them, so
	// that the work goes on soon where the database had only hung.
	fifth := a.engine.cfg.CommitOverall / 5
	commit, late, err := a.sendWithin(ctx, 2*fifth, results)
	if err == nil || a.lost(held, err) {
		return results, commit, err
	}
	if !late {
		// A lost lease is an answer, too: the commit that stands may have ended it.
		if alive := a.takesWrites(ctx); alive != nil && !errors.Is(alive, run.ErrLeaseLost) {
			return nil, run.Commit{}, errors.Join(err, alive)
		}
	}
	// The commit may stand although its answer was lost. Only the same commit
	// asked again tells so, and what was recorded of each report.
	commit, _, err = a.sendWithin(ctx, fifth, results)
	if err == nil || a.lost(held, err) || len(results) == 0 {
		return results, commit, err
	}
	if alive := a.takesWrites(ctx); alive != nil {
		return nil, run.Commit{}, errors.Join(err, alive)
	}
	return a.blame(ctx, held, results)
}

// sendWithin is send within limit; late reports that this limit has passed.
func (a *attempt) sendWithin(ctx context.Context, limit time.Duration, results []run.Result) (commit run.Commit, late bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	commit, err = a.send(ctx, results, a.rest())
	return commit, ctx.Err() != nil, err
}

// send asks for one commit. A panic of the store is a refusal.
func (a *attempt) send(ctx context.Context, results []run.Result, after time.Duration) (commit run.Commit, err error) {
	err = a.guard.contain(func() (err error) {
		commit, err = a.engine.store.CommitChunk(ctx, a.returned(), results, after)
		return err
	})
	return commit, err
}

// takesWrites asks for a write that has nothing to do with the results.
func (a *attempt) takesWrites(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return a.engine.store.ExtendChunk(ctx, a.chunk, a.engine.cfg.ChunkLease)
}

// settle brings the records in line with what the database now holds. A
// failure costs work, not correctness: leases end by themselves, and a missing
// record is made again.
func (a *attempt) settle(held context.Context, results []run.Result, commit run.Commit) {
	kinds := make(map[int64]run.Kind, len(results))
	for _, r := range results {
		kinds[r.ReportID] = r.Kind
	}
	var done []run.Recorded
	var back []run.Item
	for _, item := range a.owned {
		id, recorded := commit.Recorded[item.ReportID]
		if kind := kinds[item.ReportID]; recorded && (kind == run.Coded || kind == run.Review) {
			done = append(done, run.Recorded{Item: item, CodingID: id})
		} else {
			back = append(back, item)
		}
	}
	a.renewed.Store(nil)
	if len(done) > 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
		_ = a.engine.claims.Complete(ctx, a.pass.Pin, a.chunk.Owner, done)
		cancel()
	}
	a.release(held, back)
}

// release gives the records back.
func (a *attempt) release(held context.Context, items []run.Item) {
	a.renewed.Store(nil)
	if len(items) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
	defer cancel()
	_ = a.engine.claims.Release(ctx, a.pass.Pin, a.chunk.Owner, items) // else the lease ends
}

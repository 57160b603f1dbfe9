package nightly

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aecode/common/retry"
)

// releaseTimeout bounds giving back what is held, which must also work when
// everything else has been cancelled.
const releaseTimeout = 2 * time.Second

// Outcomes of a chunk's work, as the Observer is told.
const (
	chunkDone   = "done"
	chunkOpen   = "open"
	chunkLost   = "lost"
	chunkFailed = "failed"
	chunkLate   = "late"
)

// Why work is cut short.
var (
	errRunDeadline = errors.New("the pass's deadline has passed")
	errShutdown    = errors.New("this process stops")
	errPassEnded   = errors.New("the pass has ended")
)

// work is one chunk in the hands of this process.
type work struct {
	engine *Engine
	pass   Pass
	gate   *gate
	chunk  Chunk
	start  time.Time

	// owned are the items whose idempotency record this work holds; renewed is
	// the same for the renewal, nil where there is nothing to renew.
	owned   []Item
	renewed atomic.Pointer[[]Item]

	inFlight  int  // items that another owner works on
	stopped   bool // the gate shut, or the work was cancelled
	transient bool // some item failed so that another attempt may cure it
}

// work brings a chunk as far as it can: each item to a result that is
// committed, or back to the store for the chunk's next attempt. Cancelling ctx
// ends the coding; what was answered by then is committed all the same. It
// returns the chunk's outcome.
func (e *Engine) work(ctx context.Context, pass Pass, g *gate, chunk Chunk) string {
	w := &work{engine: e, pass: pass, gate: g, chunk: chunk, start: time.Now()}

	// held ends with the lease, and only with it: a commit must outlive a
	// shutdown, but never the lease.
	held, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	var renewal sync.WaitGroup
	renewal.Go(func() { w.renew(held, lose) })
	defer renewal.Wait()
	defer lose(nil)

	coding, cancel := context.WithCancelCause(held)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()

	left, err := w.timeLeft(held)
	if err != nil {
		return w.giveUp(held, awayStore, err)
	}
	if left <= 0 {
		w.giveBack(held, 0)
		return w.report(chunkLate, nil, errRunDeadline)
	}
	coding, stop := context.WithTimeoutCause(coding, left, errRunDeadline)
	defer stop()

	items, err := retry.DoValue(coding, storePolicy, func(ctx context.Context) ([]Item, error) {
		return e.store.Items(ctx, chunk)
	})
	if err != nil {
		return w.giveUp(held, awayStore, err)
	}
	mine, err := w.claim(coding, items)
	if err != nil {
		w.release(held, w.owned)
		return w.giveUp(held, awayClaims, err)
	}
	results := w.code(coding, mine)
	return w.commit(held, coding, mine, results)
}

// timeLeft is what the pass's deadline leaves, by the database's clock. From
// here on it is a duration, which any clock measures.
func (w *work) timeLeft(ctx context.Context) (time.Duration, error) {
	if w.pass.Deadline.IsZero() {
		return w.engine.cfg.RunDeadline, nil
	}
	now, err := retry.DoValue(ctx, storePolicy, w.engine.store.Now)
	return w.pass.Deadline.Sub(now), err
}

// claim leases the idempotency records in one round trip and returns the items
// to code. Recorded ones are among them: the store has just said that they are
// undecided, and the store is right.
func (w *work) claim(ctx context.Context, items []Item) ([]Item, error) {
	if len(items) == 0 {
		return nil, nil
	}
	states, err := retry.DoValue(ctx, storePolicy, func(ctx context.Context) ([]ClaimState, error) {
		return w.engine.claims.Claim(ctx, w.pass.Pin, w.chunk.Owner, items)
	})
	if err != nil {
		w.owned = items // some of them perhaps, without our knowing
		return nil, err
	}
	if len(states) != len(items) {
		return nil, errors.New("claims answered other items than were asked")
	}
	mine := make([]Item, 0, len(items))
	w.owned = make([]Item, 0, len(items))
	for i, state := range states {
		switch state {
		case Acquired:
			w.owned = append(w.owned, items[i])
			mine = append(mine, items[i])
		case Replay:
			mine = append(mine, items[i])
		default:
			w.inFlight++
		}
	}
	w.renewed.Store(&w.owned)
	return mine, nil
}

// renew keeps the lease until held ends. It cancels held when the lease is
// lost, or cannot be known to be ours any more.
func (w *work) renew(held context.Context, lose context.CancelCauseFunc) {
	lease := w.engine.cfg.ChunkLease
	tick := time.NewTicker(lease / 3)
	defer tick.Stop()
	renewed := time.Now()
	for {
		select {
		case <-held.Done():
			return
		case <-tick.C:
		}
		asked := time.Now()
		ctx, cancel := context.WithTimeout(held, lease/3)
		err := w.engine.store.ExtendChunk(ctx, w.chunk, lease)
		if err == nil {
			renewed = asked
			if owned := w.renewed.Load(); owned != nil && len(*owned) > 0 {
				// Not being able to is no reason to stop: the database's lease
				// is what protects the work.
				_ = w.engine.claims.Extend(ctx, w.pass.Pin, w.chunk.Owner, *owned)
			}
		}
		cancel()
		if errors.Is(err, ErrLeaseLost) || err != nil && time.Since(renewed) >= lease {
			lose(ErrLeaseLost)
			return
		}
	}
}

// commit writes the results, then completes or releases the records.
func (w *work) commit(held, coding context.Context, mine []Item, results []Result) string {
	ended := context.Cause(coding) // nil while all is well
	commit, err := w.write(held, results)
	if err != nil {
		if w.lost(held, err) {
			w.release(held, w.owned)
			return w.report(chunkLost, nil, ErrLeaseLost)
		}
		if len(results) > 0 && w.chunk.Attempt >= w.engine.cfg.ChunkAttempts && w.storeAnswers(held) {
			// The database lives but refuses these results again and again:
			// left is less than coded, but better than a pass that never ends.
			results = leftBy(mine, ClassStore)
			commit, err = w.write(held, results)
		}
		if err != nil {
			w.release(held, w.owned)
			return w.giveUp(held, awayStore, err)
		}
	}
	if slices.ContainsFunc(results, func(r Result) bool { return r.Kind != Left }) {
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
	return w.report(outcome, results, ended)
}

// write commits, again where the answer was ambiguous: the store makes that
// harmless.
func (w *work) write(held context.Context, results []Result) (Commit, error) {
	ctx, cancel := context.WithTimeout(held, w.engine.cfg.CommitOverall)
	defer cancel()
	return retry.DoValue(ctx, storePolicy, func(ctx context.Context) (Commit, error) {
		return w.engine.store.CommitChunk(ctx, w.chunk, results, w.after())
	})
}

func (w *work) storeAnswers(held context.Context) bool {
	_, err := w.engine.store.Now(held)
	return err == nil
}

// settle brings the records in line with what the database now holds. A
// failure costs work, not correctness: leases end by themselves, and a missing
// record is made again.
func (w *work) settle(held context.Context, results []Result, commit Commit) {
	kinds := make(map[int64]Kind, len(results))
	for _, r := range results {
		kinds[r.ReportID] = r.Kind
	}
	var done []Recorded
	var back []Item
	for _, item := range w.owned {
		id, recorded := commit.Recorded[item.ReportID]
		if kind := kinds[item.ReportID]; recorded && (kind == Coded || kind == Review) {
			done = append(done, Recorded{Item: item, CodingID: id})
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
func (w *work) release(held context.Context, items []Item) {
	w.renewed.Store(nil)
	if len(items) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
	defer cancel()
	_ = w.engine.claims.Release(ctx, w.pass.Pin, w.chunk.Owner, items) // else the lease ends
}

// giveBack releases the chunk. Where that fails its lease ends by itself.
func (w *work) giveBack(held context.Context, after time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
	defer cancel()
	_ = w.engine.store.ReleaseChunk(ctx, w.chunk, after)
}

// giveUp ends work that a dependency's failure stopped.
func (w *work) giveUp(held context.Context, what string, err error) string {
	if w.lost(held, err) {
		return w.report(chunkLost, nil, ErrLeaseLost)
	}
	if e, ok := errors.AsType[*retry.Error](err); !ok || e.Reason != retry.ReasonCancelled && !errors.Is(err, errRunDeadline) {
		w.gate.fail(what, ClassUnavailable)
	}
	w.stopped = true
	w.giveBack(held, w.after())
	return w.report(chunkFailed, nil, err)
}

// lost tells whether the lease is another's.
func (w *work) lost(held context.Context, err error) bool {
	return errors.Is(err, ErrLeaseLost) || errors.Is(context.Cause(held), ErrLeaseLost)
}

// after is how long the chunk should rest before its next attempt, if it needs
// one. The first few come soon, so that a short outage costs little; a chunk
// that keeps failing does not hold up the others.
func (w *work) after() time.Duration {
	if !w.stopped && !w.transient {
		// Only items in flight elsewhere are missing.
		return min(time.Second, w.engine.cfg.ChunkLease/3)
	}
	rest := retry.Backoff{Base: 250 * time.Millisecond, Cap: 30 * time.Second}
	return jitter(rest.Bound(w.chunk.Attempt - 1))
}

func leftBy(items []Item, class string) []Result {
	results := make([]Result, len(items))
	for i, item := range items {
		results[i] = Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Kind: Left, ErrorClass: class}
	}
	return results
}

// report tells observer and log what became of the chunk.
func (w *work) report(outcome string, results []Result, why error) string {
	took := time.Since(w.start)
	counts := make(map[Kind]int, 3)
	type label struct {
		kind Kind
		text string
	}
	labels := make(map[label]int)
	for _, r := range results {
		counts[r.Kind]++
		switch r.Kind {
		case Coded:
			labels[label{Coded, r.Coding.Method}]++
		case Review:
			labels[label{Review, string(r.Reason)}]++
		default:
			labels[label{r.Kind, r.ErrorClass}]++
		}
	}
	for l, n := range labels {
		w.engine.seen.Reports(l.kind, l.text, n)
	}
	w.engine.seen.Chunk(outcome, took)
	fields := []any{
		"run", w.chunk.RunID, "pass", w.chunk.Pass, "chunk", w.chunk.Seq, "attempt", w.chunk.Attempt, "outcome", outcome,
		"coded", counts[Coded], "review", counts[Review], "left", counts[Left], "in_flight", w.inFlight, "ms", took.Milliseconds(),
	}
	if why == nil {
		w.engine.log.Info("chunk", fields...)
	} else {
		w.engine.log.Warn("chunk", append(fields, "class", whyClass(why))...)
	}
	return outcome
}

// whyClass is a class even where the error's text could say too much.
func whyClass(err error) string {
	for _, known := range []struct {
		err   error
		class string
	}{
		{ErrLeaseLost, "LEASE_LOST"}, {errRunDeadline, ClassRunDeadline},
		{errShutdown, "SHUTDOWN"}, {errPassEnded, "PASS_ENDED"},
	} {
		if errors.Is(err, known.err) {
			return known.class
		}
	}
	return ClassOf(err)
}

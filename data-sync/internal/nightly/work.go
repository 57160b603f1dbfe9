package nightly

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"aecode/common/retry"
	"aecode/data-sync/internal/run"
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
	pass   run.Pass
	gate   *gate
	chunk  run.Chunk
	start  time.Time
	guard  container

	// owned are the items whose idempotency record this work holds; renewed is
	// the same for the renewal, nil where there is nothing to renew.
	owned   []run.Item
	renewed atomic.Pointer[[]run.Item]

	inFlight  int  // items that another owner works on
	stopped   bool // the gate shut, or the work was cancelled
	transient bool // some item failed so that another attempt may cure it
	refused   bool // the database refused the results
	owed      bool // the chunk could not be given back

	decided   int64 // members that have an outcome with our commit
	committed time.Time

	control sync.Once // asks whether the coder is sound
	isSound bool
}

// chunkEnd is what the loop is told of a chunk's work.
type chunkEnd struct {
	outcome string
	chunk   run.Chunk
	// decided members have an outcome since the time of the commit.
	decided   int64
	committed time.Time
	// owed: the chunk is still leased to us, since it could not be given back.
	owed bool
}

// work brings a chunk as far as it can: each item to a result that is
// committed, or back to the store for the chunk's next attempt. Cancelling ctx
// ends the coding; what was answered by then is committed all the same. A panic
// on the way is contained: the chunk is given back.
func (e *Engine) work(ctx context.Context, pass run.Pass, g *gate, chunk run.Chunk) chunkEnd {
	w := &work{engine: e, pass: pass, gate: g, chunk: chunk, start: time.Now(), guard: container{log: e.log, at: chunk}}
	outcome := chunkFailed
	err := w.guard.contain(func() error {
		outcome = w.run(ctx)
		return nil
	})
	if err != nil {
		w.transient = true
		_ = w.guard.contain(func() error {
			w.giveBack(ctx, w.after())
			w.release(ctx, w.owned)
			return nil
		})
	}
	return chunkEnd{outcome: outcome, chunk: w.returned(), decided: w.decided, committed: w.committed, owed: w.owed}
}

// run is work up to a panic; it returns the chunk's outcome.
func (w *work) run(ctx context.Context) string {
	// held ends with the lease, and only with it: a commit must outlive a
	// shutdown, but never the lease.
	held, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	var renewal sync.WaitGroup
	renewal.Go(func() {
		if w.guard.contain(func() error { w.renew(held, lose); return nil }) != nil {
			lose(run.ErrLeaseLost)
		}
	})
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

	items, err := retry.DoValue(coding, storePolicy, patiently(func(ctx context.Context) ([]run.Item, error) {
		return w.engine.store.Items(ctx, w.chunk)
	}))
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
	now, err := retry.DoValue(ctx, storePolicy, patiently(w.engine.store.Now))
	return w.pass.Deadline.Sub(now), err
}

// claim leases the idempotency records in one round trip and returns the items
// to code. Recorded ones are among them: the store has just said that they are
// undecided, and the store is right.
func (w *work) claim(ctx context.Context, items []run.Item) ([]run.Item, error) {
	if len(items) == 0 {
		return nil, nil
	}
	states, err := retry.DoValue(ctx, storePolicy, func(ctx context.Context) ([]run.ClaimState, error) {
		return w.engine.claims.Claim(ctx, w.pass.Pin, w.chunk.Owner, items)
	})
	if err != nil {
		w.owned = items // some of them perhaps, without our knowing
		return nil, err
	}
	if len(states) != len(items) {
		return nil, errors.New("claims answered other items than were asked")
	}
	mine := make([]run.Item, 0, len(items))
	w.owned = make([]run.Item, 0, len(items))
	for i, state := range states {
		switch state {
		case run.Acquired:
			w.owned = append(w.owned, items[i])
			mine = append(mine, items[i])
		case run.Replay:
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
		if errors.Is(err, run.ErrLeaseLost) || err != nil && time.Since(renewed) >= lease {
			lose(run.ErrLeaseLost)
			return
		}
	}
}

// returned is the chunk as it is given back, with this attempt counted where it
// failed by itself. A shut gate, a database that went away and a process that
// stops say nothing about the items.
func (w *work) returned() run.Chunk {
	c := w.chunk // a copy: the renewal reads it
	if w.refused || w.transient && !w.stopped {
		c.Tries++
	}
	return c
}

// lastTry tells whether a further failure is recorded instead of tried again.
func (w *work) lastTry() bool { return w.chunk.Tries+1 >= w.engine.cfg.ChunkAttempts }

// giveBack releases the chunk. Where that fails the loop does it later, or the
// lease ends by itself.
func (w *work) giveBack(held context.Context, after time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
	defer cancel()
	err := w.engine.store.ReleaseChunk(ctx, w.returned(), after)
	w.owed = err != nil && !errors.Is(err, run.ErrLeaseLost)
}

// giveUp ends work that a dependency's failure stopped.
func (w *work) giveUp(held context.Context, what string, err error) string {
	if w.lost(held, err) {
		return w.report(chunkLost, nil, run.ErrLeaseLost)
	}
	class := run.ClassUnavailable
	if errors.Is(err, errRefused) {
		class = run.ClassStore
		w.refused = true
	}
	if e, ok := errors.AsType[*retry.Error](err); !ok || e.Reason != retry.ReasonCancelled && !errors.Is(err, errRunDeadline) {
		w.gate.fail(what, class)
	}
	w.stopped = true
	w.giveBack(held, w.after())
	return w.report(chunkFailed, nil, err)
}

// lost tells whether the lease is another's.
func (w *work) lost(held context.Context, err error) bool {
	return errors.Is(err, run.ErrLeaseLost) || errors.Is(context.Cause(held), run.ErrLeaseLost)
}

// after is how long the chunk should rest before its next attempt, if it needs
// one. One that an outage stopped waits for hardly more than the end of that;
// one that fails by itself waits longer each time and does not hold up the
// others, but never so long that it would hold up the end of an outage.
func (w *work) after() time.Duration {
	rest := retry.Backoff{Base: 250 * time.Millisecond, Cap: 4 * time.Second}
	switch {
	case w.stopped:
		rest.Cap = time.Second
		return jitter(rest.Bound(w.chunk.Attempt - 1))
	case !w.transient:
		// Only items in flight elsewhere are missing.
		return min(time.Second, w.engine.cfg.ChunkLease/3)
	}
	return jitter(rest.Bound(w.chunk.Tries))
}

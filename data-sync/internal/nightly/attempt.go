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

// Outcomes of an attempt at a chunk, as the Observer receives them.
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

// attempt is one attempt at a chunk: from its claim by this process until it is
// committed or given back.
type attempt struct {
	engine *Engine
	pass   run.Pass
	gate   *gate
	chunk  run.Chunk
	start  time.Time
	guard  container

	// owned are the items whose idempotency record this attempt holds; renewed is
	// the same for the renewal, nil where there is nothing to renew.
	owned   []run.Item
	renewed atomic.Pointer[[]run.Item]

	inFlight int // items that another owner works on
	progress progress
	owed     bool // the chunk could not be given back

	decided   int64 // members that have an outcome with our commit
	committed time.Time

	probe   sync.Once // asks whether terminology is sound
	isSound bool
}

// attemptEnd is what the loop learns of an attempt when it ends.
type attemptEnd struct {
	outcome string
	chunk   run.Chunk
	// decided members have an outcome since the time of the commit.
	decided   int64
	committed time.Time
	// owed: the chunk is still leased to us, since it could not be given back.
	owed bool
}

// attempt brings a chunk as far as it can: each item to a result that is
// committed, or back to the store for the chunk's next attempt. Cancelling ctx
// ends the coding; what was answered by then is committed all the same. A panic
// on the way is contained: the chunk is given back.
func (e *Engine) attempt(ctx context.Context, pass run.Pass, g *gate, chunk run.Chunk) attemptEnd {
	a := &attempt{engine: e, pass: pass, gate: g, chunk: chunk, start: time.Now(), guard: container{log: e.log, at: chunk}}
	outcome := chunkFailed
	err := a.guard.contain(func() error {
		outcome = a.run(ctx)
		return nil
	})
	if err != nil {
		a.progress.itemFailed()
		_ = a.guard.contain(func() error {
			a.giveBack(ctx, a.rest())
			a.release(ctx, a.owned)
			return nil
		})
	}
	return attemptEnd{outcome: outcome, chunk: a.returned(), decided: a.decided, committed: a.committed, owed: a.owed}
}

// run is the attempt up to a panic; it returns the chunk's outcome.
func (a *attempt) run(ctx context.Context) string {
	// held ends with the lease, and only with it: a commit must outlive a
	// shutdown, but never the lease.
	held, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	var renewal sync.WaitGroup
	renewal.Go(func() {
		if a.guard.contain(func() error { a.renew(held, lose); return nil }) != nil {
			lose(run.ErrLeaseLost)
		}
	})
	defer renewal.Wait()
	defer lose(nil)

	coding, cancel := context.WithCancelCause(held)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()

	left, err := a.timeLeft(held)
	if err != nil {
		return a.giveUp(held, held, awayStore, err)
	}
	if left <= 0 {
		a.giveBack(held, 0)
		return a.report(chunkLate, nil, errRunDeadline)
	}
	coding, stop := context.WithTimeoutCause(coding, left, errRunDeadline)
	defer stop()

	items, err := askTwice(coding, func(ctx context.Context) ([]run.Item, error) {
		return a.engine.store.Items(ctx, a.chunk)
	})
	if err != nil {
		return a.giveUp(held, coding, awayStore, err)
	}
	mine, err := a.claim(coding, items)
	if err != nil {
		a.release(held, a.owned)
		return a.giveUp(held, coding, awayClaims, err)
	}
	results := a.code(coding, mine)
	return a.commit(held, coding, mine, results)
}

// timeLeft is what the pass's deadline leaves, by the database's clock. From
// here on it is a duration, which any clock measures.
func (a *attempt) timeLeft(ctx context.Context) (time.Duration, error) {
	if a.pass.Deadline.IsZero() {
		return a.engine.cfg.Deadline, nil
	}
	now, err := askTwice(ctx, a.engine.store.Now)
	return a.pass.Deadline.Sub(now), err
}

// claim leases the idempotency records in one round trip and returns the items
// to code. Recorded ones are among them: the store has just said that they are
// undecided, and the store is right.
func (a *attempt) claim(ctx context.Context, items []run.Item) ([]run.Item, error) {
	if len(items) == 0 {
		return nil, nil
	}
	states, err := a.engine.claims.Claim(ctx, a.pass.Pin, a.chunk.Owner, items)
	if err != nil {
		a.owned = items // some of them perhaps, without our knowing
		return nil, err
	}
	if len(states) != len(items) {
		return nil, errors.New("claims answered other items than were asked")
	}
	mine := make([]run.Item, 0, len(items))
	a.owned = make([]run.Item, 0, len(items))
	for i, state := range states {
		switch state {
		case run.Acquired:
			a.owned = append(a.owned, items[i])
			mine = append(mine, items[i])
		case run.Replay:
			mine = append(mine, items[i])
		default:
			a.inFlight++
		}
	}
	a.renewed.Store(&a.owned)
	return mine, nil
}

// renew keeps the lease until held ends. It cancels held when the lease is
// lost, or cannot be known to be ours any more.
func (a *attempt) renew(held context.Context, lose context.CancelCauseFunc) {
	lease := a.engine.cfg.ChunkLease
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
		err := a.engine.store.ExtendChunk(ctx, a.chunk, lease)
		if err == nil {
			renewed = asked
			if owned := a.renewed.Load(); owned != nil && len(*owned) > 0 {
				// Not being able to is no reason to stop: the database's lease
				// is what protects the work.
				_ = a.engine.claims.Extend(ctx, a.pass.Pin, a.chunk.Owner, *owned)
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
func (a *attempt) returned() run.Chunk {
	c := a.chunk // a copy: the renewal reads it
	if a.progress.countsAsTry() {
		c.Tries++
	}
	return c
}

// lastTry reports whether a further failure is recorded instead of tried again.
func (a *attempt) lastTry() bool { return a.chunk.Tries+1 >= a.engine.cfg.ChunkAttempts }

// giveBack releases the chunk. Where that fails the loop does it later, or the
// lease ends by itself.
func (a *attempt) giveBack(held context.Context, after time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(held), releaseTimeout)
	defer cancel()
	err := a.engine.store.ReleaseChunk(ctx, a.returned(), after)
	a.owed = err != nil && !errors.Is(err, run.ErrLeaseLost)
}

// giveUp ends an attempt that a dependency's failure stopped. asked is the context
// of the call that failed: where it has ended, we stopped the call ourselves, and
// the failure says nothing about the dependency.
func (a *attempt) giveUp(held, asked context.Context, what string, err error) string {
	if a.lost(held, err) {
		return a.report(chunkLost, nil, run.ErrLeaseLost)
	}
	class := run.ClassUnavailable
	if errors.Is(err, errRefused) {
		class = run.ClassStore
		a.progress.refuse()
	}
	if asked.Err() == nil {
		a.gate.fail(what, class)
	}
	a.progress.interrupt()
	a.giveBack(held, a.rest())
	return a.report(chunkFailed, nil, err)
}

// lost reports whether another owner has the lease.
func (a *attempt) lost(held context.Context, err error) bool {
	return errors.Is(err, run.ErrLeaseLost) || errors.Is(context.Cause(held), run.ErrLeaseLost)
}

// rest is how long the chunk should rest before its next attempt, if it needs
// one. One that an outage stopped waits for hardly more than the end of that;
// one that fails by itself waits longer each time and does not hold up the
// others, but never so long that it would hold up the end of an outage.
func (a *attempt) rest() time.Duration {
	wait := retry.Backoff{Base: 250 * time.Millisecond, Cap: 4 * time.Second}
	switch a.progress {
	case undisturbed:
		// Only items in flight elsewhere are missing.
		return min(time.Second, a.engine.cfg.ChunkLease/3)
	case itemsFailed:
		return jitter(wait.Bound(a.chunk.Tries))
	}
	wait.Cap = time.Second
	return jitter(wait.Bound(a.chunk.Attempt - 1))
}

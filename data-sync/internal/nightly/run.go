package nightly

import (
	"context"
	"errors"
	"sync"
	"time"
)

type passKey struct {
	runID  string
	number int
}

// passWork is what this process knows of an open pass. Only the loop of Run
// touches it, apart from the gate.
type passWork struct {
	pass   Pass
	gate   *gate
	active int  // chunks in our hands
	dry    bool // no chunk was free; ask again after the next look
	gone   bool // no longer open
	// overdue: the deadline has passed on the database's clock.
	overdue bool
	// shown: its end has been logged.
	shown bool
	// decided is how many members had an outcome at the last probe, decidedAt
	// when that last changed: work of other replicas shows there.
	decided   int64
	decidedAt time.Time

	ctx    context.Context
	cancel context.CancelCauseFunc
}

// progressed tells whether members of the pass got an outcome since it was last
// asked. While this process is shut out, that is the work of others, and then
// the pass is not ours to end.
func (p *passWork) progressed(now Pass) bool {
	if decided := now.Coded + now.Review; decided != p.decided {
		p.decided, p.decidedAt = decided, time.Now()
		return true
	}
	return false
}

// event is what a goroutine of Run reports when it ends.
type event struct {
	pass    *passWork
	outcome string // of a chunk
	probe   bool
	healed  bool
	counts  Pass // after a probe; zero where unknown
}

// runner is the state of one Run.
type runner struct {
	*Engine
	work    context.Context // outlives Run's ctx by the grace time
	passes  []*passWork
	events  chan event
	active  int
	probing bool
	owned   sync.WaitGroup

	lookAt     time.Time // when to look for passes again
	storeSince time.Time // since when the database is away
	accounted  time.Time
	awayThen   string // what was away at accounted
}

// Run works open passes until ctx ends, then stops taking chunks, gives those
// it holds Grace to finish, and commits and releases the rest. It returns nil
// after that, with every goroutine ended. A second Run while one is under way
// is an error.
func (e *Engine) Run(ctx context.Context) error {
	if !e.running.CompareAndSwap(false, true) {
		return errors.New("nightly: Run is under way already")
	}
	defer e.running.Store(false)

	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	r := &runner{
		Engine: e, work: work, accounted: time.Now(),
		events: make(chan event, e.cfg.Workers+1),
	}
	defer r.owned.Wait()
	r.loop(ctx)
	r.drain(cancel)
	return nil
}

func (r *runner) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		r.step(ctx)
		r.account()
		timer.Reset(r.pause())
		select {
		case <-ctx.Done():
		case ev := <-r.events:
			r.handle(ctx, ev)
			for len(r.events) > 0 {
				r.handle(ctx, <-r.events)
			}
		case <-r.wake:
			if r.storeSince.IsZero() {
				r.lookAt = time.Time{}
			}
		case <-timer.C:
		}
	}
}

// drain waits for the chunks that are held.
func (r *runner) drain(cancel context.CancelCauseFunc) {
	grace := time.AfterFunc(r.cfg.Grace, func() { cancel(errShutdown) })
	defer grace.Stop()
	for r.active > 0 || r.probing {
		ev := <-r.events
		if ev.probe {
			r.probing = false
		} else {
			r.active--
		}
	}
}

// step does what can be done now without waiting for work.
func (r *runner) step(ctx context.Context) {
	if !time.Now().Before(r.lookAt) && !r.look(ctx) {
		return
	}
	if !r.storeSince.IsZero() {
		return
	}
	for _, p := range r.passes {
		if p.gone {
			continue
		}
		if err := r.attend(ctx, p); err != nil {
			r.storeAway(ctx, err)
			return
		}
	}
	if err := r.take(ctx); err != nil {
		r.storeAway(ctx, err)
	}
}

// look reads the open passes.
func (r *runner) look(ctx context.Context) bool {
	open, err := r.store.OpenPasses(ctx)
	var now time.Time
	if err == nil && len(open) > 0 {
		now, err = r.store.Now(ctx)
	}
	if err != nil {
		r.storeAway(ctx, err)
		return false
	}
	if !r.storeSince.IsZero() {
		r.log.Info("database is back", "away_ms", time.Since(r.storeSince).Milliseconds())
		r.storeSince = time.Time{}
	}
	byKey := make(map[passKey]*passWork, len(r.passes))
	for _, p := range r.passes {
		p.gone = true
		byKey[keyOf(p.pass)] = p
	}
	kept := r.passes[:0:0]
	for _, pass := range open {
		p := byKey[keyOf(pass)]
		if p == nil {
			p = &passWork{gate: new(gate)}
			p.ctx, p.cancel = context.WithCancelCause(r.work)
		}
		p.pass, p.gone, p.dry = pass, false, false
		p.overdue = !pass.Deadline.IsZero() && !now.Before(pass.Deadline)
		kept = append(kept, p)
		r.seen.Pass(pass)
	}
	for _, p := range r.passes {
		if !p.gone {
			continue
		}
		p.cancel(errPassEnded)
		if p.active > 0 {
			kept = append(kept, p)
		} else if !p.shown {
			r.showEnd(ctx, p.pass)
		}
	}
	r.passes = kept
	every := r.cfg.IdlePoll
	if len(open) > 0 {
		every = r.cfg.Poll
	}
	r.lookAt = time.Now().Add(jitter(every))
	return true
}

// showEnd tells the observer how a pass ended that another replica, or a
// cancellation, has ended.
func (r *runner) showEnd(ctx context.Context, pass Pass) {
	if p, err := r.store.Pass(ctx, pass.RunID, pass.Number); err == nil {
		r.seen.Pass(p)
	}
}

// end closes a pass as PARTIAL.
func (r *runner) end(ctx context.Context, p *passWork, reason, class string) error {
	pass, err := r.store.EndPass(ctx, p.pass.RunID, p.pass.Number, Partial, reason, class)
	if err != nil {
		return err
	}
	r.ended(p, pass)
	return nil
}

func (r *runner) ended(p *passWork, pass Pass) {
	p.gone, p.shown = true, true
	p.cancel(errPassEnded)
	r.lookAt = time.Time{}
	r.seen.Pass(pass)
	r.log.Info("pass ended", "run", pass.RunID, "pass", pass.Number, "state", string(pass.State),
		"read", pass.Read, "coded", pass.Coded, "review", pass.Review, "left", pass.Left)
}

// take claims chunks, one of each pass in turn, while there are workers free,
// and finishes passes that have none left.
func (r *runner) take(ctx context.Context) error {
	for took := true; took; {
		took = false
		for _, p := range r.passes {
			if r.active >= r.cfg.Workers || ctx.Err() != nil {
				return nil //nolint:nilerr // told to stop is no error
			}
			if p.gone || p.dry || p.overdue || p.gate.isDown() {
				continue
			}
			chunk, ok, err := r.store.ClaimChunk(ctx, p.pass.RunID, p.pass.Number, r.cfg.newOwner(), r.cfg.ChunkLease)
			switch {
			case err != nil:
				return err
			case !ok:
				p.dry = true
				if err := r.finish(ctx, p); err != nil {
					return err
				}
			default:
				took = true
				r.begin(p, chunk)
			}
		}
	}
	return nil
}

func (r *runner) begin(p *passWork, chunk Chunk) {
	p.active++
	r.active++
	pass := p.pass
	r.owned.Go(func() {
		r.events <- event{pass: p, outcome: r.Engine.work(p.ctx, pass, p.gate, chunk)}
	})
}

// finish ends a pass of which no chunk is open.
func (r *runner) finish(ctx context.Context, p *passWork) error {
	if p.active > 0 {
		return nil
	}
	pass, ok, err := r.store.FinishPass(ctx, p.pass.RunID, p.pass.Number)
	if err != nil || !ok {
		return err
	}
	r.ended(p, pass)
	return nil
}

// handle takes in what a goroutine reported.
func (r *runner) handle(ctx context.Context, ev event) {
	p := ev.pass
	p.dry = false
	if ev.probe {
		r.probing = false
		r.lookAt = time.Time{} // the state may have changed
		if ev.counts.RunID != "" {
			p.progressed(ev.counts)
		}
		if ev.healed {
			r.log.Info("pass resumed", "run", p.pass.RunID, "pass", p.pass.Number)
		}
		return
	}
	p.active--
	r.active--
	if ev.outcome == chunkLate {
		p.overdue = true
	}
	if p.gone || p.gate.isDown() {
		if p.gate.isDown() && p.pass.State == Running {
			r.log.Warn("pass paused", "run", p.pass.RunID, "pass", p.pass.Number, "away", p.gate.outage().what, "class", p.gate.outage().class)
		}
		return
	}
	if ev.outcome == chunkDone && p.pass.State == Paused {
		// Another replica, or an earlier life of this one, had paused it.
		if err := r.store.SetPaused(ctx, p.pass.RunID, p.pass.Number, false, ""); err == nil {
			p.pass.State = Running
		}
	}
}

// pause is how long to wait when nothing happens.
func (r *runner) pause() time.Duration {
	next := r.lookAt
	if r.storeSince.IsZero() && !r.probing {
		for _, p := range r.passes {
			if away := p.gate.outage(); away.down && !p.gone && !p.overdue && away.nextProbe.Before(next) {
				next = away.nextProbe
			}
		}
	}
	return max(time.Until(next), time.Millisecond)
}

func keyOf(p Pass) passKey { return passKey{p.RunID, p.Number} }

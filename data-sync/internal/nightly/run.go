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
	// closing: it is being ended.
	closing bool
	// decided is how many members had an outcome when last looked at, and by our
	// commits since lookedAt; decidedAt is when others were last seen to have
	// added to that.
	decided             int64
	lookedAt, decidedAt time.Time

	ctx    context.Context
	cancel context.CancelCauseFunc
}

// progressed tells whether others gave members of the pass an outcome since it
// was last asked. Then the pass is not ours to end, however long this process
// has been shut out.
func (p *passWork) progressed(now Pass) bool {
	decided := now.Coded + now.Review
	if decided <= p.decided {
		return false
	}
	p.decided, p.decidedAt = decided, time.Now()
	return true
}

// looked takes in the counts of the pass as just read. While the gate is open
// any progress ends an outage, whoever made it.
func (p *passWork) looked(at time.Time) {
	if p.gate.isDown() {
		p.progressed(p.pass)
		return
	}
	decided := p.pass.Coded + p.pass.Review
	if decided > p.decided {
		p.gate.committed()
	}
	p.decided, p.lookedAt = decided, at
}

// event is what a goroutine of Run reports when it ends: a chunk's, a probe, or
// the closing of a pass.
type event struct {
	pass   *passWork
	chunk  *chunkEnd
	probe  *probeEnd
	closed *closeEnd
}

// runner is the state of one Run.
type runner struct {
	*Engine
	work    context.Context // outlives Run's ctx by the grace time
	passes  []*passWork
	events  chan event
	active  int
	probing bool
	// closing cuts the closing of a pass short; nil while none is under way.
	closing context.CancelFunc
	// owed are chunks that could not be given back, at most one a worker.
	owed  []Chunk
	owned sync.WaitGroup

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
		events: make(chan event, e.cfg.Workers+2),
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
	for r.active > 0 || r.probing || r.closing != nil {
		switch ev := <-r.events; {
		case ev.probe != nil:
			r.probing = false
		case ev.closed != nil:
			r.closing()
			r.closing = nil
		default:
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
	r.repay(ctx)
	for _, p := range r.passes {
		if p.gone || p.closing {
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

// repay gives back the chunks that are owed. Where that fails again their
// leases end by themselves.
func (r *runner) repay(ctx context.Context) {
	for _, chunk := range r.owed {
		giving, cancel := context.WithTimeout(ctx, releaseTimeout)
		_ = r.store.ReleaseChunk(giving, chunk, 0)
		cancel()
	}
	r.owed = nil
}

// look reads the open passes.
func (r *runner) look(ctx context.Context) bool {
	if !r.storeSince.IsZero() && !r.storeAnswers(ctx) {
		return false
	}
	began := time.Now()
	open, err := r.store.OpenPasses(ctx)
	var now time.Time
	if err == nil && len(open) > 0 {
		now, err = r.store.Now(ctx)
	}
	if err != nil {
		r.storeAway(ctx, err)
		return false
	}
	r.storeBack()
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
		p.looked(began)
		kept = append(kept, p)
		r.seen.Pass(pass)
	}
	for _, p := range r.passes {
		if !p.gone {
			continue
		}
		p.cancel(errPassEnded)
		if p.active > 0 || p.closing {
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
			if p.gone || p.dry || p.closing || p.overdue || p.gate.isDown() {
				continue
			}
			chunk, ok, err := r.store.ClaimChunk(ctx, p.pass.RunID, p.pass.Number, r.cfg.newOwner(), r.cfg.ChunkLease)
			switch {
			case err != nil:
				return err
			case !ok:
				p.dry = true
				r.finish(ctx, p)
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
		end := r.Engine.work(p.ctx, pass, p.gate, chunk)
		r.events <- event{pass: p, chunk: &end}
	})
}

// handle takes in what a goroutine reported.
func (r *runner) handle(ctx context.Context, ev event) {
	switch p := ev.pass; {
	case ev.probe != nil:
		r.probeEnded(p, ev.probe)
	case ev.closed != nil:
		r.closeEnded(ctx, p, ev.closed)
	default:
		r.chunkEnded(ctx, p, ev.chunk)
	}
}

func (r *runner) chunkEnded(ctx context.Context, p *passWork, end *chunkEnd) {
	p.dry = false
	p.active--
	r.active--
	if end.committed.After(p.lookedAt) {
		p.decided += end.decided
	}
	if end.owed {
		r.owed = append(r.owed, end.chunk)
	}
	if end.outcome == chunkLate {
		p.overdue = true
	}
	if p.gone || p.gate.isDown() {
		if away := p.gate.outage(); away.down && p.pass.State == Running {
			r.log.Warn("pass paused", "run", p.pass.RunID, "pass", p.pass.Number, "away", away.what, "class", away.class)
		}
		return
	}
	if end.outcome == chunkDone && p.pass.State == Paused {
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
			if away := p.gate.outage(); away.down && !p.gone && !p.closing && !p.overdue && away.nextProbe.Before(next) {
				next = away.nextProbe
			}
		}
	}
	return max(time.Until(next), time.Millisecond)
}

func keyOf(p Pass) passKey { return passKey{p.RunID, p.Number} }

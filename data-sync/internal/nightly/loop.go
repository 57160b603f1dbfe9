package nightly

import (
	"context"
	"errors"
	"sync"
	"time"

	"aecode/data-sync/internal/run"
)

// event is what a goroutine of Run reports when it ends: an attempt at a chunk, a
// probe, or the closing of a pass.
type event struct {
	pass    *passWork
	attempt *attemptEnd
	probe   *probeEnd
	closed  *closeEnd
}

// runner is the state of one Run.
type runner struct {
	*Engine
	life    context.Context //nolint:containedctx // outlives Run's ctx by the grace time
	passes  []*passWork
	events  chan event
	active  int
	probing bool
	// closing cuts the closing of a pass short; nil while none is under way.
	closing context.CancelFunc
	// owed are chunks that could not be given back, at most one a worker and the
	// claim that failed: none is claimed while there are any.
	owed  []debt
	owned sync.WaitGroup
	// slow: the database's last answer was not in time.
	slow bool

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

	life, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	r := &runner{
		Engine: e, life: life, accounted: time.Now(),
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
	if err := r.repay(ctx); err != nil {
		r.storeAway(ctx, err)
		return
	}
	for _, p := range r.passes {
		if p.idle() {
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

func (r *runner) ended(p *passWork, pass run.Pass) {
	p.ended()
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
			if !p.takes() {
				continue
			}
			chunk, ok, err := r.claim(ctx, p)
			switch {
			case err != nil:
				return err
			case !ok:
				p.ranDry()
				r.finish(ctx, p)
			default:
				took = true
				r.begin(p, chunk)
			}
		}
	}
	return nil
}

// claim takes a chunk. Where the answer was lost the claim may stand, or stand
// yet: what its owner's name holds, which no other claim has, is given back
// before anything more is claimed.
func (r *runner) claim(ctx context.Context, p *passWork) (chunk run.Chunk, ok bool, err error) {
	owner := r.cfg.newOwner()
	err = r.ask(ctx, func(ctx context.Context) (err error) {
		chunk, ok, err = r.store.ClaimChunk(ctx, p.pass.RunID, p.pass.Number, owner, r.cfg.ChunkLease)
		return err
	})
	if err != nil {
		r.owed = append(r.owed, debt{run.Chunk{RunID: p.pass.RunID, Pass: p.pass.Number, Owner: owner}, time.Now()})
	}
	return chunk, ok, err
}

func (r *runner) begin(p *passWork, chunk run.Chunk) {
	p.active++
	r.active++
	pass := p.pass
	r.owned.Go(func() {
		end := r.attempt(p.ctx, pass, p.gate, chunk)
		r.events <- event{pass: p, attempt: &end}
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
		r.attemptEnded(ctx, p, ev.attempt)
	}
}

func (r *runner) attemptEnded(ctx context.Context, p *passWork, end *attemptEnd) {
	p.attemptEnded(end.outcome == chunkLate)
	p.active--
	r.active--
	if end.committed.After(p.lookedAt) {
		p.decided += end.decided
	}
	if end.owed {
		r.owed = append(r.owed, debt{end.chunk, time.Now()})
	}
	if !p.open() || p.gate.isDown() {
		if away := p.gate.outage(); away.down && p.pass.State == run.Running {
			r.log.Warn("pass paused", "run", p.pass.RunID, "pass", p.pass.Number, "away", away.what, "class", away.class)
		}
		return
	}
	if end.outcome == chunkDone && p.pass.State == run.Paused {
		// Another replica, or an earlier life of this one, had paused it.
		if r.ask(ctx, func(ctx context.Context) error {
			return r.store.SetPaused(ctx, p.pass.RunID, p.pass.Number, false, "")
		}) == nil {
			p.pass.State = run.Running
		}
	}
}

// pause is how long to wait when nothing happens.
func (r *runner) pause() time.Duration {
	next := r.lookAt
	if r.storeSince.IsZero() && !r.probing {
		for _, p := range r.passes {
			if away := p.gate.outage(); away.down && !p.idle() && p.state != overdue && away.nextProbe.Before(next) {
				next = away.nextProbe
			}
		}
	}
	return max(time.Until(next), time.Millisecond)
}

package nightly

import (
	"context"
	"errors"
	"time"

	"aecode/data-sync/internal/run"
)

// debt is a chunk that is still leased to us, since it could not be given back.
type debt struct {
	chunk run.Chunk
	since time.Time
}

// repay gives back the chunks that are owed. It stops at the first failure:
// with a database that hangs each would cost its time, and all the work waits.
// What is older than a lease has been given back by that.
func (r *runner) repay(ctx context.Context) error {
	for len(r.owed) > 0 {
		if time.Since(r.owed[0].since) < r.cfg.ChunkLease {
			giving, cancel := context.WithTimeout(ctx, releaseTimeout)
			err := r.store.ReleaseChunk(giving, r.owed[0].chunk, 0)
			cancel()
			if err != nil && !errors.Is(err, run.ErrLeaseLost) {
				return err
			}
		}
		r.owed = r.owed[1:]
	}
	r.owed = nil
	return nil
}

// look reads the open passes.
func (r *runner) look(ctx context.Context) bool {
	if !r.storeSince.IsZero() && !r.storeAnswers(ctx) {
		return false
	}
	began := time.Now()
	var open []run.Pass
	var now time.Time
	err := r.ask(ctx, func(ctx context.Context) (err error) {
		if open, err = r.store.OpenPasses(ctx); err == nil && len(open) > 0 {
			now, err = r.store.Now(ctx)
		}
		return err
	})
	if err != nil {
		r.storeAway(ctx, err)
		return false
	}
	r.storeBack()
	byKey := make(map[passKey]*passWork, len(r.passes))
	for _, p := range r.passes {
		byKey[keyOf(p.pass)] = p
	}
	kept := r.passes[:0:0]
	for _, pass := range open {
		p := byKey[keyOf(pass)]
		if p == nil {
			p = &passWork{gate: new(gate)}
			p.ctx, p.cancel = context.WithCancelCause(r.life)
		}
		delete(byKey, keyOf(pass))
		p.found(pass, now)
		p.looked(began)
		kept = append(kept, p)
		r.seen.Pass(pass)
	}
	for _, p := range r.passes {
		if byKey[keyOf(p.pass)] == nil {
			continue
		}
		p.vanished()
		if p.active > 0 || p.close.underWay {
			kept = append(kept, p)
		} else if p.state != shown {
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
func (r *runner) showEnd(ctx context.Context, pass run.Pass) {
	_ = r.ask(ctx, func(ctx context.Context) error {
		p, err := r.store.Pass(ctx, pass.RunID, pass.Number)
		if err == nil {
			r.seen.Pass(p)
		}
		return err
	})
}

// progressed tells whether others gave members of the pass an outcome since it
// was last asked. Then the pass is not ours to end, however long this process
// has been shut out.
func (p *passWork) progressed(now run.Pass) bool {
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

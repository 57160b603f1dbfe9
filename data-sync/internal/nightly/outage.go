package nightly

import (
	"context"
	"fmt"
	"time"

	"aecode/data-sync/internal/run"
)

// attend looks after a pass that cannot take work: overdue, or shut by its
// gate.
func (r *runner) attend(ctx context.Context, p *passWork) error {
	if p.state == overdue {
		if p.active > 0 {
			return nil // they end at the deadline by themselves
		}
		r.end(ctx, p, "the run's deadline has passed", run.ClassRunDeadline)
		return nil
	}
	away := p.gate.outage()
	if !away.down || r.probing {
		return nil
	}
	since := away.since
	if p.decidedAt.After(since) {
		since = p.decidedAt
	}
	if p.active == 0 && time.Since(since) >= r.cfg.OutageBudget {
		var now run.Pass
		if err := r.ask(ctx, func(ctx context.Context) (err error) {
			now, err = r.store.Pass(ctx, p.pass.RunID, p.pass.Number)
			return err
		}); err != nil {
			return err
		}
		if !p.progressed(now) {
			r.end(ctx, p, fmt.Sprintf("%s away for longer than %v", away.what, r.cfg.OutageBudget), away.class)
			return nil
		}
	}
	if time.Now().Before(away.nextProbe) {
		return nil
	}
	r.probing = true
	pass := p.pass
	r.owned.Go(func() {
		guard := container{log: r.log, at: run.Chunk{RunID: pass.RunID, Pass: pass.Number}}
		var end probeEnd
		_ = guard.contain(func() error {
			end.healed = r.probe(ctx, pass, p.gate, away)
			ctx, cancel := context.WithTimeout(ctx, probeTimeout)
			defer cancel()
			if now, err := r.store.Pass(ctx, pass.RunID, pass.Number); err == nil {
				end.counts = now
			}
			return nil
		})
		p.gate.probed(end.healed)
		r.events <- event{pass: p, probe: &end}
	})
	return nil
}

// probeEnd is what a probe found.
type probeEnd struct {
	healed bool
	counts run.Pass // zero where unknown
}

func (r *runner) probeEnded(p *passWork, end *probeEnd) {
	p.probed()
	r.probing = false
	r.lookAt = time.Time{} // the state may have changed
	if end.counts.RunID != "" {
		p.progressed(end.counts)
	}
	if end.healed {
		r.log.Info("pass resumed", "run", p.pass.RunID, "pass", p.pass.Number)
	}
}

// probe marks the pass as paused and asks once whether work can go on.
func (r *runner) probe(ctx context.Context, pass run.Pass, g *gate, away outage) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if !away.marked || away.what == awayStore {
		// Once an outage: a replica that does well takes the mark away again.
		// For the database this write is the probe itself.
		reason := away.what + " is away: " + away.class
		if err := r.store.SetPaused(ctx, pass.RunID, pass.Number, true, reason); err != nil {
			return false
		}
		g.mark()
	}
	switch away.what {
	case awayTerminology:
		if r.coder.Probe(ctx, pass.Pin) != nil {
			return false
		}
	case awayClaims:
		if r.claims.Ping(ctx) != nil {
			return false
		}
	}
	return r.store.SetPaused(ctx, pass.RunID, pass.Number, false, "") == nil
}

// storeAnswers asks a database that was away, by one try that costs nothing and
// is soon given up: one that hangs must not hold up its return.
func (r *runner) storeAnswers(ctx context.Context) bool {
	err := r.answers(ctx)
	if err != nil {
		r.away(ctx, err, true)
	}
	return err == nil
}

func (r *runner) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	return r.store.Ping(ctx)
}

// storeAway waits before the database is asked again. The closing of a pass is
// cut short where it does not answer: it hangs, perhaps for longer than the
// outage. Else the closing may be what the others wait for.
func (r *runner) storeAway(ctx context.Context, err error) {
	r.away(ctx, err, r.closing != nil && r.answers(ctx) != nil)
}

func (r *runner) away(ctx context.Context, err error, silent bool) {
	if ctx.Err() != nil {
		return // it is we who end
	}
	if r.storeSince.IsZero() {
		r.storeSince = time.Now()
		r.log.Warn("database is away", "class", run.ClassOf(err))
	}
	if silent && r.closing != nil {
		r.closing()
	}
	r.lookAt = time.Now().Add(jitter(probeEvery))
}

// storeBack ends an outage of the database, if there was one.
func (r *runner) storeBack() {
	if r.storeSince.IsZero() {
		return
	}
	r.log.Info("database is back", "away_ms", time.Since(r.storeSince).Milliseconds())
	for _, p := range r.passes {
		p.gate.storeBack(r.storeSince, r.cfg.OutageBudget)
		p.close.again, p.close.failed = time.Time{}, 0
	}
	r.storeSince = time.Time{}
}

// account adds the time since the last account to the outage, if something
// was away then.
func (r *runner) account() {
	now := time.Now()
	if r.awayThen != "" {
		r.seen.Outage(r.awayThen, now.Sub(r.accounted))
	}
	r.accounted, r.awayThen = now, ""
	if !r.storeSince.IsZero() {
		r.awayThen = awayStore
		return
	}
	for _, p := range r.passes {
		if away := p.gate.outage(); away.down && p.open() {
			r.awayThen = away.what
			return
		}
	}
}

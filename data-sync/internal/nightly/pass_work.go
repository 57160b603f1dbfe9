package nightly

import (
	"context"
	"time"

	"aecode/data-sync/internal/run"
)

type passKey struct {
	runID  string
	number int
}

func keyOf(p run.Pass) passKey { return passKey{p.RunID, p.Number} }

// passState is what the loop may do with a pass.
type passState uint8

const (
	// taking: chunks are claimed.
	taking passState = iota
	// dry: no chunk was free. The next look, or the end of an attempt, makes it
	// taking again.
	dry
	// overdue: its deadline has passed on the database's clock. No chunk is
	// claimed; it ends once none is in our hands.
	overdue
	// gone: the database has it no longer open.
	gone
	// shown: it is gone, and its end has been logged.
	shown
)

// passWork is what this process knows of an open pass. Only the loop of Run
// touches it, apart from the gate.
type passWork struct {
	pass   run.Pass
	gate   *gate
	state  passState
	active int // chunks in our hands
	close  closeState
	// decided is how many members had an outcome when last looked at, and by our
	// commits since lookedAt; decidedAt is when others were last seen to have
	// added to that.
	decided             int64
	lookedAt, decidedAt time.Time

	ctx    context.Context //nolint:containedctx // ends with the pass, not with a call
	cancel context.CancelCauseFunc
}

// open reports whether the database had the pass open when last looked at.
func (p *passWork) open() bool { return p.state < gone }

// idle reports whether there is nothing to do for the pass now: it is gone, or
// is being ended, or its ending is tried again later.
func (p *passWork) idle() bool { return !p.open() || p.close.underWay || p.close.waits() }

// takes reports whether a chunk may be claimed.
func (p *passWork) takes() bool { return p.state == taking && !p.close.underWay && !p.gate.isDown() }

// found takes in the pass as it was just read, open, at the database's time now.
func (p *passWork) found(pass run.Pass, now time.Time) {
	p.pass, p.state = pass, taking
	if !pass.Deadline.IsZero() && !now.Before(pass.Deadline) {
		p.state = overdue
	}
}

// ranDry notes that no chunk was free.
func (p *passWork) ranDry() {
	if p.state == taking {
		p.state = dry
	}
}

// attemptEnded notes that a chunk is out of our hands: it may be free again.
func (p *passWork) attemptEnded(late bool) {
	switch {
	case !p.open():
	case late:
		p.state = overdue
	case p.state == dry:
		p.state = taking
	}
}

// probed notes that a probe has ended: there may be work again.
func (p *passWork) probed() { p.attemptEnded(false) }

// vanished notes that the database has the pass no longer open.
func (p *passWork) vanished() {
	p.state = max(p.state, gone)
	p.cancel(errPassEnded)
}

// ended notes that the end of the pass has been logged.
func (p *passWork) ended() {
	p.state = shown
	p.cancel(errPassEnded)
}

package nightly

import (
	"context"
	"errors"
	"time"

	"aecode/common/retry"
	"aecode/data-sync/internal/run"
)

// closeAgain is how long a pass waits that could not be ended.
var closeAgain = retry.Backoff{Base: time.Second, Cap: time.Minute}

// closeState is how the ending of a pass stands.
type closeState struct {
	underWay bool
	failed   int    // times
	class    string // of the last failure that was logged
	again    time.Time
}

// waits reports whether it is too early to try again.
func (c *closeState) waits() bool { return time.Now().Before(c.again) }

// closeEnd is what the closing of a pass came to.
type closeEnd struct {
	pass run.Pass
	// ok: it has ended; else some chunk is open yet.
	ok  bool
	err error
}

// finish ends a pass of which no chunk is open.
func (r *runner) finish(ctx context.Context, p *passWork) {
	if p.active > 0 {
		return
	}
	r.closePass(ctx, p, func(ctx context.Context, pass run.Pass) (run.Pass, bool, error) {
		return r.store.FinishPass(ctx, pass.RunID, pass.Number)
	})
}

// end closes a pass as PARTIAL.
func (r *runner) end(ctx context.Context, p *passWork, reason, class string) {
	r.closePass(ctx, p, func(ctx context.Context, pass run.Pass) (run.Pass, bool, error) {
		pass, err := r.store.EndPass(ctx, pass.RunID, pass.Number, run.Partial, reason, class)
		return pass, true, err
	})
}

// closePass ends a pass beside the loop, one at a time: it takes the longer the
// more members there are, and the store gives it time accordingly. Neither that
// nor a database that hangs may hold up the work on other passes.
func (r *runner) closePass(ctx context.Context, p *passWork, end func(context.Context, run.Pass) (run.Pass, bool, error)) {
	if r.closing != nil || p.close.waits() {
		return
	}
	ctx, r.closing = context.WithCancel(ctx)
	p.close.underWay = true
	pass := p.pass // the loop goes on reading it anew
	guard := &container{log: r.log, at: run.Chunk{RunID: pass.RunID, Pass: pass.Number}}
	r.owned.Go(func() {
		var c closeEnd
		c.err = guard.contain(func() (err error) {
			c.pass, c.ok, err = end(ctx, pass)
			return err
		})
		r.events <- event{pass: p, closed: &c}
	})
}

func (r *runner) closeEnded(ctx context.Context, p *passWork, c *closeEnd) {
	r.closing()
	r.closing = nil
	p.close.underWay = false
	switch {
	case errors.Is(c.err, context.Canceled):
		// Cut short because the database had gone away.
	case c.err != nil:
		r.closeFailed(ctx, p, c.err)
	case c.ok && p.state != shown:
		r.ended(p, c.pass)
	}
}

// closeFailed tells a database that is away from a pass that cannot be ended,
// now or ever: that one waits, longer each time, and holds up no other.
func (r *runner) closeFailed(ctx context.Context, p *passWork, err error) {
	if r.answers(ctx) != nil {
		r.away(ctx, err, true)
		return
	}
	if class := run.ClassOf(err); class != p.close.class {
		p.close.class = class
		r.log.Warn("pass cannot be ended", "run", p.pass.RunID, "pass", p.pass.Number, "class", class)
	}
	p.close.again = time.Now().Add(jitter(closeAgain.Bound(p.close.failed)))
	p.close.failed++
}

package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"aecode/proto/datasync"
)

// A progress shows a pass on its way: a bar on a terminal, elsewhere a line a
// change, at most one a second.
type progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar
	tty   bool
	last  time.Time
	state datasync.RunState
}

func newProgress(out *os.File) *progress {
	return &progress{out: out, tty: term.IsTerminal(int(out.Fd()))} // a descriptor fits
}

func (p *progress) update(run *datasync.Run) {
	done := run.GetCoded() + run.GetReview()
	if p.tty {
		p.updateBar(run, done)
		return
	}
	if run.GetState() == p.state && time.Since(p.last) < time.Second && !final(run.GetState()) {
		return
	}
	p.last, p.state = time.Now(), run.GetState()
	line := fmt.Sprintf("%s %d of %d: coded %d, review %d", run.GetState(), done, run.GetRead(), run.GetCoded(), run.GetReview())
	if run.GetStateReason() != "" {
		line += " (" + run.GetStateReason() + ")"
	}
	fmt.Fprintln(p.out, line)
}

func (p *progress) updateBar(run *datasync.Run, done int64) {
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(max(run.GetRead(), 1),
			progressbar.OptionSetWriter(p.out), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("reports"), progressbar.OptionSetWidth(40), progressbar.OptionClearOnFinish())
	}
	if run.GetState() != p.state {
		p.state = run.GetState()
		p.bar.Describe(p.state.String())
	}
	_ = p.bar.Set64(done) // it only draws
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish() // it only draws
	}
}

package nightly

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"aecode/data-sync/internal/run"
)

// panicError is what a contained panic becomes. It knows the type of the
// panic's value only: the value itself may hold a verbatim.
type panicError struct{ kind string }

func (p *panicError) Error() string { return "panic with a value of type " + p.kind }

// maxStack bounds how much of a stack is logged, in bytes.
const maxStack = 8 << 10

// container keeps panics from ending the process: one faulty item must not take
// the work on all the others with it. It may be used by several goroutines.
type container struct {
	log Logger
	at  run.Chunk // what was worked on; seq and attempt are zero outside a chunk
	// told: a stack has been logged; the halving that follows repeats it.
	told atomic.Bool
}

// contain runs fn and makes an error of its panic.
func (c *container) contain(fn func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = c.caught(v)
		}
	}()
	return fn()
}

// caught logs a recovered panic by type and stack. A stack shows addresses,
// never the strings behind them.
func (c *container) caught(value any) error {
	p := &panicError{kind: fmt.Sprintf("%T", value)}
	if c.told.CompareAndSwap(false, true) {
		stack := debug.Stack()
		c.log.Warn("panic contained", "run", c.at.RunID, "pass", c.at.Pass, "chunk", c.at.Seq, "attempt", c.at.Attempt,
			"type", p.kind, "stack", string(stack[:min(len(stack), maxStack)]))
	}
	return p
}

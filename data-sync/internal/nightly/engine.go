package nightly

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
)

// Engine works the open passes of a store. Any number of engines, in any
// number of processes, may share one store.
type Engine struct {
	store    Store
	coder    Coder
	claims   Claims
	cfg      settings
	seen     Observer
	log      Logger
	encoding chan struct{} // a slot for each batch at terminology
	opening  chan struct{} // the slot of an opening
	ending   chan struct{} // the slot of a Cancel
	wake     chan struct{}
	running  atomic.Bool
}

// New returns an engine, which does nothing before Run. A nil observer
// observes nothing, a nil logger logs nothing. Where cfg or opt cannot be used, the
// error names their fields.
func New(store Store, coder Coder, claims Claims, cfg Config, opt Options, seen Observer, log Logger) (*Engine, error) {
	if store == nil || coder == nil || claims == nil {
		return nil, errors.New("nightly: a store, a coder and claims are needed")
	}
	set, err := settingsOf(cfg, opt)
	if err != nil {
		return nil, fmt.Errorf("nightly: %w", err)
	}
	if seen == nil {
		seen = Unobserved{}
	}
	if log == nil {
		log = silent{}
	}
	return &Engine{
		store: store, coder: coder, claims: claims, cfg: set, seen: seen, log: log,
		encoding: make(chan struct{}, set.EncodeConcurrency),
		opening:  make(chan struct{}, 1),
		ending:   make(chan struct{}, 1),
		wake:     make(chan struct{}, 1),
	}, nil
}

// Wake makes Run look for work now instead of at its next poll.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default: // it is awake already
	}
}

// enter takes a slot, and gives the function that leaves it, or ctx's error.
func enter(ctx context.Context, slots chan struct{}) (leave func(), err error) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

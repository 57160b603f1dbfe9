package nightly

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"aecode/common/retry"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// Engine works the open passes of a store. Any number of engines, in any
// number of processes, may share one store.
type Engine struct {
	store    Store
	coder    Coder
	claims   Claims
	cfg      Config
	seen     Observer
	log      Logger
	encoding chan struct{} // a slot for each batch at terminology
	now      chan struct{} // a slot for each CodeNow
	opening  chan struct{} // the slot of an opening
	ending   chan struct{} // the slot of a Cancel
	wake     chan struct{}
	running  atomic.Bool
}

// New returns an engine, which does nothing before Run. A nil observer
// observes nothing, a nil logger logs nothing. A Config that cannot work is an
// error that names its fields.
func New(store Store, coder Coder, claims Claims, cfg Config, seen Observer, log Logger) (*Engine, error) {
	if store == nil || coder == nil || claims == nil {
		return nil, errors.New("nightly: a store, a coder and claims are needed")
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("nightly: %w", err)
	}
	if seen == nil {
		seen = Unobserved{}
	}
	if log == nil {
		log = silent{}
	}
	return &Engine{
		store: store, coder: coder, claims: claims, cfg: cfg, seen: seen, log: log,
		encoding: make(chan struct{}, cfg.EncodeConcurrency),
		now:      make(chan struct{}, cfg.NowConcurrency),
		opening:  make(chan struct{}, 1),
		ending:   make(chan struct{}, 1),
		wake:     make(chan struct{}, 1),
	}, nil
}

// ArgumentError is an argument that cannot be used.
type ArgumentError struct {
	// Field is "date" or "scope".
	Field string
	// Description says what is wrong and what is possible.
	Description string
}

// Error names the field.
func (e *ArgumentError) Error() string { return e.Field + ": " + e.Description }

// Start opens a pass for the business date (YYYY-MM-DD; empty: today in the
// configured Location, by the database's clock) and scope ("all", also when
// empty, or "study:<STUDYID>"), pinned to terminology's newest versions, and
// wakes the workers of this process. Where the run has an open pass it gives
// that one, also while terminology is away; where there is nothing to do, the
// run's last. opened tells a new pass.
//
// It returns an *ArgumentError, a *Failure where terminology cannot tell its
// versions, or the store's error.
func (e *Engine) Start(ctx context.Context, date, scope string) (pass run.Pass, opened bool, err error) {
	if scope == "" {
		scope = ScopeAll
	}
	if err := checkArguments(date, scope); err != nil {
		return run.Pass{}, false, err
	}
	pin, err := e.coder.Newest(ctx)
	if err != nil {
		if pass, ok := e.openPassOf(ctx, date, scope); ok {
			return pass, false, nil
		}
		return run.Pass{}, false, fmt.Errorf("ask terminology for the versions to pin: %w", err)
	}
	// Fixing a million members outlasts a call. The store bounds it; who asked
	// asks again and gets the pass that is open by then. One at a time: those who
	// ask again meanwhile wait here, not each on a connection of the pool.
	leave, err := enter(ctx, e.opening)
	if err != nil {
		return run.Pass{}, false, fmt.Errorf("wait for the opening of a pass that is under way: %w", err)
	}
	defer leave()
	pass, opened, err = e.store.OpenPass(context.WithoutCancel(ctx), run.OpenPass{
		Date:        date,
		Location:    e.cfg.Location,
		Scope:       scope,
		Pin:         pin,
		ChunkSize:   e.cfg.ChunkSize,
		RunDeadline: e.cfg.RunDeadline,
	})
	if err != nil {
		return run.Pass{}, false, fmt.Errorf("open a pass for scope %s: %w", scope, err)
	}
	e.seen.Pass(pass)
	e.Wake()
	return pass, opened, nil
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

// Wake makes Run look for work now instead of at its next poll.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default: // it is awake already
	}
}

// openPassOf finds a run's open pass without terminology's help.
func (e *Engine) openPassOf(ctx context.Context, date, scope string) (run.Pass, bool) {
	if date == "" {
		now, err := e.store.Now(ctx)
		if err != nil {
			return run.Pass{}, false
		}
		date = now.In(e.cfg.Location).Format(time.DateOnly)
	}
	pass, err := e.store.Pass(ctx, date+"."+scope, 0)
	return pass, err == nil && pass.State.Open()
}

// Cancel ends a run's open pass: what is coded stays, what is left is counted
// as CANCELLED, and whoever works on a chunk of it loses the lease. A pass that
// is not open is given as it is. ErrNotFound where there is no such run.
func (e *Engine) Cancel(ctx context.Context, runID string) (run.Pass, error) {
	pass, err := e.store.Pass(ctx, runID, 0)
	if err != nil || !pass.State.Open() {
		return pass, err
	}
	// As in Start, it goes on without the one who asked, one at a time.
	leave, err := enter(ctx, e.ending)
	if err != nil {
		return run.Pass{}, fmt.Errorf("wait for a cancelling that is under way: %w", err)
	}
	defer leave()
	pass, err = e.store.EndPass(context.WithoutCancel(ctx), pass.RunID, pass.Number, run.Cancelled, "cancelled", run.ClassCancelled)
	if err != nil {
		return run.Pass{}, fmt.Errorf("cancel run %s: %w", runID, err)
	}
	e.seen.Pass(pass)
	e.Wake()
	return pass, nil
}

// CodeNow codes one item outside any pass, with terminology's newest versions
// and the mapping that passes use. It waits for one of NowConcurrency slots.
//
// With a nil error the result is Coded or Review. Otherwise it is Left with its
// class, and the error, a *Failure, is why; nothing is stored either way.
func (e *Engine) CodeNow(ctx context.Context, item run.Item) (run.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.BatchOverall)
	defer cancel()
	left := func(err error) (run.Result, error) {
		f, ok := errors.AsType[*run.Failure](err)
		if !ok {
			f = &run.Failure{Class: run.ClassOf(err), Err: err}
		}
		return run.Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Kind: run.Left, ErrorClass: f.Class, ItemFault: f.Item}, f
	}
	leave, err := enter(ctx, e.now)
	if err != nil {
		return left(err)
	}
	defer leave()
	answers, err := e.coder.Encode(ctx, report.Versions{}, []run.Term{termOf(item)})
	if err != nil {
		return left(err)
	}
	if len(answers) != 1 {
		return left(&run.Failure{Class: run.ClassMalformed})
	}
	if answers[0].Err != nil {
		return left(answers[0].Err)
	}
	result, err := resultOf(item, answers[0])
	if err != nil {
		return left(err)
	}
	return result, nil
}

// ScopeAll is the scope of all reports; a study's is "study:" and its id.
const (
	ScopeAll    = "all"
	scopeStudy  = "study:"
	maxStudyLen = 64
)

func checkArguments(date, scope string) error {
	if date != "" {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return &ArgumentError{Field: "date", Description: "give a business date as YYYY-MM-DD, or none for today"}
		}
	}
	study, isStudy := strings.CutPrefix(scope, scopeStudy)
	switch {
	case scope == ScopeAll:
	case !isStudy:
		return &ArgumentError{Field: "scope", Description: `give "all" or "study:" and a study id`}
	case study == "" || len(study) > maxStudyLen || strings.ContainsFunc(study, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return &ArgumentError{Field: "scope", Description: fmt.Sprintf("give a study id of 1 to %d bytes without control characters", maxStudyLen)}
	}
	return nil
}

// storePolicy retries a store's or Redis's call, where every one may be
// repeated. A lost lease stays lost.
var storePolicy = retry.Policy{
	MaxAttempts: 5,
	Backoff:     retry.Backoff{Base: 50 * time.Millisecond, Cap: time.Second},
	Classify: func(err error) retry.Class {
		if errors.Is(err, run.ErrLeaseLost) || errors.Is(err, run.ErrNotFound) {
			return retry.Permanent
		}
		return retry.Transient
	},
}

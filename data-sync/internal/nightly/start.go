package nightly

import (
	"context"
	"fmt"
	"time"

	"aecode/data-sync/internal/run"
)

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
		scope = run.ScopeAll
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
		Location:    e.cfg.location,
		Scope:       scope,
		Pin:         pin,
		ChunkSize:   e.cfg.ChunkSize,
		RunDeadline: e.cfg.Deadline,
	})
	if err != nil {
		return run.Pass{}, false, fmt.Errorf("open a pass for scope %s: %w", scope, err)
	}
	e.seen.Pass(pass)
	e.Wake()
	return pass, opened, nil
}

// openPassOf finds a run's open pass without terminology's help.
func (e *Engine) openPassOf(ctx context.Context, date, scope string) (run.Pass, bool) {
	if date == "" {
		now, err := e.store.Now(ctx)
		if err != nil {
			return run.Pass{}, false
		}
		date = now.In(e.cfg.location).Format(time.DateOnly)
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

func checkArguments(date, scope string) error {
	if date != "" {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return &run.ArgumentError{Field: "date", Description: "give a business date as YYYY-MM-DD, or none for today"}
		}
	}
	if _, err := run.ParseScope(scope); err != nil {
		return &run.ArgumentError{Field: "scope", Description: err.Error()}
	}
	return nil
}

// Package backlog reads now and then from the database what an operator is
// alerted by: how much waits and for how long, and how the last run ended. Each
// replica shows the same, whichever of them worked, and also after a restart.
package backlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aecode/common/configerr"
	"aecode/data-sync/internal/run"
)

// Backlog is what waits. Ages are by the database's clock, 0 where nothing
// waits.
type Backlog struct {
	// Pending reports wait for a pass; OldestPending is the time since the
	// receipt of the one that has waited longest.
	Pending       int64
	OldestPending time.Duration
	// SeriousReview and OtherReview reports wait for a person;
	// OldestSeriousReview is how long the first of the serious ones has.
	SeriousReview, OtherReview int64
	OldestSeriousReview        time.Duration
	// OpenPass is how long the oldest open pass has been open.
	OpenPass time.Duration
}

// Sample is one look at the database.
type Sample struct {
	Backlog
	// LastRun is the pass of the whole night that has ended last; nil where none
	// has ever.
	LastRun *run.Pass
	// At is when the look was over, by this process's clock, and Took how long it
	// took.
	At   time.Time
	Took time.Duration
}

// Database is what a sample is read from.
type Database interface {
	// Backlog counts what waits.
	Backlog(ctx context.Context) (Backlog, error)
	// LastFinished gives the pass of the scope that has ended last;
	// run.ErrNotFound where none has.
	LastFinished(ctx context.Context, scope string) (run.Pass, error)
}

// Observer takes what a look has brought. Its methods must not block.
type Observer interface {
	// Sampled shows a sample that is whole.
	Sampled(Sample)
	// SampleFailed counts a look that brought none.
	SampleFailed()
}

// Logger takes one line with alternating keys and values.
type Logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

const (
	// lookTimeout bounds each of the two questions, whatever the database does.
	lookTimeout = 10 * time.Second
)

// Config is how often to look.
type Config struct {
	// Sample is the time between two looks: 1s to 2m.
	Sample time.Duration `json:",default=30s"`
}

// Validate returns every field that cannot be used, each as a configerr.FieldError.
func (c Config) Validate() error {
	var errs configerr.Errors
	// The alerts take what is older than 5m for unknown.
	errs.Span("Sample", c.Sample, time.Second, 2*time.Minute)
	return errs.Err()
}

// Run looks at once and then every cfg.Sample, until ctx ends. After a failed look
// the last whole sample stays shown, and its age tells. The log is told of the
// first of several failures, and of their end.
func Run(ctx context.Context, db Database, cfg Config, seen Observer, log Logger) {
	tick := time.NewTicker(cfg.Sample)
	defer tick.Stop()
	failing := false
	for {
		s, err := look(ctx, db)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			seen.SampleFailed()
			if !failing {
				log.Warn("sample of the database failed", "why", err.Error())
			}
		default:
			seen.Sampled(s)
			if failing {
				log.Info("the database is sampled again")
			}
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func look(ctx context.Context, db Database) (Sample, error) {
	began := time.Now()
	var s Sample
	err := within(ctx, func(ctx context.Context) (err error) {
		s.Backlog, err = db.Backlog(ctx)
		return err
	})
	if err != nil {
		return Sample{}, fmt.Errorf("backlog: %w", err)
	}
	err = within(ctx, func(ctx context.Context) error {
		last, err := db.LastFinished(ctx, run.ScopeAll)
		if errors.Is(err, run.ErrNotFound) {
			return nil
		}
		s.LastRun = &last
		return err
	})
	if err != nil {
		return Sample{}, fmt.Errorf("last run: %w", err)
	}
	s.At = time.Now()
	s.Took = s.At.Sub(began)
	return s, nil
}

func within(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	return ask(ctx)
}

package nightly

import (
	"time"

	"aecode/data-sync/internal/run"
)

// Observer receives what is worth counting. It must be safe for concurrent
// use and must not block.
type Observer interface {
	// Reports counts results that were committed: by method for Coded, by
	// reason for Review, by error class for Left.
	Reports(kind run.Kind, label string, n int)
	// Chunk is a chunk that this process is done with: "done", "open" (given
	// back with members left), "late" (the same, at the pass's deadline), "lost"
	// (its lease), or "failed" (given back as it was).
	Chunk(outcome string, took time.Duration)
	// Outage adds time during which this process could not work, by what was
	// away: "terminology", "idempotency" or "database".
	Outage(what string, d time.Duration)
	// Pass shows a pass as last seen: its state and its counts.
	Pass(p run.Pass)
}

// Unobserved is an Observer that does nothing, to embed or to pass.
type Unobserved struct{}

// Reports does nothing.
func (Unobserved) Reports(run.Kind, string, int) {}

// Chunk does nothing.
func (Unobserved) Chunk(string, time.Duration) {}

// Outage does nothing.
func (Unobserved) Outage(string, time.Duration) {}

// Pass does nothing.
func (Unobserved) Pass(run.Pass) {}

// Logger takes one line with alternating keys and values, as *slog.Logger
// does. The engine gives it identifiers, counts and classes only.
type Logger interface {
	Info(msg string, args ...any)
	Warn(msg string, args ...any)
}

type silent struct{}

func (silent) Info(string, ...any) {}
func (silent) Warn(string, ...any) {}

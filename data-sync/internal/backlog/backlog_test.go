package backlog_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"aecode/data-sync/internal/backlog"
	"aecode/data-sync/internal/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database answers look by look: what fails, hangs, or has seen no run.
type database struct {
	t     *testing.T
	looks []string
	n     int
	end   context.CancelFunc
}

var errAway = errors.New("away")

func (d *database) Backlog(ctx context.Context) (backlog.Backlog, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		d.t.Error("a question without a deadline")
	}
	d.n++
	if d.n == len(d.looks) {
		defer d.end()
	}
	switch d.looks[d.n-1] {
	case "fails":
		return backlog.Backlog{}, errAway
	case "hangs":
		<-ctx.Done()
		return backlog.Backlog{}, ctx.Err()
	}
	return backlog.Backlog{Pending: int64(d.n)}, nil
}

func (d *database) LastFinished(ctx context.Context, scope string) (run.Pass, error) {
	if _, bounded := ctx.Deadline(); !bounded || scope != "all" {
		d.t.Errorf("asked for %q, with a deadline: %v", scope, bounded)
	}
	switch d.looks[d.n-1] {
	case "no run":
		return run.Pass{}, run.ErrNotFound
	case "half":
		return run.Pass{}, errAway
	}
	return run.Pass{RunID: "2026-03-01.all"}, nil
}

// seen notes what is told, by the time since the beginning.
type seen struct {
	began  time.Time
	events []string
	lines  []string
}

func (s *seen) note(what string) {
	s.events = append(s.events, time.Since(s.began).String()+" "+what)
}

func (s *seen) Sampled(got backlog.Sample) {
	if !got.At.Equal(time.Now()) {
		s.note("at another time")
	}
	what := "run"
	if got.LastRun == nil {
		what = "no run"
	}
	s.note(what)
}
func (s *seen) SampleFailed()             { s.note("failed") }
func (s *seen) Info(msg string, _ ...any) { s.lines = append(s.lines, msg) }
func (s *seen) Warn(msg string, _ ...any) { s.lines = append(s.lines, msg) }

func TestALookThatFailsOrHangsIsCountedAndTheNextComesInItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		db := &database{t: t, looks: []string{"no run", "whole", "fails", "half", "whole", "hangs", "whole", "last"}, end: cancel}
		got := &seen{began: time.Now()}
		backlog.Run(ctx, db, backlog.Config{Sample: 30 * time.Second}, got, got)
		want := []string{"0s no run", "30s run", "1m0s failed", "1m30s failed", "2m0s run", "2m40s failed", "3m0s run"}
		if !slices.Equal(got.events, want) {
			t.Errorf("%q, want %q", got.events, want)
		}
		lines := []string{"sample of the database failed", "the database is sampled again", "sample of the database failed", "the database is sampled again"}
		if !slices.Equal(got.lines, lines) {
			t.Errorf("%q, want %q", got.lines, lines)
		}
	})
}

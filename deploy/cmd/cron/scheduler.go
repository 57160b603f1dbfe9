package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// lookEvery is the longest time between two looks at the wall clock. A timer
	// counts only while the host is awake, and does not notice that a clock was set.
	lookEvery = time.Minute
	// setBack is how far before the last due time the clock must be set for that time
	// to come again. A smaller step is a correction of the clock.
	setBack = time.Hour
	// catchUp is the maximum delay of a run that came due while cron was not running.
	// After that, a night due at 02:00 would reach into the working day.
	catchUp = 6 * time.Hour
)

// scheduler runs the command on its schedule.
type scheduler struct {
	schedule cron.Schedule
	// zone is the schedule's time zone, unless the schedule names its own.
	zone *time.Location
	// now is the wall clock.
	now func() time.Time
	// run runs the command until it has ended, and gives its exit code. When ctx ends,
	// it makes the command end.
	run    func(ctx context.Context) int
	record *record
	log    *slog.Logger
}

// serve runs the command whenever it is due, one run at a time. It returns when ctx
// has ended and the run under way has ended too.
func (s *scheduler) serve(ctx context.Context) {
	var last time.Time // the last due time
	next := s.first(s.wall())
	var running chan int // nil: none
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case code := <-running:
			s.ended(code)
			running = nil
			continue
		default:
		}
		now := s.wall()
		switch again := s.schedule.Next(now); {
		case !next.IsZero() && !now.Before(next):
			if running == nil && ctx.Err() == nil {
				running = s.begin(ctx, next, now)
			} else if ctx.Err() == nil {
				s.log.Error("a run is skipped: the last one is still under way", "due", next)
				s.record.skipped()
			}
			last, next = next, s.after(now)
		case again.Before(next) && last.Sub(now) < setBack && !again.After(last):
			// The clock was corrected: this time has had its run.
		case !again.IsZero() && (next.IsZero() || again.Before(next)):
			s.log.Info("the clock was set back", "now", now)
			next = s.after(now)
		}
		s.record.looked(next)
		wait := lookEvery
		if left := next.Sub(now); !next.IsZero() && left < wait {
			wait = left
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case code := <-running:
			s.ended(code)
			running = nil
		case <-ctx.Done():
			if running != nil {
				s.ended(<-running)
			}
			return
		}
	}
}

// wall reads the wall clock in the schedule's zone, without the monotonic reading,
// which a change of the clock does not affect.
func (s *scheduler) wall() time.Time { return s.now().Round(0).In(s.zone) }

// after gives the next due time after at; zero: never.
func (s *scheduler) after(at time.Time) time.Time {
	next := s.schedule.Next(at)
	s.log.Info("next run", "at", next, "utc", next.UTC())
	if gap := longestGap(s.schedule, at); gap > 0 {
		s.record.gap.WithLabelValues().Set(gap.Seconds())
	}
	return next
}

// first gives the first due time when cron starts. It is in the past if a run came
// due since the last one known, at most catchUp ago. If several came due, it is one of
// them.
func (s *scheduler) first(now time.Time) time.Time {
	known, ok := s.record.known()
	known = known.In(s.zone)
	if !ok || known.After(now) { // the clock was set back
		return s.after(now)
	}
	missed := s.after(known) // an interval counts from the last start
	if missed.IsZero() || missed.After(now) {
		return missed
	}
	late := missed
	if earliest := now.Add(-catchUp); missed.Before(earliest) {
		late = s.schedule.Next(earliest.Add(-time.Nanosecond))
	}
	if late.IsZero() || late.After(now) {
		s.log.Error("a run is skipped: it was due while cron was not running, too long ago",
			"due", missed, "late", now.Sub(missed).Round(time.Second).String())
		s.record.skipped()
		return s.after(now)
	}
	s.log.Info("a run begins late: it was due while cron was not running", "due", late, "late", now.Sub(late).Round(time.Second).String())
	return late
}

// begin starts a run. The channel gives its exit code.
func (s *scheduler) begin(ctx context.Context, due, now time.Time) chan int {
	s.log.Info("run begins", "due", due, "late", now.Sub(due).Round(time.Second).String())
	s.record.began(now)
	done := make(chan int, 1)
	go func() { done <- s.run(ctx) }()
	return done
}

func (s *scheduler) ended(code int) {
	s.record.ended(code, s.wall())
	say := s.log.Info
	if code != 0 {
		say = s.log.Error
	}
	say("run ended", "code", code, "outcome", outcomeOf(code))
}

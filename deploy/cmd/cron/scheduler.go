package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// lookEvery is how long the wall clock is left unread at most. A timer counts
	// the time the host is awake, and knows nothing of a clock that was set.
	lookEvery = time.Minute
	// setBack is how far the clock must have been set back behind the last time
	// that was due for that time to come again. A smaller step is a correction.
	setBack = time.Hour
	// catchUp is how late a run may begin that came due while cron was not
	// running. By then a night that began at 02:00 would be into the working day.
	catchUp = 6 * time.Hour
)

// scheduler keeps a schedule.
type scheduler struct {
	schedule cron.Schedule
	// zone is the schedule's, unless it names its own.
	zone *time.Location
	// now is the wall clock.
	now func() time.Time
	// run runs the command until it has ended by itself or, told to by ctx, soon
	// after that, and gives its exit code.
	run    func(ctx context.Context) int
	record *record
	log    *slog.Logger
}

// serve runs the command whenever it is due, one run at a time, until ctx ends
// and the run under way with it.
func (s *scheduler) serve(ctx context.Context) {
	var last time.Time // that was due
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
				s.log.Error("a run is due while the last one is still going: skipped", "due", next)
				s.record.skipped()
			}
			last, next = next, s.after(now)
		case again.Before(next) && last.Sub(now) < setBack && !again.After(last):
			// A time that has had its run, before a clock that was put right.
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

// wall reads the clock in the zone of the schedule, without the monotonic
// reading: it is the wall clock that a schedule means.
func (s *scheduler) wall() time.Time { return s.now().Round(0).In(s.zone) }

// after is the next time that is due after at; zero: never.
func (s *scheduler) after(at time.Time) time.Time {
	next := s.schedule.Next(at)
	s.log.Info("next run", "at", next, "utc", next.UTC())
	if gap := longestGap(s.schedule, at); gap > 0 {
		s.record.gap.WithLabelValues().Set(gap.Seconds())
	}
	return next
}

// first is the next time that is due when cron starts. It is past where a run came
// due since the last one that is known of, and may still be made up for: then it is
// one time, of however many.
func (s *scheduler) first(now time.Time) time.Time {
	known, ok := s.record.known()
	known = known.In(s.zone)
	if !ok || known.After(now) { // a clock that was set back says nothing
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
		s.log.Error("a run was due while cron was not running, too long ago to be made up for: skipped",
			"due", missed, "late", now.Sub(missed).Round(time.Second).String())
		s.record.skipped()
		return s.after(now)
	}
	s.log.Info("a run was due while cron was not running: it begins late", "due", late, "late", now.Sub(late).Round(time.Second).String())
	return late
}

// begin starts a run, whose exit code comes through the channel.
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

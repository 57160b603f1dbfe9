package main

import (
	"time"

	"github.com/robfig/cron/v3"
)

// Bounds of longestGap: a month that is whole whenever it is begun, and some
// milliseconds of work, which reach less far where more than 50 times a day are due.
const (
	gapDays  = 40
	gapTimes = 2000
)

// longestGap is the longest time between two times in a row, of those that come in
// the 40 days after t; 0 where there are not two. Monday to Friday it is the weekend.
func longestGap(schedule cron.Schedule, t time.Time) (longest time.Duration) {
	last := schedule.Next(t)
	for range gapTimes {
		next := schedule.Next(last)
		if last.IsZero() || next.IsZero() || longest > 0 && last.Sub(t) > gapDays*24*time.Hour {
			break
		}
		longest = max(longest, next.Sub(last))
		last = next
	}
	return longest
}

// gapless is a schedule whose every time comes: one of a time of day that summer
// time skips comes as much later as the clock was put on. Vixie's cron does so too;
// the parser's own leaves it out, and with it a night.
type gapless struct{ *cron.SpecSchedule }

// Next is the schedule's next time after t, in the schedule's zone or, where it has
// none, in t's; zero: never.
func (g gapless) Next(t time.Time) time.Time {
	next := g.SpecSchedule.Next(t)
	zone := g.Location
	if zone == time.Local {
		zone = t.Location()
	}
	// The same schedule on a clock that is never put on or back.
	steady := *g.SpecSchedule
	steady.Location = time.UTC
	t = t.In(zone)
	wall := steady.Next(time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC))
	if wall.IsZero() {
		return next
	}
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	if at.Hour() == wall.Hour() && at.Minute() == wall.Minute() {
		return next
	}
	// The zone does not have this time, and Date may have put it on either side of
	// the gap: by the clock of hours before, it is as far beyond as it was inside.
	_, before := at.Add(-6 * time.Hour).Zone()
	at = time.Unix(wall.Unix()-int64(before), 0).In(zone)
	if at.After(t) && (next.IsZero() || at.Before(next)) {
		return at
	}
	return next
}

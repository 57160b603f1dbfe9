package main

import (
	"time"

	"github.com/robfig/cron/v3"
)

// Limits of longestGap: 40 days, which hold a whole month, and 2000 due times, which
// take some milliseconds. A schedule with more than 50 runs a day is followed for fewer
// days.
const (
	gapDays  = 40
	gapTimes = 2000
)

// longestGap gives the longest time between two consecutive due times in the 40 days
// after t; 0 if there are fewer than two. From Monday to Friday it is the weekend.
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

// gapless is a schedule that loses no run: a time of day that daylight saving time
// skips comes later by the same amount, as in Vixie cron. The parser's own schedule
// leaves it out, and with it a night.
type gapless struct{ *cron.SpecSchedule }

// Next gives the next due time after t, in the schedule's zone or, if it has none, in
// t's; zero: never.
func (g gapless) Next(t time.Time) time.Time {
	next := g.SpecSchedule.Next(t)
	zone := g.Location
	if zone == time.Local {
		zone = t.Location()
	}
	// The same schedule without daylight saving time.
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
	// The clock skips this time, and Date may give a time on either side of the gap.
	// With the offset of some hours before, it is past the gap by the same amount.
	_, before := at.Add(-6 * time.Hour).Zone()
	at = time.Unix(wall.Unix()-int64(before), 0).In(zone)
	if at.After(t) && (next.IsZero() || at.Before(next)) {
		return at
	}
	return next
}

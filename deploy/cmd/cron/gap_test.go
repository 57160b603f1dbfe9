package main

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestTheLongestGapOfAScheduleIsTheSameOnEveryDay(t *testing.T) {
	for spec, want := range map[string]time.Duration{
		"0 2 * * *":         24 * time.Hour,
		"0 2 * * 1-5":       72 * time.Hour,
		"0 2 * * 0":         7 * 24 * time.Hour,
		"0 2,14 * * 1-5":    60 * time.Hour,
		"*/10 8-17 * * 1-5": 62*time.Hour + 10*time.Minute,
		"0 * * * *":         time.Hour,
		"* * * * *":         time.Minute,
		"@every 90m":        90 * time.Minute,
		"0 2 1 * *":         31 * 24 * time.Hour,
		"0 2 1 1 *":         366 * 24 * time.Hour, // 2028 is a leap year
	} {
		schedule, err := parseSchedule(spec)
		if err != nil {
			t.Fatal(err)
		}
		for day := range 14 {
			at := time.Date(2027, 6, 1+day, 12, 34, 56, 0, time.UTC)
			if got := longestGap(schedule, at); got != want {
				t.Errorf("%s, day %d: %v, want %v", spec, day, got, want)
			}
		}
	}
}

func TestTheGapIsAMetricFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := begin(t, "0 2 * * 1-5", "UTC", time.Hour)
		defer b.stop()
		if got := series(t, b.record)["longest_gap_seconds"]; got != 72*3600 {
			t.Errorf("%v", got)
		}
	})
}

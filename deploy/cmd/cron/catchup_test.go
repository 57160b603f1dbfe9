package main

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatCameDueWhileCronWasNotRunningIsMadeUpForOnceAndNotTooLate(t *testing.T) {
	for name, tc := range map[string]struct {
		spec       string
		state      bool
		stop, away time.Duration
		want       []string // of the second cron, until a day after its start
		skipped    float64
	}{
		"a night that falls into a restart":               {"0 2 * * *", true, 119 * time.Minute, 4 * time.Minute, []string{"01 02:03:00", "02 02:00:00"}, 0},
		"after other nights":                              {"0 2 * * *", true, 25 * time.Hour, 2 * time.Hour, []string{"02 03:00:00", "03 02:00:00"}, 0},
		"nothing was due":                                 {"0 2 * * *", true, time.Hour, 30 * time.Minute, []string{"01 02:00:00"}, 0},
		"it has had its run":                              {"0 2 * * *", true, 150 * time.Minute, time.Hour, []string{"02 02:00:00"}, 0},
		"six hours late":                                  {"0 2 * * *", true, time.Hour, 7 * time.Hour, []string{"01 08:00:00", "02 02:00:00"}, 0},
		"more than six hours late":                        {"0 2 * * *", true, time.Hour, 7*time.Hour + time.Minute, []string{"02 02:00:00"}, 1},
		"many times":                                      {"0 2,3,4 * * *", true, time.Hour, 4 * time.Hour, []string{"01 05:00:00", "02 02:00:00", "02 03:00:00", "02 04:00:00"}, 0},
		"nights ago, and this one too":                    {"0 2 * * *", true, time.Hour, 73*time.Hour + 3*time.Minute, []string{"04 02:03:00", "05 02:00:00"}, 0},
		"nights ago, and this one's hour is over too":     {"0 2 * * *", true, time.Hour, 80 * time.Hour, []string{"05 02:00:00"}, 1},
		"without a state file nothing is known of it":     {"0 2 * * *", false, 119 * time.Minute, 4 * time.Minute, []string{"02 02:00:00"}, 0},
		"the hours are the zone's":                        {"CRON_TZ=Asia/Tokyo 0 11 * * *", true, 119 * time.Minute, 4 * time.Minute, []string{"01 02:03:00", "02 02:00:00"}, 0},
		"an interval counts from the last start":          {"@every 24h", true, 25 * time.Hour, 22 * time.Hour, []string{"03 00:00:00"}, 0},
		"an interval whose time is long over begins anew": {"@every 24h", true, 25 * time.Hour, 40 * time.Hour, []string{"04 17:00:00"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file := ""
				if tc.state {
					file = filepath.Join(t.TempDir(), "state")
				}
				first := beginWith(t, open(t, file, time.Now()), tc.spec, "UTC", time.Second)
				pass(tc.stop)
				first.stop()
				pass(tc.away)
				second := beginWith(t, open(t, file, time.Now()), tc.spec, "UTC", time.Second)
				defer second.stop()
				pass(24 * time.Hour)
				second.expect(t, "a day later", tc.want...)
				if got := series(t, second.record)[`runs_total{outcome="skipped"}`]; got != tc.skipped {
					t.Errorf("%v skipped, want %v", got, tc.skipped)
				}
			})
		})
	}
}

func TestALastStartInTheFutureIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := open(t, filepath.Join(t.TempDir(), "state"), time.Now())
		rec.began(time.Now().Add(1000 * time.Hour)) // by a clock that was wrong
		rec.ended(0, time.Now())
		b := beginWith(t, rec, "0 2 * * *", "UTC", time.Second)
		defer b.stop()
		pass(24 * time.Hour)
		b.expect(t, "a day later", "01 02:00:00")
	})
}

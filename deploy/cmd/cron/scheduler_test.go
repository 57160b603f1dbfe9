package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// bubble is a scheduler under synctest's clock, which stands at midnight UTC on
// 1 January 2000 at first. shift is how far the wall clock is from it.
type bubble struct {
	scheduler
	shift  atomic.Int64
	takes  time.Duration
	exit   atomic.Int64
	mu     sync.Mutex
	began  []time.Time // by the wall clock
	cancel context.CancelFunc
	ended  chan struct{}
}

func begin(t *testing.T, spec, zone string, takes time.Duration) *bubble {
	t.Helper()
	return beginWith(t, open(t, "", time.Now()), spec, zone, takes)
}

func beginWith(t *testing.T, rec *record, spec, zone string, takes time.Duration) *bubble {
	t.Helper()
	schedule, err := parseSchedule(spec)
	if err != nil {
		t.Fatal(err)
	}
	location, err := parseZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	b := &bubble{takes: takes, ended: make(chan struct{})}
	b.scheduler = scheduler{schedule: schedule, zone: location, record: rec, log: quiet(),
		now: func() time.Time { return time.Now().Add(time.Duration(b.shift.Load())) },
		run: func(ctx context.Context) int {
			b.mu.Lock()
			b.began = append(b.began, b.wall())
			b.mu.Unlock()
			select {
			case <-time.After(b.takes):
				return int(b.exit.Load())
			case <-ctx.Done():
				time.Sleep(time.Second) // it ends soon
				return 1
			}
		}}
	ctx, cancel := context.WithCancel(t.Context())
	b.cancel = cancel
	go func() { b.serve(ctx); close(b.ended) }()
	synctest.Wait()
	return b
}

func (b *bubble) stop() { b.cancel(); <-b.ended }

// pass lets time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (b *bubble) expect(t *testing.T, when string, want ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var got []string
	for _, at := range b.began {
		got = append(got, at.Format("02 15:04:05"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: runs at %q, want %q", when, got, want)
	}
}

func TestARunBeginsWheneverItIsDueOnTheClockOfItsZone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := begin(t, "0 2 * * *", "Asia/Tokyo", time.Hour)
		defer b.stop()
		pass(72 * time.Hour)
		b.expect(t, "three days", "02 02:00:00", "03 02:00:00", "04 02:00:00")
		got := series(t, b.record)
		for name, want := range map[string]float64{
			`runs_total{outcome="ok"}`: 3, `runs_total{outcome="skipped"}`: 0, "running": 0, "last_exit_code": 0,
			"last_start_timestamp_seconds":   float64(b.began[2].Unix()),
			"last_end_timestamp_seconds":     float64(b.began[2].Add(time.Hour).Unix()),
			"last_success_timestamp_seconds": float64(b.began[2].Add(time.Hour).Unix()),
			"next_timestamp_seconds":         float64(b.began[2].Add(24 * time.Hour).Unix()),
		} {
			if v, ok := got[name]; !ok || v != want {
				t.Errorf("%s is %v (%t), want %v", name, v, ok, want)
			}
		}
	})
}

func TestARunThatIsStillGoingIsNotOverlapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := begin(t, "0 * * * *", "UTC", 150*time.Minute)
		defer b.stop()
		b.exit.Store(3)
		pass(3 * time.Hour)
		if got := series(t, b.record); got["running"] != 1 || got[`runs_total{outcome="skipped"}`] != 2 {
			t.Errorf("in mid-run: %v", got)
		}
		pass(time.Hour + time.Minute)
		b.expect(t, "four hours", "01 01:00:00", "01 04:00:00")
		got := series(t, b.record)
		if got[`runs_total{outcome="partial"}`] != 1 || got["last_exit_code"] != 3 || got["running"] != 1 {
			t.Errorf("%v", got)
		}
		if _, known := got["last_success_timestamp_seconds"]; known {
			t.Error("a partial run counts as success")
		}
	})
}

func TestASuspendedHostRunsWhatIsDueOnceWithinAMinuteOfItsWaking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := begin(t, "0 2,3,4 * * *", "UTC", time.Minute)
		defer b.stop()
		pass(time.Hour + 30*time.Second)
		b.shift.Store(int64(8 * time.Hour)) // its timers stood still meanwhile
		pass(time.Minute)
		b.expect(t, "awake again", "01 09:01:00")
		pass(17 * time.Hour)
		b.expect(t, "the next night", "01 09:01:00", "02 02:00:00")
	})
}

func TestAClockThatIsSetIsFollowed(t *testing.T) {
	for name, tc := range map[string]struct {
		at, by time.Duration
		want   []string // until a day later
	}{
		"forward past what is due":              {time.Hour, 90 * time.Minute, []string{"01 02:31:00", "02 02:00:00"}},
		"forward short of what is due":          {time.Hour, 30 * time.Minute, []string{"01 02:00:00"}},
		"back a little just after a run":        {2*time.Hour + 10*time.Second, -15 * time.Second, []string{"01 02:00:00", "02 02:00:00"}},
		"back by years, from before a first":    {time.Hour, -4 * 365 * 24 * time.Hour, []string{"02 02:00:00"}},
		"back by years, after a run":            {3 * time.Hour, -4 * 365 * 24 * time.Hour, []string{"01 02:00:00", "03 02:00:00"}},
		"back by less than a day, before a run": {time.Hour, -12 * time.Hour, []string{"01 02:00:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := begin(t, "0 2 * * *", "UTC", time.Second)
				defer b.stop()
				pass(tc.at)
				b.shift.Store(int64(tc.by))
				pass(24*time.Hour + time.Minute)
				b.expect(t, "a day later", tc.want...)
			})
		})
	}
}

func TestToldToStopItWaitsForTheRunAndBeginsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := begin(t, "* * * * *", "UTC", time.Hour)
		pass(90 * time.Second)
		b.cancel()
		synctest.Wait()
		select {
		case <-b.ended:
			t.Fatal("it ended before its run")
		default:
		}
		pass(time.Second)
		select {
		case <-b.ended:
		default:
			t.Fatal("it goes on after its run")
		}
		b.expect(t, "stopped", "01 00:01:00")
		if got := series(t, b.record); got["running"] != 0 || got[`runs_total{outcome="failed"}`] != 1 {
			t.Errorf("%v", got)
		}
	})
}

// What is written in the package's comment, in the README and in -h.
func TestWhatSummerTimeDoesToANight(t *testing.T) {
	for _, tc := range []struct {
		name, spec, zone, from string
		want                   []string // the next ones, in UTC
	}{
		{"later in spring", "0 2 * * *", "Europe/Berlin", "2027-03-27T00:00:00Z", []string{"03-27 01:00", "03-28 01:00", "03-29 00:00"}},
		{"later in spring, not at the full hour", "30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", []string{"03-28 01:30", "03-29 00:30"}},
		{"each of many, once", "*/30 1-3 * * *", "Europe/Berlin", "2027-03-28T00:00:00Z", []string{"03-28 00:30", "03-28 01:00", "03-28 01:30", "03-28 23:00"}},
		{"once a year, in the gap", "0 2 28 3 *", "Europe/Berlin", "2027-01-01T00:00:00Z", []string{"03-28 01:00", "03-28 00:00"}},
		{"an hour beside it comes", "30 3 * * *", "Europe/Berlin", "2027-03-27T00:00:00Z", []string{"03-27 02:30", "03-28 01:30", "03-29 01:30"}},
		{"twice in autumn", "0 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", []string{"10-31 00:00", "10-31 01:00", "11-01 01:00"}},
		{"UTC has neither", "0 2 * * *", "UTC", "2027-03-27T03:00:00Z", []string{"03-28 02:00", "03-29 02:00"}},
		{"the schedule's own zone outweighs -tz", "CRON_TZ=America/New_York 0 2 * * *", "UTC", "2027-03-13T00:00:00Z", []string{"03-13 07:00", "03-14 07:00", "03-15 06:00"}},
		{"the whole day", "@daily", "Europe/Berlin", "2027-03-27T00:00:00Z", []string{"03-27 23:00", "03-28 22:00"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			schedule, err := parseSchedule(tc.spec)
			if err != nil {
				t.Fatal(err)
			}
			zone, err := parseZone(tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, tc.from)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tc.want {
				at = schedule.Next(at.In(zone))
				if got := at.UTC().Format("01-02 15:04"); got != want {
					t.Errorf("next is %s, want %s", got, want)
				}
			}
		})
	}
}

func TestItIsHealthyAsLongAsItLooksAtTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := func(b *bubble) (int, string) {
			answer := httptest.NewRecorder()
			b.record.healthz(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
			return answer.Code, answer.Body.String()
		}
		b := begin(t, "0 2 * * *", "UTC", 10*time.Hour)
		pass(5 * time.Hour)
		if code, body := ask(b); code != 200 || !strings.HasPrefix(body, "ok cron ") || !strings.Contains(body, "2000-01-02T02:00:00Z") {
			t.Errorf("in mid-run: %d %q", code, body)
		}
		b.stop()
		pass(4 * time.Minute)
		if code, body := ask(b); code != 503 || !strings.HasPrefix(body, "not ready cron ") {
			t.Errorf("nobody looks: %d %q", code, body)
		}
	})
}

package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T, file string, now time.Time) *record {
	t.Helper()
	return newRecord(file, now, quiet())
}

func TestExitCodesAreOutcomes(t *testing.T) {
	for code, want := range map[int]string{0: "ok", 1: "failed", 2: "failed", 3: "partial", 4: "cancelled", 127: "failed", 143: "failed", -1: "failed"} {
		if got := outcomeOf(code); got != want {
			t.Errorf("%d is %s, want %s", code, got, want)
		}
	}
}

func TestWhatIsNotKnownHasNoSeriesAndCountersBeginAtNought(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	want := map[string]float64{"running": 0, "state_unwritable": 0, "since_timestamp_seconds": 1_800_000_000}
	for _, outcome := range outcomes {
		want[`runs_total{outcome="`+outcome+`"}`] = 0
	}
	if diff := cmp.Diff(want, series(t, open(t, "", now))); diff != "" {
		t.Error(diff)
	}
}

func TestARestartChangesNothingThatIsKnownWhereThereIsAStateFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nightly.json")
	first := time.Unix(1_800_000_000, 0)
	r := open(t, file, first)
	r.began(first.Add(time.Minute))
	r.ended(0, first.Add(2*time.Minute))
	r.began(first.Add(3 * time.Minute))
	r.skipped()
	r.ended(3, first.Add(4*time.Minute))
	want := series(t, r)
	if diff := cmp.Diff(want, series(t, open(t, file, first.Add(24*time.Hour)))); diff != "" {
		t.Error(diff)
	}
	// Stopped in mid-run.
	r = open(t, file, first.Add(24*time.Hour))
	r.began(first.Add(25 * time.Hour))
	want["last_start_timestamp_seconds"] = float64(first.Add(25 * time.Hour).Unix())
	if diff := cmp.Diff(want, series(t, open(t, file, first.Add(26*time.Hour)))); diff != "" {
		t.Error(diff)
	}
	if left, err := filepath.Glob(file + ".*"); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A night that never succeeds is overdue by the same alert, however often cron
// restarts meanwhile.
func TestSinceIsTheFirstStartWithTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nightly.json")
	first := time.Unix(1_800_000_000, 0)
	for i := range 3 {
		r := open(t, file, first.Add(time.Duration(i)*time.Hour))
		r.ended(1, first.Add(time.Duration(i)*time.Hour+time.Minute))
		got := series(t, r)
		if _, known := got["last_success_timestamp_seconds"]; known || got["since_timestamp_seconds"] != 1_800_000_000 {
			t.Errorf("start %d: %v", i+1, got)
		}
	}
}

func TestADamagedStateFileIsReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nightly.json")
	for _, text := range []string{"", "{", "[]", `{"since": 0}`, "\x00\xff"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := series(t, open(t, file, time.Unix(5, 0))); got["since_timestamp_seconds"] != 5 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestAStateFileThatCannotBeWrittenStopsNoStartAndIsToldOfUntilItCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "volume")
		var said bytes.Buffer
		rec := newRecord(filepath.Join(folder, "state"), time.Now(), slog.New(slog.NewJSONHandler(&said, nil)))
		b := beginWith(t, rec, "0 2 * * *", "UTC", time.Second)
		defer b.stop()
		pass(3 * time.Hour)
		b.expect(t, "the folder is not there", "01 02:00:00")
		if got := series(t, rec); got["state_unwritable"] != 1 || got[`runs_total{outcome="ok"}`] != 1 {
			t.Errorf("%v", got)
		}
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if got := series(t, rec); got["state_unwritable"] != 0 {
			t.Errorf("it is there: %v", got)
		}
		if got := series(t, open(t, rec.file, time.Now())); got[`runs_total{outcome="ok"}`] != 1 {
			t.Errorf("kept: %v", got)
		}
		b.stop()
		if n := strings.Count(said.String(), "cannot be written"); n != 1 {
			t.Errorf("told %d times: %s", n, said.String())
		}
	})
	if got := series(t, open(t, t.TempDir(), time.Now())); got["state_unwritable"] != 1 {
		t.Errorf("a folder in the file's place: %v", got)
	}
}

func TestARunIsNotedThoughItsStateCannotBeKept(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "volume")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	r := open(t, filepath.Join(folder, "nightly.json"), time.Now())
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	r.ended(0, time.Now())
	if got := series(t, r); got[`runs_total{outcome="ok"}`] != 1 || got["state_unwritable"] != 1 {
		t.Errorf("%v", got)
	}
}

package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"aecode/data-sync/internal/backlog"
	"aecode/data-sync/internal/metrics"
	"aecode/data-sync/internal/run"
)

// sampledNames are the gauges that come with a sample.
var sampledNames = []string{
	"aecode_reports_pending", "aecode_reports_pending_oldest_seconds", "aecode_reports_review", "aecode_serious_review_oldest_seconds",
	"aecode_run_open_seconds", "aecode_last_run_finished_timestamp_seconds", "aecode_last_run_duration_seconds", "aecode_last_run_state",
	"aecode_last_run_reports", "aecode_last_run_coded_ratio", "aecode_sample_duration_seconds",
}

func TestASampleIsShownWholeAndReplacedByTheNext(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	m := metrics.New(r)
	at := time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)
	m.Sampled(backlog.Sample{
		Backlog: backlog.Backlog{Pending: 4, OldestPending: time.Hour, SeriousReview: 2, OtherReview: 3, OldestSeriousReview: 2 * time.Hour, OpenPass: time.Minute},
		LastRun: &run.Pass{State: run.Partial, Read: 10, Coded: 6, Review: 3, Left: 1, FinishedAt: at.Add(-time.Minute), Elapsed: 90 * time.Second},
		At:      at, Took: 5 * time.Millisecond,
	})
	want := `
# HELP aecode_last_run_coded_ratio Share of its reports that were coded; no series where it had none.
# TYPE aecode_last_run_coded_ratio gauge
aecode_last_run_coded_ratio 0.6
# HELP aecode_last_run_duration_seconds How long it took.
# TYPE aecode_last_run_duration_seconds gauge
aecode_last_run_duration_seconds 90
# HELP aecode_last_run_finished_timestamp_seconds When the whole night's last pass ended, by the database's clock.
# TYPE aecode_last_run_finished_timestamp_seconds gauge
aecode_last_run_finished_timestamp_seconds 1.77233214e+09
# HELP aecode_last_run_reports Its reports by what became of them.
# TYPE aecode_last_run_reports gauge
aecode_last_run_reports{outcome="coded"} 6
aecode_last_run_reports{outcome="left"} 1
aecode_last_run_reports{outcome="review"} 3
# HELP aecode_last_run_state 1 for the state it ended in, 0 for the others.
# TYPE aecode_last_run_state gauge
aecode_last_run_state{state="CANCELLED"} 0
aecode_last_run_state{state="COMPLETED"} 0
aecode_last_run_state{state="PARTIAL"} 1
# HELP aecode_reports_pending Reports that wait for a pass.
# TYPE aecode_reports_pending gauge
aecode_reports_pending 4
# HELP aecode_reports_pending_oldest_seconds Time since the receipt of the report that has waited longest for a pass; 0 where none waits.
# TYPE aecode_reports_pending_oldest_seconds gauge
aecode_reports_pending_oldest_seconds 3600
# HELP aecode_reports_review Reports that wait for a person.
# TYPE aecode_reports_review gauge
aecode_reports_review{serious="false"} 3
aecode_reports_review{serious="true"} 2
# HELP aecode_run_open_seconds How long the oldest open pass has been open; 0 where none is.
# TYPE aecode_run_open_seconds gauge
aecode_run_open_seconds 60
# HELP aecode_sample_duration_seconds How long the last sample of the database took.
# TYPE aecode_sample_duration_seconds gauge
aecode_sample_duration_seconds 0.005
# HELP aecode_serious_review_oldest_seconds How long the first of the serious reports has waited for a person; 0 where none waits.
# TYPE aecode_serious_review_oldest_seconds gauge
aecode_serious_review_oldest_seconds 7200
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want), sampledNames...); err != nil {
		t.Error(err)
	}
	if err := testutil.GatherAndCompare(r, strings.NewReader(`
# HELP aecode_sample_failures_total Looks at the database that brought no sample.
# TYPE aecode_sample_failures_total counter
aecode_sample_failures_total 0
# HELP aecode_sample_timestamp_seconds When the database was last sampled; 0 before the first time.
# TYPE aecode_sample_timestamp_seconds gauge
aecode_sample_timestamp_seconds 1.7723322e+09
`), "aecode_sample_failures_total", "aecode_sample_timestamp_seconds"); err != nil {
		t.Error(err)
	}
	m.Sampled(backlog.Sample{At: at})
	if n, err := testutil.GatherAndCount(r, sampledNames...); err != nil || n != 7 {
		t.Errorf("a database without a run: %d series, want 7, %v", n, err)
	}
}

func TestWhatIsNotKnownHasNoSeries(t *testing.T) {
	r := prometheus.NewPedanticRegistry()
	m := metrics.New(r)
	m.SampleFailed()
	if n, err := testutil.GatherAndCount(r, sampledNames...); err != nil || n != 0 {
		t.Errorf("before the first sample: %d series, %v", n, err)
	}
	if n := testutil.CollectAndCount(r, "aecode_sample_timestamp_seconds"); n != 1 {
		t.Errorf("the age of the sample has %d series before the first", n)
	}
	m.Sampled(backlog.Sample{LastRun: &run.Pass{State: run.Completed, FinishedAt: time.Now()}})
	for name, want := range map[string]int{"aecode_last_run_coded_ratio": 0, "aecode_last_run_state": 3, "aecode_last_run_reports": 3} {
		if n, err := testutil.GatherAndCount(r, name); err != nil || n != want {
			t.Errorf("a night without reports: %s has %d series, want %d, %v", name, n, want, err)
		}
	}
}

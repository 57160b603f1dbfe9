package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"aecode/data-sync/internal/metrics"
	"aecode/data-sync/internal/run"
)

func TestTheNamesThatDashboardsRelyOnAreThere(t *testing.T) {
	r := prometheus.NewRegistry()
	m := metrics.New(r)
	m.Reports(run.Coded, "exact", 3)
	m.Attempt("OK", 64, 12*time.Millisecond)
	m.Retry("budget", 7)
	m.Outage("terminology", 1500*time.Millisecond)
	m.Pass(run.Pass{State: run.Running, Read: 4, Coded: 1})
	m.Idempotency("acquired", 5)
	m.Chunk("done", time.Second)
	m.BatchSize(64)
	want := `
# HELP aecode_reports_total Reports with an outcome in a pass: status is coded, review or left; method is the coding step, review reason or error class.
# TYPE aecode_reports_total counter
aecode_reports_total{method="AMBIGUOUS",status="review"} 0
aecode_reports_total{method="BUDGET",status="left"} 0
aecode_reports_total{method="DEADLINE",status="left"} 0
aecode_reports_total{method="DO_NOT_AUTOCODE",status="review"} 0
aecode_reports_total{method="INTERNAL",status="left"} 0
aecode_reports_total{method="NON_CURRENT",status="review"} 0
aecode_reports_total{method="NOTHING_NEAR",status="review"} 0
aecode_reports_total{method="NO_SAFE_MATCH",status="review"} 0
aecode_reports_total{method="POISON",status="review"} 0
aecode_reports_total{method="REFUSED",status="review"} 0
aecode_reports_total{method="UNAVAILABLE",status="left"} 0
aecode_reports_total{method="UNSUPPORTED_LANGUAGE",status="review"} 0
aecode_reports_total{method="exact",status="coded"} 3
aecode_reports_total{method="folded",status="coded"} 0
aecode_reports_total{method="sponsor_synonym",status="coded"} 0
aecode_reports_total{method="study_synonym",status="coded"} 0
# HELP aecode_retry_budget_exhausted_total Items not sent again because the retry budget was spent.
# TYPE aecode_retry_budget_exhausted_total counter
aecode_retry_budget_exhausted_total 7
# HELP aecode_run_progress_ratio Share of the reports of the pass seen last that have an outcome.
# TYPE aecode_run_progress_ratio gauge
aecode_run_progress_ratio 0.25
`
	if err := testutil.GatherAndCompare(r, strings.NewReader(want),
		"aecode_reports_total", "aecode_retry_budget_exhausted_total", "aecode_run_progress_ratio"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{
		"aecode_encode_attempts_total", "aecode_retry_total", "aecode_run_state", "aecode_idempotency_total", "aecode_outage_seconds_total",
	} {
		if n, err := testutil.GatherAndCount(r, name); err != nil || n == 0 {
			t.Errorf("%s: %d series, %v", name, n, err)
		}
	}
}

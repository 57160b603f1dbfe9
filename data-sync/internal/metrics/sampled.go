package metrics

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aecode/data-sync/internal/backlog"
	"aecode/data-sync/internal/run"
)

// sampled shows the last whole sample of the database. What nothing is known of
// has no series: nothing before the first sample, no last run where none has
// ended, no share of a run without reports. An alert on a value is silent then,
// and neither 0 nor NaN is taken for one.
type sampled struct {
	last     atomic.Pointer[backlog.Sample]
	failures prometheus.Counter
	taken    prometheus.Gauge
}

func newSampled(r prometheus.Registerer) *sampled {
	s := &sampled{
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "aecode_sample_failures_total", Help: "Looks at the database that brought no sample.",
		}),
		taken: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aecode_sample_timestamp_seconds", Help: "When the database was last sampled; 0 before the first time.",
		}),
	}
	r.MustRegister(s.failures, s.taken, s)
	return s
}

var (
	descPending       = prometheus.NewDesc("aecode_reports_pending", "Reports that wait for a pass.", nil, nil)
	descOldestPending = prometheus.NewDesc("aecode_reports_pending_oldest_seconds", "Time since the receipt of the report that has waited longest for a pass; 0 where none waits.", nil, nil)
	descReview        = prometheus.NewDesc("aecode_reports_review", "Reports that wait for a person.", []string{"serious"}, nil)
	descSerious       = prometheus.NewDesc("aecode_serious_review_oldest_seconds", "How long the first of the serious reports has waited for a person; 0 where none waits.", nil, nil)
	descOpen          = prometheus.NewDesc("aecode_run_open_seconds", "How long the oldest open pass has been open; 0 where none is.", nil, nil)
	descFinished      = prometheus.NewDesc("aecode_last_run_finished_timestamp_seconds", "When the whole night's last pass ended, by the database's clock.", nil, nil)
	descDuration      = prometheus.NewDesc("aecode_last_run_duration_seconds", "How long it took.", nil, nil)
	descState         = prometheus.NewDesc("aecode_last_run_state", "1 for the state it ended in, 0 for the others.", []string{"state"}, nil)
	descReports       = prometheus.NewDesc("aecode_last_run_reports", "Its reports by what became of them.", []string{"outcome"}, nil)
	descRatio         = prometheus.NewDesc("aecode_last_run_coded_ratio", "Share of its reports that were coded; no series where it had none.", nil, nil)
	descTook          = prometheus.NewDesc("aecode_sample_duration_seconds", "How long the last sample of the database took.", nil, nil)
)

// Describe implements prometheus.Collector.
func (s *sampled) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPending, descOldestPending, descReview, descSerious, descOpen, descFinished,
		descDuration, descState, descReports, descRatio, descTook} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (s *sampled) Collect(to chan<- prometheus.Metric) {
	last := s.last.Load()
	if last == nil {
		return
	}
	show := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	show(descPending, float64(last.Pending))
	show(descOldestPending, last.OldestPending.Seconds())
	show(descReview, float64(last.SeriousReview), "true")
	show(descReview, float64(last.OtherReview), "false")
	show(descSerious, last.OldestSeriousReview.Seconds())
	show(descOpen, last.OpenPass.Seconds())
	show(descTook, last.Took.Seconds())
	night := last.LastRun
	if night == nil {
		return
	}
	show(descFinished, unix(night.FinishedAt))
	show(descDuration, night.Elapsed.Seconds())
	for _, state := range []run.State{run.Completed, run.Partial, run.Cancelled} {
		value := 0.0
		if night.State == state {
			value = 1
		}
		show(descState, value, string(state))
	}
	show(descReports, float64(night.Coded), string(run.Coded))
	show(descReports, float64(night.Review), string(run.Review))
	show(descReports, float64(night.Left), string(run.Left))
	if night.Read > 0 {
		show(descRatio, float64(night.Coded)/float64(night.Read))
	}
}

// Sampled shows a sample.
func (m *Metrics) Sampled(s backlog.Sample) {
	m.sampled.last.Store(&s)
	m.sampled.taken.Set(unix(s.At))
}

// SampleFailed counts a look at the database that brought none.
func (m *Metrics) SampleFailed() { m.sampled.failures.Inc() }

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

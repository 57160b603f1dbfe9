// Package metrics counts for Prometheus what the nightly engine, its client of
// terminology and the idempotency records report, and shows what is sampled of the
// database. No label ever holds an identifier or a verbatim.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aecode/data-sync/internal/run"
)

// Metrics implements the observers of the nightly engine, of the terminology
// client, of the idempotency store and of the samples of the database.
type Metrics struct {
	reports     *prometheus.CounterVec
	attempts    *prometheus.CounterVec
	attemptTime prometheus.Histogram
	retries     *prometheus.CounterVec
	budget      prometheus.Counter
	batch       prometheus.Gauge
	chunks      *prometheus.HistogramVec
	outage      *prometheus.CounterVec
	state       *prometheus.GaugeVec
	progress    prometheus.Gauge
	idempotency *prometheus.CounterVec
	sampled     *sampled
}

// New registers the metrics with r.
func New(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	m := &Metrics{
		reports:     counter("aecode_reports_total", "Reports with an outcome in a pass: status is coded, review or left; method is the coding step, review reason or error class.", "status", "method"),
		attempts:    counter("aecode_encode_attempts_total", "Calls of terminology by gRPC code.", "code"),
		retries:     counter("aecode_retry_total", "Items whose call failed, by what was decided.", "reason"),
		outage:      counter("aecode_outage_seconds_total", "Time in which nothing could be worked on, by what was away.", "dependency"),
		idempotency: counter("aecode_idempotency_total", "Idempotency records by outcome of an operation.", "outcome"),
		attemptTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "aecode_encode_attempt_seconds", Help: "Duration of one call of terminology.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .2, .3, .5, 1},
		}),
		budget: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "aecode_retry_budget_exhausted_total", Help: "Items not sent again because the retry budget was spent.",
		}),
		batch: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aecode_encode_batch_size", Help: "Verbatims that the next call will carry.",
		}),
		chunks: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "aecode_chunk_seconds", Help: "Time a chunk was worked on, by how that ended.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"outcome"}),
		state: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "aecode_run_state", Help: "1 for the state of the pass seen last, 0 for the others.",
		}, []string{"state"}),
		progress: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "aecode_run_progress_ratio", Help: "Share of the reports of the pass seen last that have an outcome.",
		}),
	}
	m.begin()
	m.sampled = newSampled(r)
	r.MustRegister(m.attemptTime, m.budget, m.batch, m.chunks, m.state, m.progress)
	return m
}

// Reports counts results that were committed.
func (m *Metrics) Reports(kind run.Kind, label string, n int) {
	m.reports.WithLabelValues(string(kind), label).Add(float64(n))
}

// Chunk counts a chunk that this process is done with.
func (m *Metrics) Chunk(outcome string, took time.Duration) {
	m.chunks.WithLabelValues(outcome).Observe(took.Seconds())
}

// Outage adds time in which this process could not work.
func (m *Metrics) Outage(what string, d time.Duration) {
	m.outage.WithLabelValues(what).Add(d.Seconds())
}

// Pass shows the pass seen last.
func (m *Metrics) Pass(p run.Pass) {
	for _, s := range []run.State{run.Running, run.Paused, run.Completed, run.Partial, run.Cancelled} {
		value := 0.0
		if s == p.State {
			value = 1
		}
		m.state.WithLabelValues(string(s)).Set(value)
	}
	ratio := 1.0
	if p.Read > 0 {
		ratio = float64(p.Coded+p.Review) / float64(p.Read)
	}
	m.progress.Set(ratio)
}

// Attempt counts one call of terminology.
func (m *Metrics) Attempt(code string, _ int, took time.Duration) {
	m.attempts.WithLabelValues(code).Inc()
	m.attemptTime.Observe(took.Seconds())
}

// Retry counts a decision after a failed try.
func (m *Metrics) Retry(reason string, items int) {
	m.retries.WithLabelValues(reason).Add(float64(items))
	if reason == "budget" {
		m.budget.Add(float64(items))
	}
}

// BatchSize shows the size of the next call.
func (m *Metrics) BatchSize(n int) { m.batch.Set(float64(n)) }

// Idempotency counts records by outcome.
func (m *Metrics) Idempotency(outcome string, records int) {
	m.idempotency.WithLabelValues(outcome).Add(float64(records))
}

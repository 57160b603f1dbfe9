package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"aecode/common/version/buildinfo"
)

// The outcomes of a run.
const (
	outcomeOK        = "ok"
	outcomePartial   = "partial"
	outcomeCancelled = "cancelled"
	outcomeFailed    = "failed"
	outcomeSkipped   = "skipped"
)

var outcomes = []string{outcomeOK, outcomePartial, outcomeCancelled, outcomeFailed, outcomeSkipped}

// outcomeOf gives the outcome that an exit code of syncctl means.
func outcomeOf(code int) string {
	switch code {
	case 0:
		return outcomeOK
	case 3:
		return outcomePartial
	case 4:
		return outcomeCancelled
	}
	return outcomeFailed
}

// kept is what the state file keeps over a restart. Times are Unix milliseconds; nil:
// never.
type kept struct {
	// Since is when cron first started with this file.
	Since        int64            `json:"since"`
	Runs         map[string]int64 `json:"runs"`
	LastExitCode *int             `json:"lastExitCode,omitempty"`
	LastStart    *int64           `json:"lastStart,omitempty"`
	LastEnd      *int64           `json:"lastEnd,omitempty"`
	LastSuccess  *int64           `json:"lastSuccess,omitempty"`
}

// record holds the outcomes of the runs, for Prometheus and the state file. Only the
// scheduler writes it.
//
// A value that is not known yet has no series: a 0 would mean 1970. After the first
// start there is no series for the last success, and alerts count its age from
// aecode_nightly_since_timestamp_seconds.
type record struct {
	registry *prometheus.Registry
	file     string
	log      *slog.Logger
	kept     kept

	runs                                                    *prometheus.CounterVec
	exitCode, lastStart, lastEnd, lastSuccess, nextRun, gap *prometheus.GaugeVec
	running, unwritable                                     prometheus.Gauge

	mu   sync.Mutex
	seen time.Time // when the scheduler last ran, with the monotonic reading
	next time.Time

	unsaved bool // the last write of the file failed
}

// newRecord begins with the content of the file. A file that cannot be read is
// replaced. If the file cannot be written, this is logged, and the write is tried again
// every minute: the runs go on.
func newRecord(file string, now time.Time, log *slog.Logger) *record {
	r := &record{registry: prometheus.NewRegistry(), file: file, log: log, kept: kept{Since: now.UnixMilli()}, seen: now}
	r.register()
	if file != "" {
		r.load()
	}
	if r.kept.Runs == nil {
		r.kept.Runs = make(map[string]int64)
	}
	r.save()
	// Every outcome has a series from the start, so that an alert sees it rise from 0.
	for _, outcome := range outcomes {
		r.runs.WithLabelValues(outcome).Add(float64(max(0, r.kept.Runs[outcome])))
	}
	if code := r.kept.LastExitCode; code != nil {
		r.exitCode.WithLabelValues().Set(float64(*code))
	}
	show(r.lastStart, r.kept.LastStart)
	show(r.lastEnd, r.kept.LastEnd)
	show(r.lastSuccess, r.kept.LastSuccess)
	return r
}

func (r *record) register() {
	gauge := func(name, help string) *prometheus.GaugeVec {
		// A vector without labels has no series until it is set.
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "aecode_nightly_" + name, Help: help}, nil)
		r.registry.MustRegister(g)
		return g
	}
	r.runs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aecode_nightly_runs_total", Help: "Runs of the command by outcome. skipped: due while another run was under way, or too long before cron started.",
	}, []string{"outcome"})
	r.exitCode = gauge("last_exit_code", "Exit code of the last run. 127: the command could not be started; 128 and more: killed by a signal.")
	r.lastStart = gauge("last_start_timestamp_seconds", "Start of the last run.")
	r.lastEnd = gauge("last_end_timestamp_seconds", "End of the last run.")
	r.lastSuccess = gauge("last_success_timestamp_seconds", "End of the last run with exit code 0. Absent if there is none.")
	r.nextRun = gauge("next_timestamp_seconds", "Due time of the next run.")
	r.gap = gauge("longest_gap_seconds", "Longest time between two consecutive due times of the schedule; about 86400 for a nightly run.")
	r.running = prometheus.NewGauge(prometheus.GaugeOpts{Name: "aecode_nightly_running", Help: "1 while the command runs, else 0."})
	r.unwritable = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "aecode_nightly_state_unwritable", Help: "1 while the state file cannot be written: a restart would lose the last runs.",
	})
	buildinfo.Register(r.registry)
	r.registry.MustRegister(r.runs, r.running, r.unwritable,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "aecode_nightly_since_timestamp_seconds",
			Help: "Since when runs are recorded: the first start with this state file, or the start of this process if there is none.",
		}, func() float64 { return seconds(r.kept.Since) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
}

func (r *record) began(at time.Time) {
	r.running.Set(1)
	r.kept.LastStart = shown(r.lastStart, at)
	r.save()
}

func (r *record) ended(code int, at time.Time) {
	r.running.Set(0)
	r.exitCode.WithLabelValues().Set(float64(code))
	r.kept.LastExitCode = &code
	r.kept.LastEnd = shown(r.lastEnd, at)
	if code == 0 {
		r.kept.LastSuccess = shown(r.lastSuccess, at)
	}
	r.count(outcomeOf(code))
}

// known gives the start of the last run or, if there is none, since when runs are
// recorded. ok is false without a state file.
func (r *record) known() (at time.Time, ok bool) {
	if r.kept.LastStart != nil {
		return time.UnixMilli(*r.kept.LastStart), r.file != ""
	}
	return time.UnixMilli(r.kept.Since), r.file != ""
}

func (r *record) skipped() { r.count(outcomeSkipped) }

func (r *record) count(outcome string) {
	r.runs.WithLabelValues(outcome).Inc()
	r.kept.Runs[outcome]++
	r.save()
}

// looked notes that the scheduler runs, and the next due time.
func (r *record) looked(next time.Time) {
	if !next.IsZero() {
		r.nextRun.WithLabelValues().Set(seconds(next.UnixMilli()))
	}
	if r.unsaved {
		r.save()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen, r.next = time.Now(), next
}

// alive gives how long ago the scheduler ran, and the next due time.
func (r *record) alive() (ago time.Duration, next time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Since(r.seen), r.next
}

func (r *record) load() {
	text, err := os.ReadFile(r.file)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		r.log.Error("-state: the file cannot be read: the metrics start again from 0", "why", err.Error())
		return
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil || k.Since <= 0 {
		r.log.Error("-state: the file is damaged: the metrics start again from 0", "file", r.file)
		return
	}
	r.kept = k
}

// save writes the file. A failure does not stop a run; it is logged once.
func (r *record) save() {
	if r.file == "" {
		return
	}
	err := r.write()
	switch {
	case err != nil && !r.unsaved:
		r.log.Error("-state: the file cannot be written: a restart will lose the last runs", "why", err.Error())
		r.unwritable.Set(1)
	case err == nil && r.unsaved:
		r.log.Info("-state: the file can be written again", "file", r.file)
		r.unwritable.Set(0)
	}
	r.unsaved = err != nil
}

// write replaces the file in one step.
func (r *record) write() error {
	text, err := json.Marshal(r.kept)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(r.file), filepath.Base(r.file)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), r.file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func shown(gauge *prometheus.GaugeVec, at time.Time) *int64 {
	ms := at.UnixMilli()
	show(gauge, &ms)
	return &ms
}

func show(gauge *prometheus.GaugeVec, ms *int64) {
	if ms != nil {
		gauge.WithLabelValues().Set(seconds(*ms))
	}
}

func seconds(ms int64) float64 { return float64(ms) / 1000 }

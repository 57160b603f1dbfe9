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

// outcomeOf reads an exit code as syncctl means it.
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

// kept is what outlives a restart, in the state file. Times are unix
// milliseconds; nil: never.
type kept struct {
	// Since is when the first cron with this file started.
	Since        int64            `json:"since"`
	Runs         map[string]int64 `json:"runs"`
	LastExitCode *int             `json:"lastExitCode,omitempty"`
	LastStart    *int64           `json:"lastStart,omitempty"`
	LastEnd      *int64           `json:"lastEnd,omitempty"`
	LastSuccess  *int64           `json:"lastSuccess,omitempty"`
}

// record is what became of the runs, for Prometheus and the state file. The
// scheduler alone writes it.
//
// What is not known yet has no series, rather than a 0 that would read as 1970:
// the last success of a cron that has just begun is absent, and the age of what
// is missing counts from aecode_nightly_since_timestamp_seconds.
type record struct {
	registry *prometheus.Registry
	file     string
	log      *slog.Logger
	kept     kept

	runs                                                    *prometheus.CounterVec
	exitCode, lastStart, lastEnd, lastSuccess, nextRun, gap *prometheus.GaugeVec
	running, unwritable                                     prometheus.Gauge

	mu   sync.Mutex
	seen time.Time // of the last look at the schedule, with its monotonic reading
	next time.Time

	unsaved bool // the file could not be written last time
}

// newRecord begins with what the file holds. One that cannot be read is replaced,
// and one that cannot be written is told of, and tried again every minute: a night
// matters more than what is known of it.
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
	// All outcomes are there from the start: an alert sees one rise from 0.
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
		// A vector without labels: absent until it is set.
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "aecode_nightly_" + name, Help: help}, nil)
		r.registry.MustRegister(g)
		return g
	}
	r.runs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aecode_nightly_runs_total", Help: "Runs of the command by outcome; skipped: due while one was still going, or too long before cron started.",
	}, []string{"outcome"})
	r.exitCode = gauge("last_exit_code", "Exit code of the run that ended last; 127: not started, 128 and more: killed by a signal.")
	r.lastStart = gauge("last_start_timestamp_seconds", "When the last run began.")
	r.lastEnd = gauge("last_end_timestamp_seconds", "When a run ended last.")
	r.lastSuccess = gauge("last_success_timestamp_seconds", "When a run last ended with exit code 0; absent where none is known of.")
	r.nextRun = gauge("next_timestamp_seconds", "When the next run is due.")
	r.gap = gauge("longest_gap_seconds", "The longest time between two times in a row at which the schedule is due; some 86400 for every night.")
	r.running = prometheus.NewGauge(prometheus.GaugeOpts{Name: "aecode_nightly_running", Help: "1 while the command runs."})
	r.unwritable = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "aecode_nightly_state_unwritable", Help: "1 while the state file cannot be written, so that a restart would not know of the last runs.",
	})
	buildinfo.Register(r.registry)
	r.registry.MustRegister(r.runs, r.running, r.unwritable,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "aecode_nightly_since_timestamp_seconds",
			Help: "Since when runs are known of: the first start with this state file; without one, of this process.",
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

// known is when a run began last, or else since when runs are known of; not ok
// where nothing outlives a restart.
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

// looked notes that the scheduler is alive, and what it waits for.
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

// alive gives how long ago the scheduler looked, and what it waits for.
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
		r.log.Error("-state: the file cannot be read: the metrics begin anew", "why", err.Error())
		return
	}
	var k kept
	if err := json.Unmarshal(text, &k); err != nil || k.Since <= 0 {
		r.log.Error("-state: the file is damaged: the metrics begin anew", "file", r.file)
		return
	}
	r.kept = k
}

// save is write where a run must not fail for it. It tells of a fault once.
func (r *record) save() {
	if r.file == "" {
		return
	}
	err := r.write()
	switch {
	case err != nil && !r.unsaved:
		r.log.Error("-state: the file cannot be written: a restart will not know of the last runs", "why", err.Error())
		r.unwritable.Set(1)
	case err == nil && r.unsaved:
		r.log.Info("-state: the file can be written again", "file", r.file)
		r.unwritable.Set(0)
	}
	r.unsaved = err != nil
}

// write puts a whole new file in the old one's place.
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

package nightly

import (
	"errors"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func leftBy(items []run.Item, class string) []run.Result {
	results := make([]run.Result, len(items))
	for i, item := range items {
		results[i] = run.Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Kind: run.Left, ErrorClass: class}
	}
	return results
}

// asCommitted gives the results as the database recorded them: it finds those
// that were no longer the pass's to decide, and those that are poison.
func asCommitted(results []run.Result, commit run.Commit) []run.Result {
	gone := make(map[int64]bool, len(commit.Gone))
	for _, id := range commit.Gone {
		gone[id] = true
	}
	recorded := make([]run.Result, len(results))
	for i, r := range results {
		coding, decided := commit.Recorded[r.ReportID]
		switch {
		case gone[r.ReportID]:
			r = run.Result{ReportID: r.ReportID, Kind: run.Gone}
		case r.Kind == run.Left && decided && coding == 0:
			r = run.Result{ReportID: r.ReportID, Kind: run.Review, Reason: report.Poison}
		}
		recorded[i] = r
	}
	return recorded
}

// report tells observer and log what became of the chunk.
func (w *work) report(outcome string, results []run.Result, why error) string {
	took := time.Since(w.start)
	counts := make(map[run.Kind]int, 4)
	type label struct {
		kind run.Kind
		text string
	}
	labels := make(map[label]int)
	for _, r := range results {
		counts[r.Kind]++
		switch r.Kind {
		case run.Coded:
			labels[label{run.Coded, r.Coding.Method}]++
		case run.Review:
			labels[label{run.Review, string(r.Reason)}]++
		default:
			labels[label{r.Kind, r.ErrorClass}]++
		}
	}
	for l, n := range labels {
		w.engine.seen.Reports(l.kind, l.text, n)
	}
	w.engine.seen.Chunk(outcome, took)
	fields := []any{
		"run", w.chunk.RunID, "pass", w.chunk.Pass, "chunk", w.chunk.Seq, "attempt", w.chunk.Attempt, "outcome", outcome,
		"coded", counts[run.Coded], "review", counts[run.Review], "left", counts[run.Left], "gone", counts[run.Gone], "in_flight", w.inFlight, "ms", took.Milliseconds(),
	}
	if why == nil {
		w.engine.log.Info("chunk", fields...)
	} else {
		w.engine.log.Warn("chunk", append(fields, "class", whyClass(why))...)
	}
	return outcome
}

// whyClass is a class even where the error's text could say too much.
func whyClass(err error) string {
	for _, known := range []struct {
		err   error
		class string
	}{
		{run.ErrLeaseLost, "LEASE_LOST"}, {errRunDeadline, run.ClassRunDeadline},
		{errShutdown, "SHUTDOWN"}, {errPassEnded, "PASS_ENDED"},
	} {
		if errors.Is(err, known.err) {
			return known.class
		}
	}
	return run.ClassOf(err)
}

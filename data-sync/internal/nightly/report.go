package nightly

import (
	"errors"
	"time"

	"aecode/data-sync/internal/report"
)

func leftBy(items []Item, class string) []Result {
	results := make([]Result, len(items))
	for i, item := range items {
		results[i] = Result{ReportID: item.ReportID, VerbatimVersion: item.VerbatimVersion, Kind: Left, ErrorClass: class}
	}
	return results
}

// asCommitted gives the results as the database recorded them: it finds those
// that were no longer the pass's to decide, and those that are poison.
func asCommitted(results []Result, commit Commit) []Result {
	gone := make(map[int64]bool, len(commit.Gone))
	for _, id := range commit.Gone {
		gone[id] = true
	}
	recorded := make([]Result, len(results))
	for i, r := range results {
		coding, decided := commit.Recorded[r.ReportID]
		switch {
		case gone[r.ReportID]:
			r = Result{ReportID: r.ReportID, Kind: Gone}
		case r.Kind == Left && decided && coding == 0:
			r = Result{ReportID: r.ReportID, Kind: Review, Reason: report.Poison}
		}
		recorded[i] = r
	}
	return recorded
}

// report tells observer and log what became of the chunk.
func (w *work) report(outcome string, results []Result, why error) string {
	took := time.Since(w.start)
	counts := make(map[Kind]int, 4)
	type label struct {
		kind Kind
		text string
	}
	labels := make(map[label]int)
	for _, r := range results {
		counts[r.Kind]++
		switch r.Kind {
		case Coded:
			labels[label{Coded, r.Coding.Method}]++
		case Review:
			labels[label{Review, string(r.Reason)}]++
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
		"coded", counts[Coded], "review", counts[Review], "left", counts[Left], "gone", counts[Gone], "in_flight", w.inFlight, "ms", took.Milliseconds(),
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
		{ErrLeaseLost, "LEASE_LOST"}, {errRunDeadline, ClassRunDeadline},
		{errShutdown, "SHUTDOWN"}, {errPassEnded, "PASS_ENDED"},
	} {
		if errors.Is(err, known.err) {
			return known.class
		}
	}
	return ClassOf(err)
}

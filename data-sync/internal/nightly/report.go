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
		results[i] = run.LeftBy(item, &run.Failure{Class: class})
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
func (a *attempt) report(outcome string, results []run.Result, why error) string {
	took := time.Since(a.start)
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
		a.engine.seen.Reports(l.kind, l.text, n)
	}
	a.engine.seen.Chunk(outcome, took)
	fields := []any{
		"run", a.chunk.RunID, "pass", a.chunk.Pass, "chunk", a.chunk.Seq, "attempt", a.chunk.Attempt, "outcome", outcome,
		"coded", counts[run.Coded], "review", counts[run.Review], "left", counts[run.Left], "gone", counts[run.Gone], "in_flight", a.inFlight, "ms", took.Milliseconds(),
	}
	if why == nil {
		a.engine.log.Info("chunk", fields...)
	} else {
		a.engine.log.Warn("chunk", append(fields, "class", whyClass(why))...)
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

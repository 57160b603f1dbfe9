package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"aecode/proto/datasync"
)

// printTable prints what became of a pass: read = coded + review + left.
func printTable(w io.Writer, run *datasync.Run) {
	fmt.Fprintf(w, "run %s pass %d: %s", run.GetRunId(), run.GetPass(), run.GetState())
	if run.GetStateReason() != "" {
		fmt.Fprintf(w, " (%s)", run.GetStateReason())
	}
	fmt.Fprintf(w, "\ndictionary %s, synonyms %s, engine %s\n", orNone(run.GetDictionary()), orNone(run.GetSynonymVersion()), orNone(run.GetEngineVersion()))
	row := func(label string, n int64) {
		fmt.Fprintf(w, "  %-24s%9d%9s\n", label, n, share(n, run.GetRead()))
	}
	fmt.Fprintf(w, "  %-24s%9d\n", "read", run.GetRead())
	row("coded", run.GetCoded())
	parts(row, run.GetCodedByMethod())
	row("review", run.GetReview())
	parts(row, run.GetReviewByReason())
	row("left", run.GetLeft())
	parts(row, run.GetLeftByReason())
	elapsed := time.Duration(run.GetElapsedSeconds() * float64(time.Second))
	fmt.Fprintf(w, "  %-24s%9s\n", "elapsed", elapsed.Round(10*time.Millisecond))
	if done := run.GetCoded() + run.GetReview(); done > 0 && elapsed > 0 {
		fmt.Fprintf(w, "  %-24s%7.0f/s\n", "rate", float64(done)/elapsed.Seconds())
	}
}

// parts prints the largest part first, equal ones by name.
func parts(row func(string, int64), counts map[string]int64) {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		row("  "+name, counts[name])
	}
}

func share(n, of int64) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func orNone(s string) string {
	return cmp.Or(s, "none")
}

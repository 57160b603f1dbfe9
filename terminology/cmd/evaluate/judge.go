package main

import (
	"slices"

	"aecode/terminology/cmd/internal/gold"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// judged is a gold line with the answer of the coder.
type judged struct {
	gold.Line
	result     coder.Result
	pts        []meddra.Code // the answer's PTs, each once, in rank order
	rank       int           // of the first right PT, from 1; 0: not among them
	answerable bool          // the release has a right PT
}

// judgeAll codes every line with a request like the one given.
func judgeAll(c *coder.Coder, v *meddra.Version, lines []gold.Line, like coder.Request) []judged {
	like.Limit, like.Explain = coder.MaxLimit, true
	all := make([]judged, len(lines))
	for i, line := range lines {
		like.Verbatim = line.Verbatim
		all[i] = judge(line, c.Code(like))
		all[i].answerable = slices.ContainsFunc(line.Codes, func(pt meddra.Code) bool { return ptName(v, pt) != "" })
	}
	return all
}

// judge ranks the PTs of an answer in the order in which a person sees them: first the
// choice, if there is one, then the candidates.
func judge(line gold.Line, result coder.Result) judged {
	j := judged{Line: line, result: result}
	if result.Choice != nil {
		j.add(result.Choice.Path.PT.Code)
	}
	for _, candidate := range result.Candidates {
		j.add(candidate.Path.PT.Code)
	}
	return j
}

func (j *judged) add(pt meddra.Code) {
	if len(j.pts) == coder.MaxLimit || slices.Contains(j.pts, pt) {
		return
	}
	j.pts = append(j.pts, pt)
	if j.rank == 0 && j.Right(pt) {
		j.rank = len(j.pts)
	}
}

// within reports whether a right PT is among the first k.
func (j judged) within(k int) bool { return j.rank > 0 && j.rank <= k }

// coded reports whether the machine decided.
func (j judged) coded() bool { return j.result.Status == coder.Coded }

// weighing is a way to count lines.
type weighing func(judged) float64

// The ways to count.
var (
	distinct weighing = func(judged) float64 { return 1 }
	rows     weighing = func(j judged) float64 { return j.Rows }
)

// refused reports whether the verbatim cannot be coded.
func (j judged) refused() bool { return verbatim.Validate(j.Verbatim) != nil }

package main

import (
	"cmp"
	"slices"

	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
)

// judged is what the coder made of one gold line.
type judged struct {
	gold
	result coder.Result
	pts    []meddra.Code // the answer's PTs, each once, in rank order
	rank   int           // of the first right PT, from 1; 0: not among them
}

// judge codes every line as a person would see the answer: the choice first if
// there is one, then the candidates.
func judge(c *coder.Coder, all []gold, language meddra.Language) []judged {
	out := make([]judged, 0, len(all))
	for _, g := range all {
		j := judged{gold: g, result: c.Code(coder.Request{
			Verbatim: g.verbatim, Language: language, Limit: coder.MaxLimit, Explain: true,
		})}
		add := func(pt meddra.Code) {
			if len(j.pts) < coder.MaxLimit && !slices.Contains(j.pts, pt) {
				j.pts = append(j.pts, pt)
				if j.rank == 0 && g.right(pt) {
					j.rank = len(j.pts)
				}
			}
		}
		if j.result.Choice != nil {
			add(j.result.Choice.Path.PT.Code)
		}
		for _, k := range j.result.Candidates {
			add(k.Path.PT.Code)
		}
		out = append(out, j)
	}
	return out
}

// within tells whether a right PT is among the first k.
func (j judged) within(k int) bool { return j.rank > 0 && j.rank <= k }

// coded tells whether the machine decided.
func (j judged) coded() bool { return j.result.Status == coder.Coded }

// measures are the shares of one way to count.
type measures struct {
	N           float64 `json:"n"`
	Accuracy1   float64 `json:"accuracy@1"`
	Recall5     float64 `json:"recall@5"`
	Recall20    float64 `json:"recall@20"`
	Answerable  float64 `json:"answerable"` // share of lines with a right PT that the release has
	AutoCoded   float64 `json:"auto_coded"`
	AutoPrecise float64 `json:"auto_precision"`
}

func measure(all []judged, weight func(judged) float64, held func(judged) bool) measures {
	var m measures
	var right float64
	for _, j := range all {
		w := weight(j)
		m.N += w
		for _, k := range []struct {
			sum  *float64
			true bool
		}{
			{&m.Accuracy1, j.within(1)}, {&m.Recall5, j.within(5)}, {&m.Recall20, j.within(20)},
			{&m.Answerable, held(j)}, {&m.AutoCoded, j.coded()}, {&right, j.coded() && j.within(1)},
		} {
			if k.true {
				*k.sum += w
			}
		}
	}
	if m.AutoCoded > 0 {
		m.AutoPrecise = right / m.AutoCoded
	}
	for _, share := range []*float64{&m.Accuracy1, &m.Recall5, &m.Recall20, &m.Answerable, &m.AutoCoded} {
		*share /= max(m.N, 1)
	}
	return m
}

// methodTally is what one step coded.
type methodTally struct {
	Method string  `json:"method"`
	Coded  int     `json:"coded"`
	Right  int     `json:"right"`
	Share  float64 `json:"share"` // of all lines
}

func byMethod(all []judged) []methodTally {
	tally := map[coder.Method]*methodTally{}
	for _, j := range all {
		if !j.coded() {
			continue
		}
		t, ok := tally[j.result.Method]
		if !ok {
			t = &methodTally{Method: string(j.result.Method)}
			tally[j.result.Method] = t
		}
		t.Coded++
		if j.within(1) {
			t.Right++
		}
	}
	var out []methodTally
	for _, t := range tally {
		t.Share = float64(t.Coded) / float64(len(all))
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b methodTally) int { return cmp.Or(b.Coded-a.Coded, cmp.Compare(a.Method, b.Method)) })
	return out
}

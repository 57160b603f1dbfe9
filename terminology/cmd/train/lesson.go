package main

import (
	"slices"

	"aecode/terminology/cmd/internal/gold"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/ranking/training"
	"aecode/terminology/internal/verbatim"
)

// lesson holds the training examples.
type lesson struct {
	wordings  []training.Wording // of the gold lines, in their order
	synthetic []training.Wording
}

func newLesson(r *meddra.Release, lines []gold.Line, o options) lesson {
	names, groups := namesOf(r)
	x := ranking.New(o.Language, names)
	var l lesson
	for _, line := range lines {
		w := training.Wording{Samples: x.Samples(verbatim.Fold(o.Language, line.Verbatim), ""), Right: map[int32]bool{}, Weight: 1}
		for _, pt := range line.Codes {
			if g, ok := groups[pt]; ok {
				w.Right[g] = true
			}
		}
		l.wordings = append(l.wordings, w)
	}
	if o.self > 0 {
		l.synthetic = append(training.FromNames(x, names, o.self), training.Synthetic(o.Language, x, names, o.self, o.syntheticSeed())...)
	}
	return l
}

// namesOf gives the names of all LLTs, current and not, grouped by PT.
func namesOf(r *meddra.Release) ([]ranking.Name, map[meddra.Code]int32) {
	groups := map[meddra.Code]int32{}
	var names []ranking.Name
	for _, llt := range r.LLTs() {
		g, ok := groups[llt.PT]
		if !ok {
			g = int32(len(groups)) //nolint:gosec // a release has far fewer PTs
			groups[llt.PT] = g
		}
		names = append(names, ranking.Name{Form: verbatim.Fold(r.Language(), llt.Name), Group: g, Main: llt.Code == llt.PT})
	}
	return names, groups
}

// answerable counts the wordings with a right PT that the release has.
func (l lesson) answerable() (n int) {
	for _, w := range l.wordings {
		if len(w.Right) > 0 {
			n++
		}
	}
	return n
}

// retrieved counts the wordings with a right PT among those that are ranked. No model
// can find more.
func (l lesson) retrieved() (n int) {
	for _, w := range l.wordings {
		if slices.ContainsFunc(w.Samples, func(s ranking.Sample) bool { return w.Right[s.Group] }) {
			n++
		}
	}
	return n
}

// sameWords reports whether a name has exactly the words of a wording.
func (l lesson) sameWords(wording int) bool {
	return slices.ContainsFunc(l.wordings[wording].Samples, ranking.Sample.SameWords)
}

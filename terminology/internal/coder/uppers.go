package coder

import (
	"slices"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/verbatim"
)

// uppers are the terms above PT, for search.
type uppers struct {
	terms []upper
	forms []string // folded names
	near  *ranking.Index
}

// upper is a term above PT with the terms above it on its first path.
type upper struct {
	term  meddra.Term
	level meddra.Level
	path  meddra.Path
}

// newUppers collects the terms above PT from the paths of the PTs: the coarsest level
// first, and each level by code.
func newUppers(release *meddra.Release) uppers {
	seen := map[meddra.Level]map[meddra.Code]bool{meddra.LevelHLT: {}, meddra.LevelHLGT: {}, meddra.LevelSOC: {}}
	var u uppers
	add := func(t meddra.Term, level meddra.Level, path meddra.Path) {
		if !seen[level][t.Code] {
			seen[level][t.Code] = true
			u.terms = append(u.terms, upper{t, level, path})
		}
	}
	// Primary paths come first, so that a term that is under several others is shown on
	// its primary path.
	for _, primary := range []bool{true, false} {
		for _, pt := range release.PTs() {
			for _, p := range release.Paths(pt.Code) {
				if p.Primary != primary {
					continue
				}
				add(p.SOC, meddra.LevelSOC, meddra.Path{SOC: p.SOC, SOCAbbrev: p.SOCAbbrev})
				add(p.HLGT, meddra.LevelHLGT, meddra.Path{HLGT: p.HLGT, SOC: p.SOC, SOCAbbrev: p.SOCAbbrev})
				add(p.HLT, meddra.LevelHLT, meddra.Path{HLT: p.HLT, HLGT: p.HLGT, SOC: p.SOC, SOCAbbrev: p.SOCAbbrev})
			}
		}
	}
	slices.SortStableFunc(u.terms, func(a, b upper) int {
		if a.level != b.level {
			return int(b.level) - int(a.level)
		}
		return int(a.term.Code - b.term.Code)
	})
	names := make([]ranking.Name, len(u.terms))
	for i, t := range u.terms {
		u.forms = append(u.forms, verbatim.Fold(release.Language(), t.term.Name))
		names[i] = ranking.Name{Form: u.forms[i], Group: narrow(i)}
	}
	u.near = ranking.NewByLetters(release.Language(), names)
	return u
}

func (u uppers) found(i int) Found {
	t := u.terms[i]
	return Found{Term: t.term, Level: t.level, Current: true, Path: t.path}
}

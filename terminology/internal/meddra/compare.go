package meddra

import (
	"cmp"
	"slices"
)

// compareLanguages checks that two languages of one version are the same except for the
// names: a report must get the same code in every language.
func compareLanguages(problems *problemList, a, b *loader) {
	ra, rb := a.r, b.r
	if ra.version != rb.version {
		problems.addf(b.show(releaseFile), 1, "version is %s, but %s in %s", rb.version, ra.version, a.show(releaseFile))
		return
	}
	before := problems.total
	compareCodes(problems, a, b, lltFile, LevelLLT, ra.lltIndex, rb.lltIndex)
	compareCodes(problems, a, b, ptFile, LevelPT, ra.ptIndex, rb.ptIndex)
	compareCodes(problems, a, b, hltFile, LevelHLT, ra.hltIndex, rb.hltIndex)
	compareCodes(problems, a, b, hlgtFile, LevelHLGT, ra.hlgtIndex, rb.hlgtIndex)
	compareCodes(problems, a, b, socFile, LevelSOC, ra.socIndex, rb.socIndex)
	if na, nb := len(ra.paths), len(rb.paths); na != nb {
		problems.addf(b.show(hierarchyFile), 0, "has %d rows, but %d in %s", nb, na, a.show(hierarchyFile))
	}
	if problems.total > before {
		return // everything below would differ for the same reason
	}
	for i, llt := range rb.llts {
		switch other, _ := ra.LLT(llt.Code); {
		case other.PT != llt.PT:
			problems.addf(b.show(lltFile), i+1, "LLT %s is under PT %s, but under %s in %s", llt.Code, llt.PT, other.PT, a.show(lltFile))
		case other.Current != llt.Current:
			problems.addf(b.show(lltFile), i+1, "LLT %s has a different llt_currency than in %s", llt.Code, a.show(lltFile))
		}
	}
	var pathsA, pathsB []codedPath
	for i, pt := range rb.pts {
		pathsA = ra.codedPaths(pathsA[:0], pt.Code)
		pathsB = rb.codedPaths(pathsB[:0], pt.Code)
		if !slices.Equal(pathsA, pathsB) {
			problems.addf(b.show(ptFile), i+1, "PT %s has different paths in %s than in %s", pt.Code, b.show(hierarchyFile), a.show(hierarchyFile))
		}
	}
}

func compareCodes(problems *problemList, a, b *loader, file string, level Level, inA, inB map[Code]int32) {
	if len(inA) != len(inB) {
		problems.addf(b.show(file), 0, "has %d %ss, but %d in %s", len(inB), level, len(inA), a.show(file))
	}
	missing(problems, a.show(file), b.show(file), level, inA, inB)
	missing(problems, b.show(file), a.show(file), level, inB, inA)
}

// missing reports the codes of one file that another lacks, in file order, so that the
// same ones are listed every time.
func missing(problems *problemList, file, other string, level Level, codes, in map[Code]int32) {
	var lines []int32
	byLine := make(map[int32]Code)
	for c, i := range codes {
		if !has(in, c) {
			lines = append(lines, i+1)
			byLine[i+1] = c
		}
	}
	slices.Sort(lines)
	for _, line := range lines {
		problems.addf(file, int(line), "%s %s is not in %s", level, byLine[line], other)
	}
}

// codedPath is a path without names.
type codedPath struct {
	hlt, hlgt, soc Code
	primary        bool
}

// codedPaths appends the paths of a PT in a fixed order, since the files of two languages
// may have different orders.
func (r *Release) codedPaths(to []codedPath, pt Code) []codedPath {
	i := r.ptIndex[pt]
	for _, row := range r.paths[r.ptPaths[i]:r.ptPaths[i+1]] {
		to = append(to, codedPath{r.hlts[row.hlt].Code, r.hlgts[row.hlgt].Code, r.socs[row.soc].Code, row.primary})
	}
	slices.SortFunc(to, func(a, b codedPath) int {
		return cmp.Or(cmp.Compare(a.soc, b.soc), cmp.Compare(a.hlgt, b.hlgt), cmp.Compare(a.hlt, b.hlt))
	})
	return to
}

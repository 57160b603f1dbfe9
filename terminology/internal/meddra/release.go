package meddra

// Term is a term of any level.
type Term struct {
	Code Code
	Name string
}

// LLT is a lowest level term. Only a current one may be coded to.
type LLT struct {
	Code    Code
	Name    string
	PT      Code
	Current bool
}

// Path is one way from a PT up to a SOC. Every PT has exactly one primary path.
type Path struct {
	PT, HLT, HLGT, SOC Term
	SOCAbbrev          string
	Primary            bool
}

// Counts is the size of a release: the numbers of terms of each level, rows of
// mdhier.asc, current LLTs, SMQs, and terms in SMQs.
type Counts struct {
	LLT, PT, HLT, HLGT, SOC, Hierarchy int
	CurrentLLT, SMQ, SMQMembers        int
}

// Release is one validated release in one language. It is immutable and safe for
// concurrent use. The slices that it returns belong to it and must not be modified.
type Release struct {
	version  string
	language Language

	llts     []LLT          // file order
	lltIndex map[Code]int32 // into llts
	byPT     []LLT          // llts grouped by PT, file order within a group

	pts     []Term // file order
	ptIndex map[Code]int32
	ptLLTs  []int32 // PT i owns byPT[ptLLTs[i]:ptLLTs[i+1]]
	ptPaths []int32 // PT i owns paths[ptPaths[i]:ptPaths[i+1]], the primary first
	paths   []pathRow

	hlts, hlgts, socs             []Term // file order
	hltIndex, hlgtIndex, socIndex map[Code]int32
	abbrevs                       []string // parallel to socs
	currentLLTs                   int
	smqs                          smqs

	warnings     []Problem
	warningCount int
}

// pathRow is a row of mdhier.asc, resolved to positions in the level slices.
type pathRow struct {
	hlt, hlgt, soc int32
	primary        bool
}

// Version returns the label in meddra_release.asc, such as "29.0".
func (r *Release) Version() string { return r.version }

// Language returns the release's language.
func (r *Release) Language() Language { return r.language }

// Counts returns the size of the release.
func (r *Release) Counts() Counts {
	return Counts{
		LLT: len(r.llts), PT: len(r.pts), HLT: len(r.hlts), HLGT: len(r.hlgts), SOC: len(r.socs),
		Hierarchy: len(r.paths), CurrentLLT: r.currentLLTs, SMQ: len(r.smqs.list), SMQMembers: len(r.smqs.members),
	}
}

// Warnings returns the faults of the release that do not make it unusable, by file and
// line. The list is limited; [Release.WarningCount] counts all of them.
func (r *Release) Warnings() []Problem { return r.warnings }

// WarningCount returns how many warnings there were, listed or not.
func (r *Release) WarningCount() int { return r.warningCount }

// LLTs returns all LLTs, current and not, in file order.
func (r *Release) LLTs() []LLT { return r.llts }

// PTs returns all PTs in file order.
func (r *Release) PTs() []Term { return r.pts }

// LLT returns the LLT with this code.
func (r *Release) LLT(c Code) (LLT, bool) {
	i, ok := r.lltIndex[c]
	if !ok {
		return LLT{}, false
	}
	return r.llts[i], true
}

// PT returns the PT with this code.
func (r *Release) PT(c Code) (Term, bool) { return lookup(r.pts, r.ptIndex, c) }

// LLTsOf returns the LLTs of a PT, current and not, in file order; nil for a code that is
// not a PT.
func (r *Release) LLTsOf(pt Code) []LLT {
	i, ok := r.ptIndex[pt]
	if !ok {
		return nil
	}
	from, to := r.ptLLTs[i], r.ptLLTs[i+1]
	return r.byPT[from:to:to]
}

// Lookup finds the term with this code on any level. For a code of both a PT and an LLT
// it returns the PT; otherwise it tries the levels from LLT up. [Release.Levels] returns
// all levels of a code.
func (r *Release) Lookup(c Code) (Term, Level, bool) {
	if t, ok := r.PT(c); ok {
		return t, LevelPT, true
	}
	if l, ok := r.LLT(c); ok {
		return Term{Code: l.Code, Name: l.Name}, LevelLLT, true
	}
	if t, ok := lookup(r.hlts, r.hltIndex, c); ok {
		return t, LevelHLT, true
	}
	if t, ok := lookup(r.hlgts, r.hlgtIndex, c); ok {
		return t, LevelHLGT, true
	}
	if t, ok := lookup(r.socs, r.socIndex, c); ok {
		return t, LevelSOC, true
	}
	return Term{}, 0, false
}

// Levels returns every level on which there is a term with the code, the finest first;
// nil for an unknown code.
func (r *Release) Levels(c Code) []Level {
	var levels []Level
	for i, index := range []map[Code]int32{r.lltIndex, r.ptIndex, r.hltIndex, r.hlgtIndex, r.socIndex} {
		if _, ok := index[c]; ok {
			levels = append(levels, LevelLLT+Level(i))
		}
	}
	return levels
}

// PrimaryPath returns the primary path of a PT; false only for a code that is not a PT.
func (r *Release) PrimaryPath(pt Code) (Path, bool) {
	i, ok := r.ptIndex[pt]
	if !ok {
		return Path{}, false
	}
	return r.path(i, r.paths[r.ptPaths[i]]), true
}

// Paths returns all paths of a PT: first the primary, then the others in file order; nil
// for a code that is not a PT.
func (r *Release) Paths(pt Code) []Path {
	i, ok := r.ptIndex[pt]
	if !ok {
		return nil
	}
	rows := r.paths[r.ptPaths[i]:r.ptPaths[i+1]]
	paths := make([]Path, len(rows))
	for j, row := range rows {
		paths[j] = r.path(i, row)
	}
	return paths
}

func (r *Release) path(pt int32, row pathRow) Path {
	return Path{
		PT: r.pts[pt], HLT: r.hlts[row.hlt], HLGT: r.hlgts[row.hlgt], SOC: r.socs[row.soc],
		SOCAbbrev: r.abbrevs[row.soc],
		Primary:   row.primary,
	}
}

func lookup(terms []Term, index map[Code]int32, c Code) (Term, bool) {
	i, ok := index[c]
	if !ok {
		return Term{}, false
	}
	return terms[i], true
}

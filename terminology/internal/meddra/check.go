package meddra

// checkTerms checks the level files against each other.
func (l *loader) checkTerms() {
	r := l.r
	for i, soc := range l.ptSOC {
		if _, ok := r.socIndex[soc]; !ok {
			l.problemf(ptFile, i+1, "unknown SOC %s as pt_soc_code of PT %s", soc, r.pts[i].Code)
		}
	}
	hasLLT := make([]bool, len(r.pts))
	for i, llt := range r.llts {
		pt, ok := r.ptIndex[llt.PT]
		if !ok {
			l.problemf(lltFile, i+1, "unknown PT %s of LLT %s", llt.PT, llt.Code)
			continue
		}
		hasLLT[pt] = true
		if _, isPT := r.ptIndex[llt.Code]; isPT && llt.PT != llt.Code {
			l.problemf(lltFile, i+1, "LLT %s has the code of a PT, but PT %s", llt.Code, llt.PT)
		}
	}
	for i, pt := range r.pts {
		if !hasLLT[i] {
			l.problemf(ptFile, i+1, "PT %s has no LLT in %s", pt.Code, l.show(lltFile))
			continue
		}
		own, ok := r.LLT(pt.Code)
		switch {
		case !ok:
			l.warnf(ptFile, i+1, "PT %s has no LLT of its own code", pt.Code)
		case own.Name != pt.Name:
			l.warnf(ptFile, i+1, "PT %s and the LLT of its code have different names", pt.Code)
		case !own.Current:
			l.warnf(ptFile, i+1, "the LLT of PT %s's own code is not current", pt.Code)
		}
	}
}

// warnOfSharedCodes warns of codes on two levels other than LLT and PT.
func (l *loader) warnOfSharedCodes() {
	r := l.r
	for _, f := range []struct {
		file  string
		level Level
		terms []Term
	}{{hltFile, LevelHLT, r.hlts}, {hlgtFile, LevelHLGT, r.hlgts}, {socFile, LevelSOC, r.socs}} {
		for i, t := range f.terms {
			if levels := r.Levels(t.Code); levels[0] < f.level {
				l.warnf(f.file, i+1, "%s %s has the code of a term on level %s", f.level, t.Code, levels[0])
			}
		}
	}
}

// warnOfUnused warns of terms above PT that have no PT under them.
func (l *loader) warnOfUnused() {
	r := l.r
	hlts, hlgts, socs := make([]bool, len(r.hlts)), make([]bool, len(r.hlgts)), make([]bool, len(r.socs))
	for _, row := range r.paths {
		hlts[row.hlt], hlgts[row.hlgt], socs[row.soc] = true, true, true
	}
	for _, f := range []struct {
		file  string
		level Level
		terms []Term
		used  []bool
	}{{hltFile, LevelHLT, r.hlts, hlts}, {hlgtFile, LevelHLGT, r.hlgts, hlgts}, {socFile, LevelSOC, r.socs, socs}} {
		for i, used := range f.used {
			if !used {
				l.warnf(f.file, i+1, "no PT is under %s %s", f.level, f.terms[i].Code)
			}
		}
	}
}

// readOptional reads the files that coding does not use. A fault in them is a warning.
func (l *loader) readOptional() error {
	err := l.rows(l.optional(intlOrdFile, 2), func(line int, f [][]byte) {
		if c, ok := l.optionalCode(intlOrdFile, line, "soc_code", f[1]); ok && !has(l.r.socIndex, c) {
			l.warnf(intlOrdFile, line, "unknown SOC %s", c)
		}
	})
	if err != nil {
		return err
	}
	return l.readSMQs()
}

func (l *loader) optional(file string, columns int) lineReader {
	r := l.reader(file, columns)
	r.sink, r.tabs = &l.warnings, true
	return r
}

func (l *loader) optionalCode(file string, line int, column string, field []byte) (Code, bool) {
	c, ok := parseCode(field)
	if !ok {
		l.warnf(file, line, "%s %s is not an 8-digit code", column, quote(field))
	}
	return c, ok
}

func has[V any](index map[Code]V, c Code) bool {
	_, ok := index[c]
	return ok
}

// groupLLTs orders the LLTs by PT, keeping file order within each.
func (r *Release) groupLLTs() {
	r.ptLLTs = make([]int32, len(r.pts)+1)
	for _, llt := range r.llts {
		r.ptLLTs[r.ptIndex[llt.PT]+1]++
	}
	next := make([]int32, len(r.pts))
	for i := range r.pts {
		r.ptLLTs[i+1] += r.ptLLTs[i]
		next[i] = r.ptLLTs[i]
	}
	r.byPT = make([]LLT, len(r.llts))
	for _, llt := range r.llts {
		pt := r.ptIndex[llt.PT]
		r.byPT[next[pt]] = llt
		next[pt]++
	}
}

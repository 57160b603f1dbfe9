package meddra

import "bytes"

// readHierarchy reads mdhier.asc. With cross set it checks each row against the level and
// link files, which must then have been read without a problem.
func (l *loader) readHierarchy(cross bool) error {
	var (
		r        = l.r
		rows     []hierarchyRow
		seen     = make(map[pathKey]struct{})
		resolved = true
	)
	err := l.rows(l.reader(hierarchyFile, 12), func(line int, f [][]byte) {
		row := hierarchyRow{line: narrow(line)}
		var codes [5]Code
		ok := true
		for i, at := range hierarchyCodes {
			c, good := l.code(hierarchyFile, line, at.column, f[at.field])
			codes[i], ok = c, ok && good
		}
		primary, good := l.flag(hierarchyFile, line, "primary_soc_fg", f[11])
		row.primary = primary
		if !ok || !good || !cross {
			resolved = false
			return
		}
		if row.pt, ok = l.resolve(line, LevelPT, r.pts, r.ptIndex, codes[0], f[4]); !ok {
			resolved = false
			return
		}
		var ok1, ok2, ok3 bool
		row.hlt, ok1 = l.resolve(line, LevelHLT, r.hlts, r.hltIndex, codes[1], f[5])
		row.hlgt, ok2 = l.resolve(line, LevelHLGT, r.hlgts, r.hlgtIndex, codes[2], f[6])
		row.soc, ok3 = l.resolve(line, LevelSOC, r.socs, r.socIndex, codes[3], f[7])
		if !ok1 || !ok2 || !ok3 {
			resolved = false
			return
		}
		key := pathKey{row.pt, row.hlt, row.hlgt, row.soc}
		if _, dup := seen[key]; dup {
			l.problemf(hierarchyFile, line, "duplicate row of PT %s", codes[0])
			resolved = false
			return
		}
		seen[key] = struct{}{}
		l.checkRow(line, codes, f[8], row)
		rows = append(rows, row)
	})
	if err != nil {
		return err
	}
	if cross && resolved {
		l.groupPaths(rows)
	}
	return nil
}

// hierarchyRow is a row of mdhier.asc with its PT and its line.
type hierarchyRow struct {
	pathRow
	pt, line int32
}

// pathKey is a path as positions in the level slices.
type pathKey struct{ pt, hlt, hlgt, soc int32 }

// hierarchyCodes are the code columns of mdhier.asc.
var hierarchyCodes = [5]struct {
	field  int
	column string
}{{0, "pt_code"}, {1, "hlt_code"}, {2, "hlgt_code"}, {3, "soc_code"}, {10, "pt_soc_code"}}

// resolve finds a term of a row of mdhier.asc and compares its name with that in
// the level's own file.
func (l *loader) resolve(line int, level Level, terms []Term, index map[Code]int32, c Code, name []byte) (int32, bool) {
	i, ok := index[c]
	if !ok {
		l.problemf(hierarchyFile, line, "unknown %s %s", level, c)
		return 0, false
	}
	if terms[i].Name != string(bytes.TrimSpace(name)) {
		l.problemf(hierarchyFile, line, "name of %s %s differs from its own file", level, c)
	}
	return i, true
}

// checkRow checks a resolved row against pt.asc, soc.asc and the link files.
func (l *loader) checkRow(line int, codes [5]Code, abbrev []byte, row hierarchyRow) {
	pt, hlt, hlgt, soc, ptSOC := codes[0], codes[1], codes[2], codes[3], codes[4]
	switch want := l.ptSOC[row.pt]; {
	case !has(l.r.socIndex, want): // checkTerms says so
	case ptSOC != want:
		l.problemf(hierarchyFile, line, "pt_soc_code %s of PT %s, want %s as in %s", ptSOC, pt, want, l.show(ptFile))
	case row.primary && soc != want:
		l.problemf(hierarchyFile, line, "primary path of PT %s leads to SOC %s, want its pt_soc_code %s", pt, soc, want)
	}
	if string(bytes.TrimSpace(abbrev)) != l.r.abbrevs[row.soc] {
		l.warnf(hierarchyFile, line, "soc_abbrev of SOC %s differs from its own file", soc)
	}
	if !l.hltPT.follow(hlt, pt) {
		l.problemf(hierarchyFile, line, "PT %s is not under HLT %s in %s", pt, hlt, l.show(hltPTFile))
	}
	if !l.hlgtHLT.follow(hlgt, hlt) {
		l.problemf(hierarchyFile, line, "HLT %s is not under HLGT %s in %s", hlt, hlgt, l.show(hlgtHLTFile))
	}
	if !l.socHLGT.follow(soc, hlgt) {
		l.problemf(hierarchyFile, line, "HLGT %s is not under SOC %s in %s", hlgt, soc, l.show(socHLGTFile))
	}
}

// groupPaths orders the rows by PT, the primary first, and checks that each PT
// has exactly one.
func (l *loader) groupPaths(rows []hierarchyRow) {
	r := l.r
	// starts[i+1] is first the number of rows of PT i, and then the end of its rows.
	starts := make([]int32, len(r.pts)+1)
	primary := make([]int32, len(r.pts)) // line of the primary row, 0 for none yet
	for _, row := range rows {
		starts[row.pt+1]++
		if !row.primary {
			continue
		}
		if first := primary[row.pt]; first != 0 {
			l.problemf(hierarchyFile, int(row.line), "second primary path of PT %s, first on line %d", r.pts[row.pt].Code, first)
			continue
		}
		primary[row.pt] = row.line
	}
	for i, pt := range r.pts {
		switch {
		case starts[i+1] == 0:
			l.problemf(ptFile, i+1, "orphan PT %s: no row in %s", pt.Code, l.show(hierarchyFile))
		case primary[i] == 0:
			l.problemf(ptFile, i+1, "PT %s has no primary path in %s", pt.Code, l.show(hierarchyFile))
		}
		starts[i+1] += starts[i]
	}
	if l.problems.total > 0 {
		return
	}
	r.ptPaths = starts
	r.paths = make([]pathRow, len(rows))
	next := make([]int32, len(r.pts))
	for i := range next {
		next[i] = starts[i] + 1 // the first place is the primary's
	}
	for _, row := range rows {
		if row.primary {
			r.paths[starts[row.pt]] = row.pathRow
			continue
		}
		r.paths[next[row.pt]] = row.pathRow
		next[row.pt]++
	}
	l.checkOnePathASOC()
}

// checkOnePathASOC warns of a PT with two paths to the same SOC. MedDRA's rules allow one;
// the primary path is unambiguous all the same.
func (l *loader) checkOnePathASOC() {
	r := l.r
	seen := make(map[int32]struct{})
	for i, pt := range r.pts {
		rows := r.paths[r.ptPaths[i]:r.ptPaths[i+1]]
		if len(rows) < 2 {
			continue
		}
		clear(seen)
		for _, row := range rows {
			if _, ok := seen[row.soc]; ok {
				l.warnf(ptFile, i+1, "PT %s has two paths to SOC %s", pt.Code, r.socs[row.soc].Code)
				break
			}
			seen[row.soc] = struct{}{}
		}
	}
}

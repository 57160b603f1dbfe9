package meddra

// link is a parent and a child code.
type link struct{ parent, child Code }

// links holds one of hlt_pt, hlgt_hlt and soc_hlgt.
type links struct {
	file   string
	list   []link // file order
	index  map[link]int32
	inTree []bool // parallel to list: a row of mdhier.asc has this link
}

// readLinks reads the three files of parent and child codes.
func (l *loader) readLinks() error {
	for _, f := range []struct {
		into          *links
		file          string
		parent, child string
	}{
		{&l.hltPT, hltPTFile, "hlt_code", "pt_code"},
		{&l.hlgtHLT, hlgtHLTFile, "hlgt_code", "hlt_code"},
		{&l.socHLGT, socHLGTFile, "soc_code", "hlgt_code"},
	} {
		into := f.into
		into.file, into.index = f.file, make(map[link]int32)
		err := l.rows(l.reader(f.file, 2), func(line int, fields [][]byte) {
			parent, ok1 := l.code(f.file, line, f.parent, fields[0])
			child, ok2 := l.code(f.file, line, f.child, fields[1])
			if !ok1 || !ok2 {
				return
			}
			k := link{parent, child}
			if _, ok := into.index[k]; ok {
				l.problemf(f.file, line, "duplicate link %s to %s", parent, child)
				return
			}
			into.index[k] = narrow(len(into.list))
			into.list = append(into.list, k)
		})
		if err != nil {
			return err
		}
		into.inTree = make([]bool, len(into.list))
	}
	return nil
}

// follow marks a link as part of a row of mdhier.asc; false if there is no such link.
func (k *links) follow(parent, child Code) bool {
	i, ok := k.index[link{parent, child}]
	if ok {
		k.inTree[i] = true
	}
	return ok
}

// checkLinks checks the link files against the level files and mdhier.asc.
func (l *loader) checkLinks() {
	for _, f := range []struct {
		k                       *links
		parents, children       map[Code]int32
		parentLevel, childLevel Level
	}{
		{&l.hltPT, l.r.hltIndex, l.r.ptIndex, LevelHLT, LevelPT},
		{&l.hlgtHLT, l.r.hlgtIndex, l.r.hltIndex, LevelHLGT, LevelHLT},
		{&l.socHLGT, l.r.socIndex, l.r.hlgtIndex, LevelSOC, LevelHLGT},
	} {
		for i, k := range f.k.list {
			_, hasParent := f.parents[k.parent]
			_, hasChild := f.children[k.child]
			switch {
			case !hasParent:
				l.problemf(f.k.file, i+1, "unknown %s %s", f.parentLevel, k.parent)
			case !hasChild:
				l.problemf(f.k.file, i+1, "unknown %s %s", f.childLevel, k.child)
			case !f.k.inTree[i]:
				// This is only a warning, since paths come from mdhier.asc alone.
				l.warnf(f.k.file, i+1, "no row of %s links %s to %s", hierarchyFile, k.parent, k.child)
			}
		}
	}
}

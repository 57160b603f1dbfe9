package coder

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/verbatim"
)

// index holds the names of one release for look-up. It is immutable and safe for
// concurrent use.
type index struct {
	release *meddra.Release
	llts    []meddra.LLT // the release's; a "name" below is a position in it
	plain   nameMap      // names by their plain form
	folded  nameMap      // names by their folded form
	sorted  nameMap      // names by their folded words in alphabetical order
	forms   []string     // folded form of each name
	groups  []int32      // number of the PT of each name
	at      map[meddra.Code]int32
	gives   []int32 // the name to suggest for a name: itself if it is current, else one of its PT; -1: none
	near    *ranking.Index
	uppers  uppers
}

// newIndex builds the index of a release.
func newIndex(release *meddra.Release) *index {
	llts, lang := release.LLTs(), release.Language()
	x := &index{
		release: release,
		llts:    llts,
		plain:   newNameMap(len(llts)),
		folded:  newNameMap(len(llts)),
		sorted:  newNameMap(len(llts)),
		forms:   make([]string, len(llts)),
		groups:  make([]int32, len(llts)),
		at:      make(map[meddra.Code]int32, len(llts)),
	}
	for i, llt := range slices.Backward(llts) {
		x.at[llt.Code] = narrow(i)
		plain := verbatim.Plain(llt.Name)
		x.forms[i] = verbatim.FoldPlain(lang, plain)
		x.plain.prepend(plain, narrow(i))
		x.folded.prepend(x.forms[i], narrow(i))
		x.sorted.prepend(inOrder(lang, x.forms[i]), narrow(i))
	}
	x.gives = suggestable(llts)
	x.near = ranking.New(lang, x.rankedNames())
	x.uppers = newUppers(release)
	return x
}

// rankedNames gives the names in the form that package ranking takes, and numbers the
// PTs.
func (x *index) rankedNames() []ranking.Name {
	number := make(map[meddra.Code]int32)
	names := make([]ranking.Name, len(x.llts))
	for i, llt := range x.llts {
		pt, ok := number[llt.PT]
		if !ok {
			pt = narrow(len(number))
			number[llt.PT] = pt
		}
		x.groups[i] = pt
		names[i] = ranking.Name{Form: x.forms[i], Group: pt, Main: llt.Code == llt.PT}
	}
	return names
}

// suggestable finds for each LLT the current LLT to suggest.
func suggestable(llts []meddra.LLT) []int32 {
	best := map[meddra.Code]int32{} // PT -> its preferred current LLT
	for i, llt := range llts {
		if !llt.Current {
			continue
		}
		if old, ok := best[llt.PT]; !ok || preferred(llt, llts[old]) < 0 {
			best[llt.PT] = narrow(i)
		}
	}
	gives := make([]int32, len(llts))
	for i, llt := range llts {
		gives[i] = narrow(i)
		if llt.Current {
			continue
		}
		gives[i] = -1
		if b, ok := best[llt.PT]; ok {
			gives[i] = b
		}
	}
	return gives
}

// coding gives an LLT with its primary path.
func (x *index) coding(llt meddra.LLT) Coding {
	path, _ := x.release.PrimaryPath(llt.PT) // a validated release has one for every PT
	return Coding{LLT: llt, Path: path}
}

// currentOf returns the current LLTs of a PT: first the one that is the PT itself, then
// the others by code.
func (x *index) currentOf(pt meddra.Code) []meddra.LLT {
	var current []meddra.LLT
	for _, llt := range x.release.LLTsOf(pt) {
		if llt.Current {
			current = append(current, llt)
		}
	}
	slices.SortFunc(current, preferred)
	return current
}

// preferred orders the LLTs of one PT: first the one that is the PT itself, then by
// code.
func preferred(a, b meddra.LLT) int {
	if a.PT == b.PT && (a.Code == a.PT) != (b.Code == b.PT) {
		if a.Code == a.PT {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Code, b.Code)
}

// sortedByPT returns the LLTs of a map by PT in the order of PT codes.
func sortedByPT(byPT map[meddra.Code]meddra.LLT) []meddra.LLT {
	return slices.SortedFunc(maps.Values(byPT), func(a, b meddra.LLT) int { return cmp.Compare(a.PT, b.PT) })
}

// nameMap finds names by one of their forms. Several names may have the same form: the
// map leads to the first one, and a chain to the others. For ninety thousand names that
// is much smaller than a slice for each form.
type nameMap struct {
	first map[string]int32
	next  []int32 // -1 ends a chain
}

func newNameMap(n int) nameMap {
	return nameMap{first: make(map[string]int32, n), next: make([]int32, n)}
}

func (m nameMap) prepend(form string, name int32) {
	m.next[name] = -1
	if first, ok := m.first[form]; ok {
		m.next[name] = first
	}
	m.first[form] = name
}

// all yields the names of a form in file order.
func (m nameMap) all(form string) func(yield func(int32) bool) {
	return func(yield func(int32) bool) {
		name, ok := m.first[form]
		for ; ok && name >= 0; name = m.next[name] {
			if !yield(name) {
				return
			}
		}
	}
}

// position finds an LLT by its code.
func (x *index) position(code meddra.Code) (int32, bool) {
	i, ok := x.at[code]
	return i, ok
}

// narrow converts a position to the type in which the index stores it. It panics if the
// position does not fit, which the maximum size of a release excludes.
func narrow(n int) int32 {
	if n < 0 || n > math.MaxInt32 {
		panic("an index of more than 2,147,483,647 entries")
	}
	return int32(n)
}

package ranking

import (
	"math"
	"slices"
	"sync"

	"aecode/terminology/internal/meddra"
)

// Name is one name that an [Index] can find.
type Name struct {
	Form  string // folded
	Group int32  // what the name leads to; the names of one group are ranked as one
	Main  bool   // the name is the group's own
	// Scope is 0 for a name that every query finds; a name with another scope is found
	// only by a query with the same one.
	Scope int32
	// Learned marks a name that people gave and not the release. It does not count in
	// the size of its group.
	Learned bool
}

// Index finds the names that a wording most probably means. It is immutable and safe
// for concurrent use.
type Index struct {
	analyzer analyzer
	names    []Name
	grams    *grams
	voc      *vocabulary
	terms    itemLists // the terms of each name, each once, in the order of its words
	posts    postings
	norms    []float32 // 1/length of each name's vector of terms
	both     []sums    // the norms of each name by letters and by words, side by side
	readings *readings
	speller  *speller
	size     []int32 // group -> number of names
	traits   []traits
	contests contests
	scratch  sync.Pool
}

// NewByLetters builds an index that compares names by their letters only. It serves
// [Index.Near] and nothing else.
func NewByLetters(lang meddra.Language, names []Name) *Index {
	a := analyzerOf(lang)
	x := &Index{
		analyzer: a, names: names, voc: newVocabulary(a.stem), norms: make([]float32, len(names)),
		terms: itemLists{starts: make([]int32, len(names)+1)},
	}
	forms := make([]string, len(names))
	for i, n := range names {
		forms[i] = n.Form
	}
	x.grams = newGrams(a.grams, forms)
	x.pairNorms()
	x.scratch.New = func() any { return newScratch(len(names), 0, len(x.grams.weights)) }
	return x
}

func (x *Index) pairNorms() {
	x.both = make([]sums, len(x.names))
	for i := range x.both {
		x.both[i] = sums{x.grams.norms[i], x.norms[i]}
	}
}

// New builds an index over folded names in one language. Groups are numbered from 0.
// The index keeps the slice, which must not be changed.
func New(lang meddra.Language, names []Name) *Index {
	a := analyzerOf(lang)
	x := &Index{analyzer: a, names: names, voc: newVocabulary(a.stem), terms: newItemLists(len(names))}
	forms := make([]string, len(names))
	groups := make([]int32, len(names))
	for i, n := range names {
		forms[i], groups[i] = n.Form, n.Group
		for int(n.Group) >= len(x.size) {
			x.size = append(x.size, 0)
		}
		if !n.Learned {
			x.size[n.Group]++
		}
	}
	x.traits = make([]traits, len(names))
	for i, form := range forms {
		x.traits[i] = traitsOf(lang, form)
	}
	x.grams = newGrams(a.grams, forms)
	for i := range names {
		from := len(x.terms.items)
		a.words(forms[i], func(w string) {
			if t := x.voc.add(w); !slices.Contains(x.terms.items[from:], t) {
				x.terms.items = append(x.terms.items, t)
				x.voc.df[t]++
			}
		})
		x.terms.end()
	}
	x.voc.weigh(len(names))
	x.posts = x.terms.invert(len(x.voc.text))
	x.norms = make([]float32, len(names))
	for i := range names {
		sum := float32(0)
		for _, t := range x.terms.of(int32(i)) {
			sum += float32(x.voc.idf[t] * x.voc.idf[t])
		}
		if sum > 0 {
			x.norms[i] = float32(1 / math.Sqrt(float64(sum)))
		}
	}
	x.pairNorms()
	x.readings = compile(a, x.voc)
	x.readings.learn(x.terms, groups)
	x.contests = x.newContests()
	if lang == meddra.English {
		x.speller = newSpeller(x.voc)
	}
	x.scratch.New = func() any { return newScratch(len(names), len(x.voc.text), len(x.grams.weights)) }
	return x
}

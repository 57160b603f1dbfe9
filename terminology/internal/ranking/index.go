package ranking

import (
	"math"
	"slices"
	"sync"

	"aecode/terminology/internal/meddra"
)

// Name is one name to be found.
type Name struct {
	Form  string // folded
	Group int32  // what it leads to: names of one group count as one
	Main  bool   // the group's own name
	// Scope is 0 for a name that is found whoever asks, else only a query of the
	// same scope finds it.
	Scope int32
	// Learned is a name that people have given, not the release: it does not make
	// its group larger.
	Learned bool
}

// Index finds names. It is immutable and safe for concurrent use.
type Index struct {
	tongue   tongue
	names    []Name
	grams    *grams
	voc      *vocabulary
	terms    lists // of each name, each once, in the order of its words
	posts    postings
	norms    []float32 // 1/length of each name's vector of terms
	both     []sums    // the norms of each name in letters and words, side by side
	readings *readings
	speller  *speller
	size     []int32 // group -> number of names
	traits   []traits
	contests contests
	scratch  sync.Pool
}

// NewByLetters builds an index that knows names by their letters only: for
// [Index.Near].
func NewByLetters(lang meddra.Language, names []Name) *Index {
	t := newTongue(lang)
	x := &Index{
		tongue: t, names: names, voc: newVocabulary(t.stem), norms: make([]float32, len(names)),
		terms: lists{starts: make([]int32, len(names)+1)},
	}
	forms := make([]string, len(names))
	for i, n := range names {
		forms[i] = n.Form
	}
	x.grams = newGrams(t.grams, forms)
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

// New builds an index over folded names in one language. Groups are numbered from
// 0. The slice is kept and must not be changed.
func New(lang meddra.Language, names []Name) *Index {
	t := newTongue(lang)
	x := &Index{tongue: t, names: names, voc: newVocabulary(t.stem), terms: newLists(len(names))}
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
	x.grams = newGrams(t.grams, forms)
	for i := range names {
		from := len(x.terms.items)
		t.words(forms[i], func(w string) {
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
	x.readings = compile(t, x.voc)
	x.readings.learn(x.terms, groups)
	x.contests = x.newContests()
	if lang == meddra.English {
		x.speller = newSpeller(x.voc)
	}
	x.scratch.New = func() any { return newScratch(len(names), len(x.voc.text), len(x.grams.weights)) }
	return x
}

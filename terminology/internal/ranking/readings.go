package ranking

import (
	"slices"
	"strings"

	"aecode/terminology/internal/meddra"
)

// kind says where a reading comes from.
type kind uint8

const (
	asWritten   kind = iota // the very word
	equivalent              // a word that means the same
	related                 // a word with the same beginning
	learned                 // a word that the release's own names use in its place
	abbreviated             // the meaning of an abbreviation, or the abbreviation of a meaning
	everyday                // the meaning of an everyday phrase
	composed                // words joined, split or made of combining forms
	repaired                // another spelling
	kinds
)

// reading is a possible meaning of a word or phrase of a wording: terms of the
// vocabulary, with a weight from 0 to 1 that says how certain the meaning is.
type reading struct {
	terms  []int32
	weight float32
	kind   kind
}

// The weights of readings.
const (
	weightEquivalent  = 0.92
	weightEveryday    = 0.9
	weightAbbreviated = 0.9
	weightReverse     = 0.85
	weightComposed    = 0.7
	weightPair        = 0.88 // both of the words that a term is made of
	weightJoined      = 0.95
	weightNext        = 0.88 // factor for each further reading of one wording
)

// readings is the lexicon compiled against a vocabulary.
type readings struct {
	analyzer analyzer
	phrases  map[string][]reading // stems of the phrase, separated by spaces
	pairs    map[[2]int32][]int32 // two classes -> terms made of their combining forms
	class    []int32              // term -> class of words that mean the same
	near     [][]reading          // term -> terms with the same beginning, or learned
	forms    combiningForms
}

func compile(a analyzer, v *vocabulary) *readings {
	r := &readings{analyzer: a, phrases: make(map[string][]reading), class: make([]int32, len(v.text)), near: make([][]reading, len(v.text))}
	for t := range r.class {
		r.class[t] = int32(t)
	}
	list := a.phrases()
	for _, p := range list.phrases {
		r.add(v, p)
	}
	for _, group := range list.groups {
		first := int32(-1)
		for _, stem := range group {
			if t, ok := v.stems[stem]; ok {
				if first < 0 {
					first = r.class[t]
				}
				r.class[t] = first
			}
		}
	}
	if a.lang == meddra.English {
		r.relate(v)
		r.combine(v)
	}
	return r
}

// add records a phrase's meaning, with the words that occur in names.
func (r *readings) add(v *vocabulary, p phrase) {
	var terms []int32
	for _, stem := range p.stems {
		if t, ok := v.stems[stem]; ok && !slices.Contains(terms, t) {
			terms = append(terms, t)
		}
	}
	if len(terms) == 0 {
		return
	}
	weight := p.weight * float32(len(terms)) / float32(len(p.stems))
	for i, old := range r.phrases[p.key] {
		if slices.Equal(old.terms, terms) {
			if old.weight < weight {
				r.phrases[p.key][i].weight, r.phrases[p.key][i].kind = weight, p.kind
			}
			return
		}
	}
	r.phrases[p.key] = append(r.phrases[p.key], reading{terms, weight, p.kind})
}

const (
	minShared   = 5    // letters that related stems have in common at least
	shareShared = 0.62 // share of the longer stem that these must be
	maxNear     = 6    // related terms that are kept before and after a term
)

// relate finds for each term those with the same beginning, as in thrombotic and
// thrombosis.
func (r *readings) relate(v *vocabulary) {
	order := make([]int32, len(v.text))
	for t := range order {
		order[t] = int32(t)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(v.text[a], v.text[b]) })
	for i, t := range order {
		if len(v.text[t]) < minShared {
			continue
		}
		for _, step := range []int{-1, 1} {
			found := 0
			for j := i + step; j >= 0 && j < len(order) && found < maxNear; j += step {
				w := sharedWeight(v.text[t], v.text[order[j]])
				if w == 0 {
					if sharedPrefix(v.text[t], v.text[order[j]]) < minShared {
						break
					}
					continue
				}
				found++
				r.near[t] = append(r.near[t], reading{[]int32{order[j]}, w, related})
			}
		}
	}
}

// sharedPrefix gives the number of bytes that two stems have in common at the
// beginning.
func sharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// sharedWeight gives the weight of reading one stem as another with the same
// beginning; 0 if they have too little in common.
func sharedWeight(a, b string) float32 {
	n := sharedPrefix(a, b)
	longer := max(len(a), len(b))
	if n < minShared || float64(n) < shareShared*float64(longer) || strings.ContainsAny(a+b, "0123456789") {
		return 0
	}
	return 0.75 * float32(n) / float32(longer)
}

package ranking

import (
	"cmp"
	"math"
	"slices"
)

const (
	// maxRetrieved is the maximum number of names that are reranked.
	maxRetrieved = 128
	// maxShortlist is the maximum number of names whose cosines are computed exactly,
	// to choose the retrieved ones from.
	maxShortlist = maxRetrieved * 3 / 2
	// gramCutoff is the share of a wording's weight in letters by which names are
	// retrieved, the rarest groups first. The rest, groups that thousands of names
	// have, only helps to order the names.
	gramCutoff = 0.65
	// maxPostings is the maximum number of postings that one query reads. The rarest
	// items come first, so that a very long text leaves out the items that every name
	// has.
	maxPostings = 400_000
	// termShare is the weight of the cosine by words relative to that by letters.
	termShare = 1.2
)

// scratch is the working memory of one query. Between queries all of it is zero.
type scratch struct {
	sums    []sums   // by name
	touched []int32  // names whose sums are not zero
	grams   []int32  // the wording's groups of letters that names have
	unknown []uint64 // its other groups
	short   []retrievedName

	active []float32 // term -> the weight of the strongest reading with it
	terms  []int32   // the terms that are active
	asked  []bool    // gram -> the wording has it
}

// sums are the weights that a name and a wording have in common, by letters and by
// words. They are side by side since both are read for tens of thousands of names.
type sums struct{ gram, term float32 }

// retrievedName is a name that the first stage found.
type retrievedName struct {
	key        float32
	name       int32
	gram, term float32 // cosines
}

func newScratch(names, terms, grams int) *scratch {
	return &scratch{
		sums: make([]sums, names), active: make([]float32, terms), asked: make([]bool, grams),
	}
}

// retrieve finds the names that are most similar to a query by letters and words.
func (x *Index) retrieve(s *scratch, q *query) []retrievedName {
	s.touched = s.touched[:0]
	termNorm := x.scoreTerms(s, q)
	gramNorm := x.scoreGrams(s, x.analyzer.letters(q.folded))
	s.short = s.short[:0]
	least := float32(0)
	for _, name := range s.touched {
		of := &s.sums[name]
		n := x.both[name]
		gram := float32(of.gram*gramNorm) * n.gram
		term := min(1, float32(of.term*termNorm)*n.term)
		*of = sums{}
		key := gram + float32(termShare*term)
		if key <= least {
			continue
		}
		if s.short = append(s.short, retrievedName{key, name, gram, term}); len(s.short) == 2*maxShortlist {
			s.short, least = selectBest(s.short, maxShortlist)
		}
	}
	if len(s.short) > maxShortlist {
		s.short, _ = selectBest(s.short, maxShortlist)
	}
	x.cosines(s, gramNorm, termNorm)
	return sortBest(s.short, maxRetrieved)
}

// selectBest keeps the n names with the greatest keys, in no order, and gives the
// least of these keys.
func selectBest(all []retrievedName, n int) ([]retrievedName, float32) {
	before := func(a, b retrievedName) bool { return a.key > b.key || a.key == b.key && a.name < b.name }
	lo, hi := 0, len(all)-1
	for lo < hi {
		p := all[(lo+hi)/2]
		i, j := lo, hi
		for i <= j {
			for before(all[i], p) {
				i++
			}
			for before(p, all[j]) {
				j--
			}
			if i <= j {
				all[i], all[j] = all[j], all[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			hi = j
		case n-1 >= i:
			lo = i
		default:
			lo, hi = n-1, n-1
		}
	}
	return all[:n], all[n-1].key
}

// sortBest gives the n names with the greatest keys, the greatest first.
func sortBest(all []retrievedName, n int) []retrievedName {
	slices.SortFunc(all, func(a, b retrievedName) int { // called often, so without further calls
		switch {
		case a.key > b.key:
			return -1
		case a.key < b.key:
			return 1
		}
		return int(a.name) - int(b.name)
	})
	return all[:min(n, len(all))]
}

// cosines computes the exact cosines of the shortlisted names.
func (x *Index) cosines(s *scratch, norm, termNorm float32) {
	g := x.grams
	for _, id := range s.grams {
		s.asked[id] = true
	}
	for i := range s.short {
		h := &s.short[i]
		sum := float32(0)
		for _, id := range g.in.of(h.name) {
			if s.asked[id] {
				sum += g.weights[id]
			}
		}
		h.gram = min(1, float32(sum*norm)*g.norms[h.name])
		sum = 0
		for _, t := range x.terms.of(h.name) {
			sum += s.active[t]
		}
		h.term = min(1, float32(sum*termNorm)*x.norms[h.name])
		h.key = h.gram + float32(termShare*h.term)
	}
	for _, id := range s.grams {
		s.asked[id] = false
	}
	for _, t := range s.terms {
		s.active[t] = 0
	}
	s.terms = s.terms[:0]
}

// scoreGrams adds up the weights of the groups of letters that names and a text have
// in common, up to gramCutoff, and returns 1/length of the text's vector.
func (x *Index) scoreGrams(s *scratch, text string) float32 {
	g := x.grams
	s.grams, s.unknown = s.grams[:0], s.unknown[:0]
	g.split(text, func(gram uint64) {
		if id, ok := g.ids[gram]; ok {
			s.grams = append(s.grams, id)
		} else {
			s.unknown = append(s.unknown, gram)
		}
	})
	slices.SortFunc(s.grams, func(a, b int32) int {
		return cmp.Or(cmp.Compare(g.posts.len(a), g.posts.len(b)), cmp.Compare(a, b))
	})
	s.grams = slices.Compact(s.grams)
	slices.Sort(s.unknown)
	s.unknown = slices.Compact(s.unknown)
	known := float32(0)
	for _, id := range s.grams {
		known += g.weights[id]
	}
	seen, budget := float32(0), maxPostings
	for _, id := range s.grams {
		w := g.weights[id]
		if budget -= g.posts.len(id); budget < 0 || seen > float32(gramCutoff*known) {
			break
		}
		seen += w
		for _, name := range g.posts.of(id) {
			of := &s.sums[name]
			if of.gram == 0 && of.term == 0 {
				s.touched = append(s.touched, name)
			}
			of.gram += w
		}
	}
	// The conversion prevents a fused multiply-add, so that the score is the same on
	// every processor.
	sum := known + float32(float32(len(s.unknown))*g.unknown)
	return float32(1 / math.Sqrt(float64(max(sum, math.SmallestNonzeroFloat32))))
}

// scoreTerms adds up the weights of the words that names and a query have in common,
// readings included, up to the analyzer's termCutoff, and returns 1/length of the
// query's vector.
func (x *Index) scoreTerms(s *scratch, q *query) float32 {
	for i := range q.expansions {
		for _, t := range q.expansions[i].terms {
			if s.active[t] == 0 {
				s.terms = append(s.terms, t)
			}
			s.active[t] = max(s.active[t], float32(q.expansions[i].weight*q.share(q.expansions[i].tokens)))
		}
	}
	slices.SortFunc(s.terms, func(a, b int32) int { return cmp.Or(cmp.Compare(x.voc.df[a], x.voc.df[b]), cmp.Compare(a, b)) })
	budget := maxPostings
	all, seen := float32(0), float32(0)
	for _, t := range s.terms {
		all += float32(x.voc.idf[t]*x.voc.idf[t]) * s.active[t]
	}
	for _, t := range s.terms {
		w := float32(x.voc.idf[t]*x.voc.idf[t]) * s.active[t]
		s.active[t] = w
		if budget -= int(x.voc.df[t]); budget < 0 || seen > float32(x.analyzer.termCutoff*all) {
			continue
		}
		seen += w
		for _, name := range x.posts.of(t) {
			of := &s.sums[name]
			if of.term == 0 {
				s.touched = append(s.touched, name)
			}
			of.term += w
		}
	}
	sum := float32(0)
	for _, token := range q.tokens {
		sum += float32(token.weight * token.weight)
	}
	return float32(1 / math.Sqrt(float64(max(sum, math.SmallestNonzeroFloat32))))
}

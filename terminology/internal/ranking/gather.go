package ranking

import (
	"cmp"
	"math"
	"slices"
)

const (
	// gathered is how many names the second pass looks at.
	gathered = 128
	// shortlisted is how many names have their likeness computed exactly, to choose
	// those from.
	shortlisted = gathered * 3 / 2
	// decisive is the share of a wording's weight in letters that finds names. The
	// rest of it, groups of letters that thousands of names have, only tells them
	// apart.
	decisive = 0.65
	// maxPostings bounds the work of one query, in postings looked at. The rarest
	// items are looked at first, so that what a very long text leaves out are those
	// that every name has.
	maxPostings = 400_000
	// termShare is what likeness in words counts beside likeness in letters.
	termShare = 1.2
)

// scratch is the memory of one query. Between queries all of it is zero.
type scratch struct {
	sums    []sums // by name
	touched []int32
	grams   []int32
	unknown []uint64
	short   []gatheredName

	active []float32 // term -> the strongest reading with it
	terms  []int32   // those that are active
	asked  []bool    // gram -> the wording has it
}

// sums are what a name shares with a wording in letters and in words, side by
// side, since both are looked at for tens of thousands of names.
type sums struct{ gram, term float32 }

// gatheredName is a name that the first pass found.
type gatheredName struct {
	key        float32
	name       int32
	gram, term float32 // cosines
}

func newScratch(names, terms, grams int) *scratch {
	return &scratch{
		sums: make([]sums, names), active: make([]float32, terms), asked: make([]bool, grams),
	}
}

// gather finds the names nearest by letters and words.
func (x *Index) gather(s *scratch, q *query) []gatheredName {
	s.touched = s.touched[:0]
	termNorm := x.byTerms(s, q)
	gramNorm := x.byGrams(s, x.tongue.letters(q.folded))
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
		if s.short = append(s.short, gatheredName{key, name, gram, term}); len(s.short) == 2*shortlisted {
			s.short, least = selected(s.short, shortlisted)
		}
	}
	if len(s.short) > shortlisted {
		s.short, _ = selected(s.short, shortlisted)
	}
	x.likeness(s, gramNorm, termNorm)
	return nearest(s.short, gathered)
}

// selected keeps the n best in no order, and tells the least of their keys.
func selected(all []gatheredName, n int) ([]gatheredName, float32) {
	before := func(a, b gatheredName) bool { return a.key > b.key || a.key == b.key && a.name < b.name }
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

func nearest(all []gatheredName, n int) []gatheredName {
	slices.SortFunc(all, func(a, b gatheredName) int { // a hot one: no call
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

// likeness computes the whole cosine of the shortlisted names.
func (x *Index) likeness(s *scratch, norm, termNorm float32) {
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

// byGrams adds up what names share with a text in its decisive groups of letters,
// and returns 1/length of the text's vector.
func (x *Index) byGrams(s *scratch, text string) float32 {
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
		if budget -= g.posts.len(id); budget < 0 || seen > float32(decisive*known) {
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
	// The conversion keeps the product from being fused with the sum: the same
	// score on every processor.
	sum := known + float32(float32(len(s.unknown))*g.unknown)
	return float32(1 / math.Sqrt(float64(max(sum, math.SmallestNonzeroFloat32))))
}

// byTerms adds up what names share with a query in words, readings included, and
// returns 1/length of the query's vector.
func (x *Index) byTerms(s *scratch, q *query) float32 {
	for i := range q.sources {
		for _, t := range q.sources[i].terms {
			if s.active[t] == 0 {
				s.terms = append(s.terms, t)
			}
			s.active[t] = max(s.active[t], float32(q.sources[i].weight*q.share(q.sources[i].slots)))
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
		if budget -= int(x.voc.df[t]); budget < 0 || seen > float32(x.tongue.decisive*all) {
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
	for _, slot := range q.slots {
		sum += float32(slot.weight * slot.weight)
	}
	return float32(1 / math.Sqrt(float64(max(sum, math.SmallestNonzeroFloat32))))
}

package ranking

import (
	"math/bits"
	"slices"

	"aecode/terminology/internal/meddra"
)

// maxSlots bounds the words of a wording that are looked at: those of a bit mask.
const maxSlots = 64

// partOfPhrase is what is left of the weight of a phrase within a longer one.
const partOfPhrase = 0.8

// slot is one word of a wording.
type slot struct {
	word   string
	stem   string
	term   int32   // -1: no name has it
	weight float32 // inverse document frequency
	aside  bool
}

// source is a reading of some of a wording's words.
type source struct {
	reading
	slots uint64 // the words it reads
	total float32
}

// query is a wording as the index understands it.
type query struct {
	folded  string
	slots   []slot
	sources []source
	sum     float32 // of the slots' weights
	denying uint64  // the slots that negate
}

// understand reads a folded wording.
func (x *Index) understand(folded string) query {
	q := query{folded: folded}
	x.words(folded, func(w string) {
		if len(q.slots) == maxSlots {
			return
		}
		s := slot{word: w, stem: x.tongue.stem(w), term: x.voc.find(w), weight: x.voc.rare}
		if s.term >= 0 {
			s.weight = x.voc.idf[s.term]
		}
		if x.tongue.lang == meddra.English && (asides[w] || numeric(w)) {
			s.weight *= asideWeight
			s.aside = true
		}
		if x.tongue.denies[w] {
			q.denying |= 1 << len(q.slots)
		}
		q.slots = append(q.slots, s)
		q.sum += s.weight
	})
	unknown := 0
	for i, s := range q.slots {
		mask := uint64(1) << i
		if s.term >= 0 {
			x.source(&q, reading{[]int32{s.term}, 1, asWritten}, mask)
			for _, r := range x.readings.near[s.term] {
				x.source(&q, r, mask)
			}
			continue
		}
		if x.speller == nil || unknown == maxRespelled {
			continue
		}
		unknown++
		for _, r := range x.speller.near(s.word) {
			x.source(&q, r, mask)
		}
		x.compose(&q, i)
	}
	x.phrases(&q)
	q.preferLong()
	if x.tongue.lang == meddra.English {
		x.join(&q)
		x.pairs(&q)
	}
	return q
}

// words emits the words of a wording that carry meaning, those apart that names
// write apart: "neckache".
func (x *Index) words(folded string, emit func(string)) {
	x.tongue.words(folded, func(w string) {
		if x.tongue.lang == meddra.English && x.voc.find(w) < 0 {
			if a, b, ok := x.apart(w); ok {
				emit(a)
				emit(b)
				return
			}
		}
		emit(w)
	})
}

const (
	minPart   = 3 // letters of a word within a word
	minPartDF = 3 // names that must have it
)

// apart cuts a word that no name has into two that names have.
func (x *Index) apart(w string) (first, second string, ok bool) {
	var most int32
	for cut := minPart; cut <= len(w)-minPart; cut++ {
		a, okA := x.voc.words[w[:cut]]
		b, okB := x.voc.words[w[cut:]]
		if !okA || !okB {
			continue
		}
		if df := min(x.voc.df[a], x.voc.df[b]); df >= minPartDF && df > most {
			most, first, second, ok = df, w[:cut], w[cut:], true
		}
	}
	return first, second, ok
}

// phrases adds what the lexicon says of each stretch of words.
func (x *Index) phrases(q *query) {
	var key []byte
	for i := range q.slots {
		key = key[:0]
		for j := i; j < min(len(q.slots), i+x.tongue.phrase); j++ {
			if j > i {
				key = append(key, ' ')
			}
			key = append(key, q.slots[j].stem...)
			mask := (uint64(1)<<(j-i+1) - 1) << i
			for _, r := range x.readings.phrases[string(key)] {
				x.source(q, r, mask)
			}
		}
	}
}

// join adds words that are written apart or together in names: "heart burn".
func (x *Index) join(q *query) {
	for i := 1; i < len(q.slots); i++ {
		if t := x.voc.find(q.slots[i-1].word + q.slots[i].word); t >= 0 {
			x.source(q, reading{[]int32{t}, weightJoined, composed}, 3<<(i-1))
		}
	}
}

// compose adds the parts of a word that no name has: its combining forms.
func (x *Index) compose(q *query, i int) {
	w := q.slots[i].word
	begin, end, ok := x.readings.forms.take(x.voc, w)
	if !ok {
		return
	}
	for _, a := range begin {
		for _, b := range end {
			x.source(q, reading{[]int32{a, b}, weightComposed, composed}, 1<<i)
		}
	}
}

// pairs adds words that are made of the combining forms of two words.
func (x *Index) pairs(q *query) {
	const most = 8
	for i := range min(len(q.slots), most) {
		for j := range i {
			if q.slots[i].term < 0 || q.slots[j].term < 0 {
				continue
			}
			for _, t := range x.readings.pairs[x.readings.pair(q.slots[i].term, q.slots[j].term)] {
				x.source(q, reading{[]int32{t}, weightPair, composed}, 1<<i|1<<j)
			}
		}
	}
}

// source adds a reading, or strengthens the same one.
func (x *Index) source(q *query, r reading, mask uint64) {
	for i := range q.sources {
		s := &q.sources[i]
		if s.slots == mask && slices.Equal(s.terms, r.terms) {
			if s.weight < r.weight {
				s.weight, s.kind = r.weight, r.kind
			}
			return
		}
	}
	s := source{reading: r, slots: mask}
	for _, t := range r.terms {
		s.total += x.voc.idf[t]
	}
	q.sources = append(q.sources, s)
}

// share is how much of its full weight a reading has in the first pass: less when
// all that it reads are asides.
func (q *query) share(mask uint64) float32 {
	for i := range q.slots {
		if mask&(1<<i) != 0 && !q.slots[i].aside {
			return 1
		}
	}
	return asideWeight
}

// preferLong lowers what a phrase means by itself where it is part of a longer
// one: "heat stroke" is no stroke.
func (q *query) preferLong() {
	phrase := func(s *source) bool { return s.kind == everyday || s.kind == abbreviated || s.kind == equivalent }
	for i := range q.sources {
		for j := range q.sources {
			a, b := &q.sources[i], &q.sources[j]
			if phrase(a) && phrase(b) && a.slots != b.slots && a.slots&^b.slots == 0 {
				a.weight *= partOfPhrase
				break
			}
		}
	}
}

// readsNegation tells whether a match is by a phrase that the negation is part of:
// who has "no energy" has something.
func (q *query) readsNegation(m *match) bool {
	for mask := q.denying; mask != 0; mask &= mask - 1 {
		at := bits.TrailingZeros64(mask)
		if k := m.kinds[at]; m.slots[at] >= surelyRead && (k == everyday || k == abbreviated || k == equivalent) {
			return true
		}
	}
	return false
}

// surelyRead is how well a slot must be read for that.
const surelyRead = 0.6

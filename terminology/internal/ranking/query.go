package ranking

import (
	"math/bits"
	"slices"

	"aecode/terminology/internal/meddra"
)

// maxTokens is the maximum number of words of a wording that count: the bits of a mask.
const maxTokens = 64

// partOfPhrase is the factor for the weight of a phrase that is part of a longer one.
const partOfPhrase = 0.8

// token is one word of a wording.
type token struct {
	word   string
	stem   string
	term   int32   // -1: no name has the word
	weight float32 // inverse document frequency
	minor  bool    // see minorWords
}

// expansion is a reading of some of a query's tokens.
type expansion struct {
	reading
	tokens uint64  // a mask of the tokens that it reads
	total  float32 // of the weights of its terms
}

// query is an analyzed wording.
type query struct {
	folded     string
	tokens     []token
	expansions []expansion
	sum        float32 // of the tokens' weights
	denying    uint64  // a mask of the tokens that negate
}

// analyze splits a folded wording into tokens and adds their readings.
func (x *Index) analyze(folded string) query {
	q := query{folded: folded}
	x.words(folded, func(w string) {
		if len(q.tokens) == maxTokens {
			return
		}
		s := token{word: w, stem: x.analyzer.stem(w), term: x.voc.find(w), weight: x.voc.rare}
		if s.term >= 0 {
			s.weight = x.voc.idf[s.term]
		}
		if x.analyzer.lang == meddra.English && (minorWords[w] || numeric(w)) {
			s.weight *= minorWeight
			s.minor = true
		}
		if x.analyzer.negations[w] {
			q.denying |= 1 << len(q.tokens)
		}
		q.tokens = append(q.tokens, s)
		q.sum += s.weight
	})
	unknown := 0
	for i, s := range q.tokens {
		mask := uint64(1) << i
		if s.term >= 0 {
			x.expand(&q, reading{[]int32{s.term}, 1, asWritten}, mask)
			for _, r := range x.readings.near[s.term] {
				x.expand(&q, r, mask)
			}
			continue
		}
		if x.speller == nil || unknown == maxRespelled {
			continue
		}
		unknown++
		for _, r := range x.speller.near(s.word) {
			x.expand(&q, r, mask)
		}
		x.compose(&q, i)
	}
	x.phrases(&q)
	q.preferLong()
	if x.analyzer.lang == meddra.English {
		x.join(&q)
		x.pairs(&q)
	}
	return q
}

// words emits the words of a wording that carry meaning. A word that names write as
// two, such as "neckache", is split.
func (x *Index) words(folded string, emit func(string)) {
	x.analyzer.words(folded, func(w string) {
		if x.analyzer.lang == meddra.English && x.voc.find(w) < 0 {
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
	minPart   = 3 // letters that each part of a split word must have
	minPartDF = 3 // names that must have each part
)

// apart splits a word that no name has into two words that names have.
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

// phrases adds the readings that the lexicon has for each sequence of words.
func (x *Index) phrases(q *query) {
	var key []byte
	for i := range q.tokens {
		key = key[:0]
		for j := i; j < min(len(q.tokens), i+x.analyzer.maxPhrase); j++ {
			if j > i {
				key = append(key, ' ')
			}
			key = append(key, q.tokens[j].stem...)
			mask := (uint64(1)<<(j-i+1) - 1) << i
			for _, r := range x.readings.phrases[string(key)] {
				x.expand(q, r, mask)
			}
		}
	}
}

// join adds words that names write as one: "heart burn".
func (x *Index) join(q *query) {
	for i := 1; i < len(q.tokens); i++ {
		if t := x.voc.find(q.tokens[i-1].word + q.tokens[i].word); t >= 0 {
			x.expand(q, reading{[]int32{t}, weightJoined, composed}, 3<<(i-1))
		}
	}
}

// compose adds the combining forms of a word that no name has.
func (x *Index) compose(q *query, i int) {
	w := q.tokens[i].word
	begin, end, ok := x.readings.forms.take(x.voc, w)
	if !ok {
		return
	}
	for _, a := range begin {
		for _, b := range end {
			x.expand(q, reading{[]int32{a, b}, weightComposed, composed}, 1<<i)
		}
	}
}

// pairs adds terms that are made of the combining forms of two words.
func (x *Index) pairs(q *query) {
	const most = 8
	for i := range min(len(q.tokens), most) {
		for j := range i {
			if q.tokens[i].term < 0 || q.tokens[j].term < 0 {
				continue
			}
			for _, t := range x.readings.pairs[x.readings.pair(q.tokens[i].term, q.tokens[j].term)] {
				x.expand(q, reading{[]int32{t}, weightPair, composed}, 1<<i|1<<j)
			}
		}
	}
}

// expand adds a reading of some tokens, or raises the weight of the same reading.
func (x *Index) expand(q *query, r reading, mask uint64) {
	for i := range q.expansions {
		s := &q.expansions[i]
		if s.tokens == mask && slices.Equal(s.terms, r.terms) {
			if s.weight < r.weight {
				s.weight, s.kind = r.weight, r.kind
			}
			return
		}
	}
	s := expansion{reading: r, tokens: mask}
	for _, t := range r.terms {
		s.total += x.voc.idf[t]
	}
	q.expansions = append(q.expansions, s)
}

// share is the factor for a reading's weight in retrieval: less than 1 if all tokens
// that it reads are minor words.
func (q *query) share(mask uint64) float32 {
	for i := range q.tokens {
		if mask&(1<<i) != 0 && !q.tokens[i].minor {
			return 1
		}
	}
	return minorWeight
}

// preferLong lowers the weight of a phrase's readings where the phrase is part of a
// longer one: "heat stroke" is not a stroke.
func (q *query) preferLong() {
	phrase := func(s *expansion) bool { return s.kind == everyday || s.kind == abbreviated || s.kind == equivalent }
	for i := range q.expansions {
		for j := range q.expansions {
			a, b := &q.expansions[i], &q.expansions[j]
			if phrase(a) && phrase(b) && a.tokens != b.tokens && a.tokens&^b.tokens == 0 {
				a.weight *= partOfPhrase
				break
			}
		}
	}
}

// readsNegation reports whether a name matches through a phrase that includes the
// negation: "no energy" is a complaint.
func (q *query) readsNegation(m *match) bool {
	for mask := q.denying; mask != 0; mask &= mask - 1 {
		at := bits.TrailingZeros64(mask)
		if k := m.kinds[at]; m.tokens[at] >= surelyRead && (k == everyday || k == abbreviated || k == equivalent) {
			return true
		}
	}
	return false
}

// surelyRead is the weight with which a token must match for that.
const surelyRead = 0.6

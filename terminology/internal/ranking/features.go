package ranking

import (
	"math"
	"math/bits"
)

// feature numbers the measures of a name against a wording.
type feature int

// The features. Shares are of weights: a rare word counts for more.
const (
	byGrams      feature = iota // cosine of letters
	byTerms                     // cosine of words, readings included
	slotsRead                   // share of the wording that the name accounts for
	termsRead                   // share of the name that the wording accounts for
	bothRead                    // product of the two
	lesserRead                  // the lesser of the two
	slotsLeft                   // weight of the wording's words left over
	termsLeft                   // weight of the name's words left over
	rarestSlot                  // how well the rarest word of the wording is read
	rarestTerm                  // how well the rarest word of the name is read
	lastSlot                    // how well the last word of the wording is read
	lastTerm                    // how well the last word of the name is read
	firstSlot                   // likewise the first
	firstTerm                   // likewise
	inOrder                     // share of neighbouring words that are neighbours in the name
	written                     // share of the wording found in the very words
	asEveryday                  // share read as everyday language
	asRelated                   // share read by a like beginning or a learned word
	asRepaired                  // share read by another spelling or a composition
	groupSize                   // logarithm of the group's number of names
	mainName                    // 1 for the group's own name
	numbersLeft                 // numbers in the name that the wording lacks
	longer                      // words of the name more than those of the wording
	wordsOfQuery                // number of the wording's words, at most 8
	gramsTimes                  // letters times share of the name
	addedWords                  // words of added information
	negation                    // 1 where only one side negates
	rareShare                   // share of the wording's weight in words that no name has
	features
)

// measures are the features of one name.
type measures [features]float32

// match is what of a query a name accounts for.
type match struct {
	slots [maxSlots]float32
	kinds [maxSlots]kind
	terms [maxSlots]float32
}

// read finds how well a name and a query account for each other.
func (x *Index) read(q *query, terms []int32, m *match) {
	*m = match{}
	for i := range q.sources {
		s := &q.sources[i]
		found := float32(0)
		for _, t := range s.terms {
			for _, u := range terms {
				if t == u {
					found += x.voc.idf[t]
				}
			}
		}
		if found == 0 {
			continue
		}
		w := s.weight
		if len(s.terms) > 1 {
			// All of a reading is worth more than its parts.
			share := found / s.total
			w = float32(w * share)
			if share < 0.999 {
				w *= 0.8
			}
		}
		for mask := s.slots; mask != 0; mask &= mask - 1 {
			at := bits.TrailingZeros64(mask)
			if m.slots[at] < w {
				m.slots[at], m.kinds[at] = w, s.kind
			}
		}
		for _, t := range s.terms {
			for j, u := range terms {
				if t == u && j < maxSlots {
					m.terms[j] = max(m.terms[j], w)
				}
			}
		}
	}
}

// measure computes the features of a gathered name.
func (x *Index) measure(q *query, h gatheredName, v Verdict, m *match, f *measures) {
	terms := x.terms.of(h.name)
	terms = terms[:min(len(terms), maxSlots)]
	x.read(q, terms, m)
	*f = measures{}
	f[byGrams], f[byTerms] = h.gram, h.term

	var byKind [kinds]float32
	var all, rarest float32
	for i, s := range q.slots {
		part := float32(s.weight * m.slots[i])
		all += part
		byKind[m.kinds[i]] += part
		if s.weight > rarest {
			rarest, f[rarestSlot] = s.weight, m.slots[i]
		}
		if s.term < 0 {
			f[rareShare] += s.weight
		}
	}
	total := max(q.sum, 1e-6)
	f[slotsRead] = all / total
	f[slotsLeft] = (total - all) / 10
	f[rareShare] /= total
	f[written] = byKind[asWritten] / total
	f[asEveryday] = (byKind[everyday] + byKind[abbreviated]) / total
	f[asRelated] = (byKind[related] + byKind[learned]) / total
	f[asRepaired] = (byKind[repaired] + byKind[composed]) / total

	sum := float32(0)
	all, rarest = 0, 0
	for i, t := range terms {
		w := x.voc.idf[t]
		sum += w
		all += float32(w * m.terms[i])
		if w > rarest {
			rarest, f[rarestTerm] = w, m.terms[i]
		}
		if m.terms[i] == 0 && numeric(x.voc.text[t]) {
			f[numbersLeft]++
		}
	}
	sum = max(sum, 1e-6)
	f[termsRead] = all / sum
	f[termsLeft] = (sum - all) / 10
	f[bothRead] = float32(f[slotsRead] * f[termsRead])
	f[lesserRead] = min(f[slotsRead], f[termsRead])
	f[gramsTimes] = float32(f[byGrams] * f[termsRead])
	if n := len(q.slots); n > 0 {
		f[firstSlot], f[lastSlot] = m.slots[0], m.slots[n-1]
	}
	if n := len(terms); n > 0 {
		f[firstTerm], f[lastTerm] = m.terms[0], m.terms[n-1]
	}
	f[inOrder] = x.order(q, terms)
	n := x.names[h.name]
	f[groupSize] = float32(math.Log1p(float64(x.size[n.Group])))
	if n.Main {
		f[mainName] = 1
	}
	f[longer] = float32(min(4, max(-4, len(terms)-len(q.slots))))
	f[wordsOfQuery] = float32(min(8, len(q.slots)))
	f[addedWords] = float32(min(3, bits.OnesCount64(v.added)))
	if v.flags != 0 {
		f[negation] = 1
	}
}

// order is the share of the wording's neighbouring words that are neighbours, in
// the same order, in the name.
func (x *Index) order(q *query, terms []int32) float32 {
	if len(q.slots) < 2 || len(terms) < 2 {
		return 0
	}
	n := 0
	for i := 1; i < len(q.slots); i++ {
		for j := 1; j < len(terms); j++ {
			if q.slots[i-1].term == terms[j-1] && q.slots[i].term == terms[j] {
				n++
				break
			}
		}
	}
	return float32(n) / float32(len(q.slots)-1)
}

func numeric(word string) bool { return word != "" && '0' <= word[0] && word[0] <= '9' }

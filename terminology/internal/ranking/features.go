package ranking

import (
	"math"
	"math/bits"
)

// feature is the number of a feature: a property of a name relative to a wording, which
// the model scores.
type feature int

// The features. Shares are shares of weights: a rare word counts more.
const (
	gramCosine         feature = iota // cosine by letters
	termCosine                        // cosine by words, readings included
	queryCoverage                     // share of the wording that the name covers
	nameCoverage                      // share of the name that the wording covers
	coverageProduct                   // product of the two
	lesserCoverage                    // the lesser of the two
	queryUncovered                    // weight of the wording's words that are not covered
	nameUncovered                     // weight of the name's words that are not covered
	rarestQueryWord                   // how well the rarest word of the wording is covered
	rarestNameWord                    // how well the rarest word of the name is covered
	lastQueryWord                     // how well the last word of the wording is covered
	lastNameWord                      // how well the last word of the name is covered
	firstQueryWord                    // the same for the first word of the wording
	firstNameWord                     // the same for the first word of the name
	wordOrder                         // share of neighbouring words that are neighbours in the name
	writtenShare                      // share of the wording whose words the name has
	everydayShare                     // share covered through everyday phrases and abbreviations
	relatedShare                      // share covered through words with the same beginning and learned words
	repairedShare                     // share covered through other spellings and composed words
	groupSize                         // logarithm of the group's number of names
	mainName                          // 1 for the group's own name
	numbersUncovered                  // numbers in the name that the wording lacks
	lengthDifference                  // words of the name minus words of the wording, -4 to 4
	queryWords                        // number of the wording's words, at most 8
	gramCosineCoverage                // gramCosine times nameCoverage
	addedWords                        // words of information that the wording lacks, at most 3
	negation                          // 1 where only one side negates
	unknownShare                      // share of the wording's weight in words that no name has
	featureCount
)

// featureVector holds the features of one name.
type featureVector [featureCount]float32

// match says how well a query and a name cover each other: the weight with which each
// token and each term of the name is matched, 0 to 1, and by which kind of reading.
type match struct {
	tokens [maxTokens]float32
	kinds  [maxTokens]kind
	terms  [maxTokens]float32
}

// match finds how well a query and the terms of a name cover each other.
func (x *Index) match(q *query, terms []int32, m *match) {
	*m = match{}
	for i := range q.expansions {
		s := &q.expansions[i]
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
			// A whole reading counts more than a part of it.
			share := found / s.total
			w = float32(w * share)
			if share < 0.999 {
				w *= 0.8
			}
		}
		for mask := s.tokens; mask != 0; mask &= mask - 1 {
			at := bits.TrailingZeros64(mask)
			if m.tokens[at] < w {
				m.tokens[at], m.kinds[at] = w, s.kind
			}
		}
		for _, t := range s.terms {
			for j, u := range terms {
				if t == u && j < maxTokens {
					m.terms[j] = max(m.terms[j], w)
				}
			}
		}
	}
}

// featuresOf computes the features of a retrieved name.
func (x *Index) featuresOf(q *query, h retrievedName, v Verdict, m *match, f *featureVector) {
	terms := x.terms.of(h.name)
	terms = terms[:min(len(terms), maxTokens)]
	x.match(q, terms, m)
	*f = featureVector{}
	f[gramCosine], f[termCosine] = h.gram, h.term

	var byKind [kinds]float32
	var all, rarest float32
	for i, s := range q.tokens {
		part := float32(s.weight * m.tokens[i])
		all += part
		byKind[m.kinds[i]] += part
		if s.weight > rarest {
			rarest, f[rarestQueryWord] = s.weight, m.tokens[i]
		}
		if s.term < 0 {
			f[unknownShare] += s.weight
		}
	}
	total := max(q.sum, 1e-6)
	f[queryCoverage] = all / total
	f[queryUncovered] = (total - all) / 10
	f[unknownShare] /= total
	f[writtenShare] = byKind[asWritten] / total
	f[everydayShare] = (byKind[everyday] + byKind[abbreviated]) / total
	f[relatedShare] = (byKind[related] + byKind[learned]) / total
	f[repairedShare] = (byKind[repaired] + byKind[composed]) / total

	sum := float32(0)
	all, rarest = 0, 0
	for i, t := range terms {
		w := x.voc.idf[t]
		sum += w
		all += float32(w * m.terms[i])
		if w > rarest {
			rarest, f[rarestNameWord] = w, m.terms[i]
		}
		if m.terms[i] == 0 && numeric(x.voc.text[t]) {
			f[numbersUncovered]++
		}
	}
	sum = max(sum, 1e-6)
	f[nameCoverage] = all / sum
	f[nameUncovered] = (sum - all) / 10
	f[coverageProduct] = float32(f[queryCoverage] * f[nameCoverage])
	f[lesserCoverage] = min(f[queryCoverage], f[nameCoverage])
	f[gramCosineCoverage] = float32(f[gramCosine] * f[nameCoverage])
	if n := len(q.tokens); n > 0 {
		f[firstQueryWord], f[lastQueryWord] = m.tokens[0], m.tokens[n-1]
	}
	if n := len(terms); n > 0 {
		f[firstNameWord], f[lastNameWord] = m.terms[0], m.terms[n-1]
	}
	f[wordOrder] = x.sharedOrder(q, terms)
	n := x.names[h.name]
	f[groupSize] = float32(math.Log1p(float64(x.size[n.Group])))
	if n.Main {
		f[mainName] = 1
	}
	f[lengthDifference] = float32(min(4, max(-4, len(terms)-len(q.tokens))))
	f[queryWords] = float32(min(8, len(q.tokens)))
	f[addedWords] = float32(min(3, bits.OnesCount64(v.added)))
	if v.flags != 0 {
		f[negation] = 1
	}
}

// sharedOrder is the share of the wording's neighbouring words that are neighbours, in
// the same order, in the name.
func (x *Index) sharedOrder(q *query, terms []int32) float32 {
	if len(q.tokens) < 2 || len(terms) < 2 {
		return 0
	}
	n := 0
	for i := 1; i < len(q.tokens); i++ {
		for j := 1; j < len(terms); j++ {
			if q.tokens[i-1].term == terms[j-1] && q.tokens[i].term == terms[j] {
				n++
				break
			}
		}
	}
	return float32(n) / float32(len(q.tokens)-1)
}

func numeric(word string) bool { return word != "" && '0' <= word[0] && word[0] <= '9' }

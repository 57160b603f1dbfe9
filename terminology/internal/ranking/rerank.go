package ranking

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Ranked is a group, represented by its name that matches best.
type Ranked struct {
	Name    int32   // position in the names that the index was built from
	Score   float32 // probability that the wording means the group
	Verdict Verdict // what the guards found against the name
	How     How     // what led to the name
}

// scoredName is a name with its features and score.
type scoredName struct {
	name    int32
	group   int32
	score   float32
	verdict Verdict
	f       featureVector
}

// A name that is below both limits has nothing to do with the wording.
const (
	minQueryCoverage = 0.1
	minGramCosine    = 0.15
)

// rerank computes the features of the names retrieved for a query and emits them,
// except those that the guards drop.
func (x *Index) rerank(s *scratch, q *query, scope int32, emit func(scoredName)) {
	wanted := traitsOf(x.analyzer.lang, q.folded)
	var m match
	for _, h := range x.retrieve(s, q) {
		if of := x.names[h.name].Scope; of != 0 && of != scope {
			continue
		}
		v, fate := judge(wanted, x.traits[h.name])
		if fate == opposite {
			continue
		}
		one := scoredName{name: h.name, group: x.names[h.name].Group}
		x.featuresOf(q, h, v, &m, &one.f)
		switch {
		case q.readsNegation(&m):
			v.flags &^= partly | negated
			one.f[negation] = 0
		case fate == denied:
			continue
		}
		one.verdict = v
		if one.f[queryCoverage] < minQueryCoverage && one.f[gramCosine] < minGramCosine {
			continue
		}
		emit(one)
	}
}

// group is the result for the names of one group.
type group struct {
	best scoredName
	sum  float64 // of the exponentials of the names' scores
}

// Rank gives up to limit groups for a folded wording, the most probable first. Names
// with a scope count only if it is the scope given.
func (x *Index) Rank(folded string, scope int32, limit int) []Ranked {
	if limit <= 0 || len(x.names) == 0 {
		return nil
	}
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	q := x.analyze(folded)
	groups := make([]group, 0, maxRetrieved)
	at := make(map[int32]int, maxRetrieved)
	x.rerank(s, &q, scope, func(one scoredName) {
		one.score = x.analyzer.model.score(&one.f)
		e := math.Exp(float64(one.score))
		i, ok := at[one.group]
		if !ok {
			at[one.group] = len(groups)
			groups = append(groups, group{one, e})
			return
		}
		g := &groups[i]
		g.sum += e
		if x.better(one, g.best) {
			g.best = one
		}
	})
	slices.SortFunc(groups, compareGroups)
	return x.analyzer.model.Calibration.apply(groups, limit)
}

func compareGroups(a, b group) int {
	return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(a.best.group, b.best.group))
}

// better orders the names of one group.
func (x *Index) better(a, b scoredName) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	if x.names[a.name].Main != x.names[b.name].Main {
		return x.names[a.name].Main
	}
	return a.name < b.name
}

// shape is the input of calibration: the lead of the first group and its kind of match.
func shape(groups []group) []float64 {
	first, second, all := math.Log(groups[0].sum), -8.0, 0.0
	var rival featureVector
	if len(groups) > 1 {
		second, rival = math.Log(groups[1].sum), groups[1].best.f
	}
	for _, g := range groups {
		all += g.sum
	}
	share := groups[0].sum / all
	f := groups[0].best.f
	same := 0.0
	if f[writtenShare] > 0.999 && f[nameCoverage] > 0.999 {
		same = 1
	}
	return []float64{
		first, min(4, first-second), share, math.Log(share / max(1-share, 1e-4)),
		float64(f[queryCoverage]), float64(f[nameCoverage]), float64(f[gramCosine]), float64(f[writtenShare]), float64(f[unknownShare]),
		same, float64(f[groupSize]), same * float64(f[groupSize]), float64(rival[coverageProduct]), float64(rival[groupSize]),
		float64(f[everydayShare]), float64(f[lengthDifference]),
	}
}

func (c Calibration) apply(groups []group, limit int) []Ranked {
	if len(groups) == 0 {
		return nil
	}
	all := 0.0
	for _, g := range groups {
		all += g.sum
	}
	value := c.Bias
	if len(c.Weights) > 0 {
		for i, v := range shape(groups) {
			value += c.Weights[i] * v
		}
	} else {
		value = math.Log(groups[0].sum / max(all-groups[0].sum, 1e-9))
	}
	first := sigmoid(value)
	ranked := make([]Ranked, 0, min(limit, len(groups)))
	rest := max(all-groups[0].sum, 1e-12)
	last := first
	for i, g := range groups[:cap(ranked)] {
		p := first
		if i > 0 {
			p = min(last, (1-first)*g.sum/rest)
			last = p
		}
		ranked = append(ranked, Ranked{Name: g.best.name, Score: float32(p), Verdict: g.best.verdict, How: how(&g.best.f)})
	}
	return ranked
}

// How is the main reason why a name matches.
type How uint8

// The reasons why a name matches.
const (
	SimilarWording  How = iota // none of the others is the main reason
	SameWords                  // the wording and the name have the same words
	EverydayWording            // an everyday phrase or an abbreviation
	LikeWords                  // words of similar meaning
	OtherSpelling              // another spelling, or composed words
)

func how(f *featureVector) How {
	switch {
	case f[writtenShare] > 0.999 && f[nameCoverage] > 0.999:
		return SameWords
	case f[queryCoverage] < 0.5:
		return SimilarWording
	case f[everydayShare] > max(f[writtenShare], f[relatedShare], f[repairedShare]):
		return EverydayWording
	case f[repairedShare] > 0.2:
		return OtherSpelling
	case f[relatedShare] > 0.2:
		return LikeWords
	}
	return SimilarWording
}

// Near is a name that is similar in letters.
type Near struct {
	Name  int32
	Score float32 // cosine by letters, 0 to 1
}

// Near gives up to limit names without a scope that are most similar in letters to a
// folded wording, the most similar first. Their meaning is not considered.
func (x *Index) Near(folded string, limit int) []Near {
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	q := query{folded: folded}
	var all []Near
	for _, h := range x.retrieve(s, &q) {
		if len(all) == limit {
			break
		}
		if x.names[h.name].Scope == 0 {
			all = append(all, Near{h.name, h.gram})
		}
	}
	return all
}

// maxRespelled is the maximum number of words of a wording that [Index.Respell]
// repairs, and of unknown words that a query looks up by spelling.
const maxRespelled = 12

// Respell replaces each word of a folded English wording that no name has by the most
// similar word that a name has. It reports false if one of them has no similar word,
// or if there is nothing to replace.
func (x *Index) Respell(folded string) (string, bool) {
	if x.speller == nil {
		return "", false
	}
	words, changed := strings.Split(folded, " "), false
	if len(words) > maxRespelled {
		return "", false
	}
	for i, w := range words {
		if len(w) < minSpell || functionWords[w] || x.voc.find(w) >= 0 {
			continue
		}
		near, ok := x.speller.nearest(w)
		if !ok {
			return "", false
		}
		words[i], changed = near, true
	}
	return strings.Join(words, " "), changed
}

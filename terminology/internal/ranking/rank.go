package ranking

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Ranked is a group with the name of it that fits best.
type Ranked struct {
	Name    int32   // position in the names the index was built from
	Score   float32 // probability that the group is what the wording means
	Verdict Verdict // what the guards hold against it
	How     How
}

// measured is a name with its features and score.
type measured struct {
	name    int32
	group   int32
	score   float32
	verdict Verdict
	f       measures
}

// A name that shares less than this with a wording, in words and in letters, has
// nothing to do with it.
const (
	leastRead = 0.1
	leastLike = 0.15
)

// measureAll measures the names nearest to a wording, those that guards drop left
// out.
func (x *Index) measureAll(s *scratch, q *query, scope int32, emit func(measured)) {
	wanted := traitsOf(x.tongue.lang, q.folded)
	var m match
	for _, h := range x.gather(s, q) {
		if of := x.names[h.name].Scope; of != 0 && of != scope {
			continue
		}
		v, fate := judge(wanted, x.traits[h.name])
		if fate == opposite {
			continue
		}
		one := measured{name: h.name, group: x.names[h.name].Group}
		x.measure(q, h, v, &m, &one.f)
		switch {
		case q.readsNegation(&m):
			v.flags &^= partly | negated
			one.f[negation] = 0
		case fate == denied:
			continue
		}
		one.verdict = v
		if one.f[slotsRead] < leastRead && one.f[byGrams] < leastLike {
			continue
		}
		emit(one)
	}
}

// group is what the names of one group come to.
type group struct {
	best measured
	sum  float64 // of the exponentials of the names' scores
}

// Rank gives up to limit groups for a folded wording, the likeliest first. Of the
// names that have a scope only those of the scope asked for count.
func (x *Index) Rank(folded string, scope int32, limit int) []Ranked {
	if limit <= 0 || len(x.names) == 0 {
		return nil
	}
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	q := x.understand(folded)
	groups := make([]group, 0, gathered)
	at := make(map[int32]int, gathered)
	x.measureAll(s, &q, scope, func(one measured) {
		one.score = x.tongue.model.score(&one.f)
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
	return x.tongue.model.Calibration.apply(groups, limit)
}

func compareGroups(a, b group) int {
	return cmp.Or(cmp.Compare(b.sum, a.sum), cmp.Compare(a.best.group, b.best.group))
}

// better orders the names of one group.
func (x *Index) better(a, b measured) bool {
	if a.score != b.score {
		return a.score > b.score
	}
	if x.names[a.name].Main != x.names[b.name].Main {
		return x.names[a.name].Main
	}
	return a.name < b.name
}

// shape are the measures that calibration looks at: how far the first group is
// ahead, and what kind of match it is.
func shape(groups []group) []float64 {
	first, second, all := math.Log(groups[0].sum), -8.0, 0.0
	var rival measures
	if len(groups) > 1 {
		second, rival = math.Log(groups[1].sum), groups[1].best.f
	}
	for _, g := range groups {
		all += g.sum
	}
	share := groups[0].sum / all
	f := groups[0].best.f
	same := 0.0
	if f[written] > 0.999 && f[termsRead] > 0.999 {
		same = 1
	}
	return []float64{
		first, min(4, first-second), share, math.Log(share / max(1-share, 1e-4)),
		float64(f[slotsRead]), float64(f[termsRead]), float64(f[byGrams]), float64(f[written]), float64(f[rareShare]),
		same, float64(f[groupSize]), same * float64(f[groupSize]), float64(rival[bothRead]), float64(rival[groupSize]),
		float64(f[asEveryday]), float64(f[longer]),
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

// How says in a word what led to a name.
type How uint8

// What leads to a name.
const (
	SimilarWording How = iota
	SameWords          // every word on both sides
	EverydayWording
	LikeWords
	OtherSpelling
)

func how(f *measures) How {
	switch {
	case f[written] > 0.999 && f[termsRead] > 0.999:
		return SameWords
	case f[slotsRead] < 0.5:
		return SimilarWording
	case f[asEveryday] > max(f[written], f[asRelated], f[asRepaired]):
		return EverydayWording
	case f[asRepaired] > 0.2:
		return OtherSpelling
	case f[asRelated] > 0.2:
		return LikeWords
	}
	return SimilarWording
}

// Near is a name by its likeness in letters.
type Near struct {
	Name  int32
	Score float32 // 0 to 1
}

// Near gives up to limit names without a scope that share most letters with a
// folded wording, whatever they mean.
func (x *Index) Near(folded string, limit int) []Near {
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	q := query{folded: folded}
	var all []Near
	for _, h := range x.gather(s, &q) {
		if len(all) == limit {
			break
		}
		if x.names[h.name].Scope == 0 {
			all = append(all, Near{h.name, h.gram})
		}
	}
	return all
}

// maxRespelled is the most words of a wording that is respelled, and the most of a
// longer one that are looked up by spelling.
const maxRespelled = 12

// Respell gives a folded English wording with each word that no name has as a
// name writes the word nearest to it; false if there is none for one of them, or
// nothing to repair.
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

package coder

import (
	"cmp"
	"fmt"
	"slices"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
)

// maxCachedKey is the maximum length of a key of the cache in bytes. Longer verbatims
// are sentences, which seldom come twice.
const maxCachedKey = 256

// suggestion is a ranked suggestion in the form that is cached: without terms and
// texts, which are added to each answer.
type suggestion struct {
	name    int32 // the name that was found: an LLT's or, after those, a synonym's
	llt     int32 // the current LLT to suggest for it
	score   float32
	step    uint8 // the number of the step behind it
	how     ranking.How
	verdict ranking.Verdict
}

// ranker turns a wording into suggestions, one for each PT. They depend only on the
// folded wording and the study's scope, which are the key of its cache.
type ranker struct {
	index   *index
	near    *ranking.Index
	cache   *cache[[]suggestion]
	entries int // of the cache
	// synonyms are further names, numbered after those of the release.
	synonyms []lists.Synonym
	leads    []int32          // synonym -> the LLT that it leads to
	scopes   map[string]int32 // study -> scope of its own synonyms
}

// withSynonyms returns a ranker that finds synonyms too: a wording that is similar to
// one that was decided before probably means the same.
func (r *ranker) withSynonyms(list *lists.Synonyms) *ranker {
	n := &ranker{index: r.index, near: r.index.near, entries: r.entries, scopes: map[string]int32{"": 0}}
	x := r.index
	names := x.rankedNames()
	for _, e := range list.Entries() {
		llt, ok := x.position(e.LLT)
		if !ok || e.Language != x.release.Language() {
			continue
		}
		if _, ok := n.scopes[e.Study]; !ok {
			n.scopes[e.Study] = narrow(len(n.scopes))
		}
		n.synonyms = append(n.synonyms, e)
		n.leads = append(n.leads, llt)
		names = append(names, ranking.Name{Form: e.Folded, Group: x.groups[llt], Scope: n.scopes[e.Study], Learned: true})
	}
	if len(n.synonyms) > 0 {
		n.near = ranking.New(x.release.Language(), names)
	}
	n.cache = newCache[[]suggestion](n.entries)
	return n
}

// rank returns up to [MaxLimit] suggestions for a folded wording, the best first. The
// slice belongs to the cache and must not be changed.
func (r *ranker) rank(folded, study string) []suggestion {
	scope := r.scopes[study]
	if r.cache == nil || len(folded) > maxCachedKey {
		return r.compute(folded, scope)
	}
	key := folded
	if scope != 0 {
		key = study + "\x00" + folded
	}
	if s, ok := r.cache.get(key); ok {
		return s
	}
	s := r.compute(folded, scope)
	r.cache.put(key, s)
	return s
}

func (r *ranker) compute(folded string, scope int32) []suggestion {
	x := r.index
	number, named := x.behind(folded)
	var all []suggestion
	for _, hit := range r.near.Rank(folded, scope, ranked) {
		s := suggestion{name: hit.Name, score: hit.Score, how: hit.How, verdict: hit.Verdict, step: rankedStep}
		if int(hit.Name) < len(x.llts) {
			s.llt = x.gives[hit.Name]
		} else {
			s.llt = r.leads[int(hit.Name)-len(x.llts)]
		}
		if s.llt < 0 {
			continue
		}
		if i := slices.IndexFunc(named, func(name int32) bool { return x.groups[name] == x.groups[s.llt] }); i >= 0 {
			s.step = number
			if x.gives[named[i]] >= 0 {
				s.name, s.llt = named[i], x.gives[named[i]]
			}
		}
		all = append(all, s)
	}
	all = x.addMissing(all, number, named)
	return slices.Clip(all[:min(len(all), MaxLimit)])
}

// ranked is the number of PTs that are ranked. It is more than [MaxLimit], since some of
// them have no current LLT to suggest.
const ranked = 2 * MaxLimit

// addMissing appends the names that a step has found and ranking has not.
func (x *index) addMissing(all []suggestion, number uint8, named []int32) []suggestion {
	for _, name := range named {
		if x.gives[name] < 0 || slices.ContainsFunc(all, func(s suggestion) bool { return x.groups[s.llt] == x.groups[name] }) {
			continue
		}
		all = append(all, suggestion{name: name, llt: x.gives[name], step: number})
	}
	return all
}

// candidates turns up to limit suggestions into candidates, except those whose PT but
// reports.
func (r *ranker) candidates(suggestions []suggestion, limit int, but func(meddra.Code) bool) []Candidate {
	x := r.index
	candidates := make([]Candidate, 0, min(limit, len(suggestions)))
	for _, s := range suggestions {
		if len(candidates) == limit {
			break
		}
		llt := x.llts[s.llt]
		if but != nil && but(llt.PT) {
			continue
		}
		candidates = append(candidates, Candidate{
			Coding: x.coding(llt),
			Score:  round(s.score),
			Method: cascade[s.step].method,
			Reason: r.reason(s),
		})
	}
	return candidates
}

// explain adds the ranking to a coded result: the probability of the choice, and its
// rivals.
func (r *ranker) explain(res *Result, q query) {
	chosen := res.Choice.LLT.PT
	all := r.rank(q.folded, q.study)
	for _, s := range all {
		if r.index.llts[s.llt].PT == chosen {
			res.Likelihood = round(s.score)
		}
	}
	res.Candidates = r.candidates(all, q.limit, func(pt meddra.Code) bool { return pt == chosen })
}

var howWords = map[ranking.How]string{
	ranking.SimilarWording: "similar wording", ranking.SameWords: "same words", ranking.EverydayWording: "everyday wording or abbreviation",
	ranking.LikeWords: "words of like meaning", ranking.OtherSpelling: "another spelling",
}

func (r *ranker) reason(s suggestion) string {
	x := r.index
	near := cmp.Or(cascade[s.step].did, howWords[s.how])
	switch {
	case int(s.name) >= len(x.llts):
		near += " as a past decision"
	case s.name != s.llt:
		near = fmt.Sprintf("%s as the non-current term %q of this PT", near, x.llts[s.name].Name)
	}
	return near + s.verdict.Reason(x.release.Language())
}

// round rounds a score to four digits.
func round(score float32) float64 { return float64(int(score*10_000+0.5)) / 10_000 }

// related says why the current LLTs of a PT are suggested for a name that is not
// current.
func related(name meddra.LLT) string {
	return fmt.Sprintf("current term of the PT of %q, which is not current", name.Name)
}

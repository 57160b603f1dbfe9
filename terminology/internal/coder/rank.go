package coder

import (
	"cmp"
	"fmt"
	"slices"

	"aecode/terminology/internal/meddra"
)

const (
	// retrieved is how many names are asked for, so that after guards and
	// grouping enough PTs are left.
	retrieved = 4 * MaxLimit
	// maxCachedKey bounds a key of the cache in bytes. Longer verbatims are
	// sentences and seldom come twice.
	maxCachedKey = 256
)

// suggestion is a ranked suggestion in the form that is cached: without terms
// and texts, which are made when it is asked for.
type suggestion struct {
	name    int32 // the name that is near
	llt     int32 // the current LLT to suggest for it
	score   float32
	verdict verdict
}

// ranker turns names that are near into suggestions, one a PT. Its answer
// depends on the folded wording alone, which therefore is the key of its cache.
type ranker struct {
	index    *Index
	minScore float32
	cache    *cache[[]suggestion]
}

// rank returns up to [MaxLimit] suggestions for a folded wording, the best
// first. The slice is shared and must not be changed.
func (r *ranker) rank(folded string) []suggestion {
	if r.cache == nil || len(folded) > maxCachedKey {
		return r.compute(folded)
	}
	if s, ok := r.cache.get(folded); ok {
		return s
	}
	s := r.compute(folded)
	r.cache.put(folded, s)
	return s
}

func (r *ranker) compute(folded string) []suggestion {
	x := r.index
	wanted := traitsOf(x.release.Language(), folded)
	var all []suggestion
	for _, hit := range x.near.Retrieve(folded, retrieved) {
		factor, v := judge(wanted, x.traits[hit.Name])
		score := hit.Score * factor
		if score < r.minScore || score <= 0 {
			continue
		}
		if llt := x.gives[hit.Name]; llt >= 0 {
			all = append(all, suggestion{hit.Name, llt, score, v})
		}
	}
	slices.SortFunc(all, func(a, b suggestion) int {
		// Among equals, the name in just these words before one in another order.
		same := func(s suggestion) int {
			if x.forms[s.name] == folded {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(same(a), same(b)),
			preferred(x.llts[a.llt], x.llts[b.llt]), cmp.Compare(a.name, b.name))
	})
	best := make([]suggestion, 0, min(len(all), MaxLimit))
	for _, s := range all {
		pt := x.llts[s.llt].PT
		if slices.ContainsFunc(best, func(b suggestion) bool { return x.llts[b.llt].PT == pt }) {
			continue
		}
		if best = append(best, s); len(best) == MaxLimit {
			break
		}
	}
	return slices.Clip(best)
}

// candidates writes suggestions out.
func (r *ranker) candidates(suggestions []suggestion, limit int) []Candidate {
	x := r.index
	candidates := make([]Candidate, 0, min(limit, len(suggestions)))
	for _, s := range suggestions[:cap(candidates)] {
		candidates = append(candidates, Candidate{
			Coding: x.coding(x.llts[s.llt]),
			Score:  round(s.score),
			Method: MethodTrigram,
			Reason: s.reason(x),
		})
	}
	return candidates
}

func (s suggestion) reason(x *Index) string {
	near := "similar wording"
	if s.score > 0.9995 {
		near = "same words"
	}
	if s.name != s.llt {
		near = fmt.Sprintf("%s as the non-current term %q of this PT", near, x.llts[s.name].Name)
	}
	return near + s.verdict.reason(x.release.Language())
}

// round gives a score to four digits: more would say nothing.
func round(score float32) float64 { return float64(int(score*10_000+0.5)) / 10_000 }

// related says why the current LLTs of a PT are suggested for a non-current one.
func related(name meddra.LLT) string {
	return fmt.Sprintf("current term of the PT of %q, which is not current", name.Name)
}

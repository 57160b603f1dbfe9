package ranking

import (
	"cmp"
	"slices"
)

const (
	maxDiffer     = 2    // words that only one of two compared names has, for each of them
	maxGroupNames = 30   // names of one group that are compared
	minEvidence   = 1.5  // pairs of names that must support a reading
	learnedDoubt  = 2    // pairs against a reading, added to the pairs seen
	minLearned    = 0.12 // share of the pairs that must support a reading
	maxLearned    = 5    // readings of one kind that are kept for a term
)

// learn finds words with the same meaning by comparing names of the same group:
// "renal failure" and "kidney failure" differ in one word each.
func (r *readings) learn(terms itemLists, groups []int32) {
	byGroup := make(map[int32][]int32)
	for name, g := range groups {
		if len(byGroup[g]) < maxGroupNames {
			byGroup[g] = append(byGroup[g], int32(name))
		}
	}
	pairs := make(map[[2]int32]float32)
	total := make(map[int32]float32)
	for _, names := range byGroup {
		r.compare(terms, names, pairs, total)
	}
	for pair, evidence := range pairs {
		if evidence < minEvidence {
			continue
		}
		if p := evidence / (total[pair[0]] + learnedDoubt); p >= minLearned {
			r.near[pair[0]] = append(r.near[pair[0]], reading{[]int32{pair[1]}, 0.4 + 0.55*p, learned})
		}
	}
	for t := range r.near {
		r.near[t] = strongest(r.near[t])
	}
}

// compare counts the words in which the names of one group differ. A group counts
// once, however many pairs of names it has.
func (r *readings) compare(terms itemLists, names []int32, pairs map[[2]int32]float32, total map[int32]float32) {
	seen := make(map[[2]int32]float32)
	for _, a := range names {
		for _, b := range names {
			onlyA, onlyB := minus(terms.of(a), terms.of(b)), minus(terms.of(b), terms.of(a))
			if len(onlyA) == 0 || len(onlyA) > maxDiffer || len(onlyB) == 0 || len(onlyB) > maxDiffer {
				continue
			}
			share := 1 / float32(len(onlyA)*len(onlyB))
			for _, x := range onlyA {
				for _, y := range onlyB {
					seen[[2]int32{x, y}] = max(seen[[2]int32{x, y}], share)
				}
			}
		}
	}
	counted := make(map[int32]bool)
	for pair, share := range seen {
		pairs[pair] += share
		if !counted[pair[0]] {
			counted[pair[0]] = true
			total[pair[0]]++
		}
	}
}

// minus gives the terms of a that b lacks.
func minus(a, b []int32) []int32 {
	var rest []int32
	for _, t := range a {
		if !slices.Contains(b, t) {
			rest = append(rest, t)
		}
	}
	return rest
}

// strongest keeps the best reading of each term, and of those the best
// [maxLearned] of each kind.
func strongest(all []reading) []reading {
	slices.SortFunc(all, func(a, b reading) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.terms[0], b.terms[0]), cmp.Compare(a.kind, b.kind))
	})
	var kept []reading
	var count [kinds]int
	for _, r := range all {
		if count[r.kind] == maxLearned || slices.ContainsFunc(kept, func(k reading) bool { return k.terms[0] == r.terms[0] }) {
			continue
		}
		count[r.kind]++
		kept = append(kept, r)
	}
	return slices.Clip(kept)
}

package fullsize

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Where the codes of groups begin.
const (
	socBase  = 90_000_001
	hlgtBase = 90_010_001
	hltBase  = 90_020_001
)

// groupPTs sorts the PTs by SOC, place and kind and cuts them into HLTs, and
// these into HLGTs: what stands side by side belongs together.
func (r *Release) groupPTs(size Size) {
	position := make(map[string]int, len(r.socs))
	for i, s := range r.socs {
		position[s.key] = i
	}
	slices.SortStableFunc(r.pts, func(a, b pt) int {
		return cmp.Or(
			cmp.Compare(position[a.concept.soc], position[b.concept.soc]),
			cmp.Compare(a.concept.place.String(), b.concept.place.String()),
			cmp.Compare(a.concept.kind.String(), b.concept.kind.String()),
			cmp.Compare(a.en, b.en))
	})
	perSOC := make([]int, len(r.socs))
	for _, p := range r.pts {
		perSOC[position[p.concept.soc]]++
	}
	hlts := apportion(size.HLT, perSOC)
	hlgts := apportion(size.HLGT, hlts)
	taken := make(map[string]bool)
	at := 0
	for s := range r.socs {
		firstHLGT, firstHLT := len(r.hlgts), len(r.hlts)
		for i := range hlts[s] {
			from, to := at+perSOC[s]*i/hlts[s], at+perSOC[s]*(i+1)/hlts[s]
			members := r.pts[from:to]
			hlgt := firstHLGT + i*hlgts[s]/hlts[s]
			if hlgt == len(r.hlgts) {
				r.hlgts = append(r.hlgts, group{code: hlgtBase + hlgt, name: hlgtName(members, taken), above: s})
			}
			r.hlts = append(r.hlts, group{code: hltBase + len(r.hlts), name: hltName(members, taken), above: hlgt})
			for j := range members {
				members[j].hlts = []int{firstHLT + i}
			}
		}
		at += perSOC[s]
	}
}

// apportion shares n out by weight, at least 1 and at most its weight to each
// that has some.
func apportion(n int, weights []int) []int {
	total := 0
	for _, w := range weights {
		total += w
	}
	shares := make([]int, len(weights))
	left := n
	for i, w := range weights {
		if w > 0 {
			shares[i] = min(max(n*w/total, 1), w)
			left -= shares[i]
		}
	}
	// What rounding left over, or took too much, goes to and from the heaviest.
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return weights[b] - weights[a] })
	for ; left != 0; order = append(order[1:], order[0]) {
		switch i := order[0]; {
		case left > 0 && shares[i] < weights[i]:
			shares[i]++
			left--
		case left < 0 && shares[i] > 1:
			shares[i]--
			left++
		}
	}
	return shares
}

func hltName(members []pt, taken map[string]bool) name {
	c := members[0].concept
	last := members[len(members)-1].concept
	place, kind := name{c.place.en[0], c.place.zh[0]}, name{c.kind.en[0], c.kind.zh[0]}
	end := name{last.kind.en[0], last.kind.zh[0]}
	var options []name
	if place == kind {
		options = append(options, name{place.en + " and related terms", place.zh + "及相关术语"})
	}
	return pick(taken, append(options,
		name{place.en + " " + kind.en + " and related terms", place.zh + kind.zh + "及相关术语"},
		name{place.en + " " + kind.en + " to " + end.en, place.zh + kind.zh + "至" + end.zh},
		name{place.en + " conditions (excl " + kind.en + ")", place.zh + "病症（不含" + kind.zh + "）"})...)
}

func hlgtName(members []pt, taken map[string]bool) name {
	c := members[0].concept
	return pick(taken,
		name{c.place.en[0] + " group terms", c.place.zh[0] + "类术语"},
		name{c.place.en[0] + " and " + c.kind.en[0] + " group terms", c.place.zh[0] + "与" + c.kind.zh[0] + "类术语"})
}

// pick takes the first name that is free, or a numbered one.
func pick(taken map[string]bool, options ...name) name {
	for _, o := range options {
		o.en = capital(o.en)
		if !taken[o.en] && !taken[o.zh] {
			taken[o.en], taken[o.zh] = true, true
			return o
		}
	}
	for i := 2; ; i++ {
		o := name{capital(options[0].en) + " " + strconv.Itoa(i), options[0].zh + strconv.Itoa(i)}
		if !taken[o.en] && !taken[o.zh] {
			taken[o.en], taken[o.zh] = true, true
			return o
		}
	}
}

// addPaths gives PTs secondary paths, up to the size: first those whose concept
// belongs to further SOCs.
func (r *Release) addPaths(size Size, draw *rand.Rand) {
	bySOC := make([][]int, len(r.socs)) // HLTs
	position := make(map[string]int, len(r.socs))
	for i, s := range r.socs {
		position[s.key] = i
	}
	for i, h := range r.hlts {
		s := r.hlgts[h.above].above
		bySOC[s] = append(bySOC[s], i)
	}
	order := draw.Perm(len(r.pts))
	paths := len(r.pts)
	for round := 0; paths < size.Paths; round++ {
		for _, i := range order {
			p := &r.pts[i]
			var s int
			switch {
			case paths == size.Paths:
				return
			case round < len(p.concept.also):
				s = position[p.concept.also[round]]
			case round < 2:
				continue
			default:
				s = draw.IntN(len(r.socs))
			}
			if len(bySOC[s]) > 0 && !r.under(*p, s) {
				p.hlts = append(p.hlts, bySOC[s][hash(p.concept.place.String())%uint32(len(bySOC[s]))])
				paths++
			}
		}
	}
}

// under tells whether a PT has a path to a SOC.
func (r *Release) under(p pt, soc int) bool {
	return slices.ContainsFunc(p.hlts, func(h int) bool { return r.hlgts[r.hlts[h].above].above == soc })
}

func hash(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s)) // a hash takes everything
	return h.Sum32()
}

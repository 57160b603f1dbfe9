package fullsize

import "slices"

// smq is a query: its PTs by position, with all their LLTs.
type smq struct {
	code int
	name
	pts      []int
	children []int // positions in Release.smqs
}

// smqPTs bounds the PTs of one query.
const smqPTs = 200

// The SMQs hold what is the same finding at many sites; the largest of them have
// two below.
const (
	smqBase   = 99_000_001
	smqs      = 24
	smqParent = 3 // every third has children
)

// addSMQs makes queries of the kinds that most PTs are of.
func (r *Release) addSMQs() {
	byKind := make(map[string][]int)
	var kinds []*concept
	for i, p := range r.pts {
		k := p.concept.kind.String()
		if byKind[k] == nil {
			kinds = append(kinds, p.concept)
		}
		byKind[k] = append(byKind[k], i)
	}
	slices.SortStableFunc(kinds, func(a, b *concept) int { return len(byKind[b.kind.String()]) - len(byKind[a.kind.String()]) })
	for i, c := range kinds[:min(smqs, len(kinds))] {
		pts := byKind[c.kind.String()]
		pts = pts[:min(len(pts), smqPTs)]
		top := smq{name: name{capital(c.kind.en[0]) + " (SMQ)", c.kind.zh[0] + "（SMQ）"}, pts: pts}
		at := len(r.smqs)
		if i%smqParent == 0 && len(pts) > 1 {
			half := len(pts) / 2
			top.pts, top.children = nil, []int{at + 1, at + 2}
			r.smqs = append(r.smqs, top,
				smq{name: name{capital(c.kind.en[0]) + ", first part (SMQ)", c.kind.zh[0] + "第一部分（SMQ）"}, pts: pts[:half]},
				smq{name: name{capital(c.kind.en[0]) + ", second part (SMQ)", c.kind.zh[0] + "第二部分（SMQ）"}, pts: pts[half:]})
			continue
		}
		r.smqs = append(r.smqs, top)
	}
	for i := range r.smqs {
		r.smqs[i].code = smqBase + i
	}
}

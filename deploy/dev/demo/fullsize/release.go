package fullsize

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Label is the version of a composed release whose Version nobody has changed.
const Label = "99.0"

// Size is how many terms a release has on each level, and rows in mdhier.asc. It
// always has 27 SOCs.
type Size struct{ LLT, PT, HLT, HLGT, Paths int }

// Full is the size of MedDRA 29.0.
func Full() Size { return Size{LLT: 91_082, PT: 27_361, HLT: 1_739, HLGT: 337, Paths: 42_530} }

// Part is the size of MedDRA 29.0 divided by n, with as many groups as every SOC
// needs to have one.
func Part(n int) Size {
	full := Full()
	return Size{LLT: full.LLT / n, PT: full.PT / n, HLT: max(full.HLT/n, 40), HLGT: max(full.HLGT/n, 27), Paths: full.Paths / n}
}

func (s Size) check() error {
	full := Full()
	switch {
	case s.LLT > full.LLT || s.PT > full.PT:
		return fmt.Errorf("at most %d LLTs and %d PTs can be composed", full.LLT, full.PT)
	case s.HLGT < 27 || s.HLT < s.HLGT || s.PT < s.HLT || s.LLT < s.PT:
		return errors.New("want 27 HLGTs and as many HLTs, PTs and LLTs, each at least as many as those before")
	case s.LLT > 4*s.PT:
		return errors.New("want at most 4 LLTs to a PT on average")
	case s.Paths < s.PT || s.Paths > 3*s.PT:
		return errors.New("want 1 to 3 paths to a PT on average")
	}
	return nil
}

// name is a term's name in both languages.
type name struct{ en, zh string }

func (n name) in(language string) string {
	if language == Chinese {
		return n.zh
	}
	return n.en
}

// The languages of a composed release.
const (
	English = "en"
	Chinese = "zh"
)

// llt is a lowest level term.
type llt struct {
	code int
	name
	pt      int // position in Release.pts
	current bool
}

// pt is a preferred term with its paths, the primary first.
type pt struct {
	code int
	name
	concept *concept
	hlts    []int // positions in Release.hlts, one a SOC
}

// group is an HLT or HLGT.
type group struct {
	code int
	name
	above int // position one level up
}

// Release is a composed release in both languages.
type Release struct {
	// Version is what its files say their version is: Label at first.
	Version string

	llts        []llt // by code
	pts         []pt  // by code
	hlts, hlgts []group
	socs        []soc
	smqs        []smq
}

// Compose makes the release of a seed and size.
func Compose(seed uint64, size Size) (*Release, error) {
	if err := size.check(); err != nil {
		return nil, fmt.Errorf("compose a release: %w", err)
	}
	v, err := readVocabulary()
	if err != nil {
		return nil, fmt.Errorf("compose a release: %w", err)
	}
	r := &Release{Version: Label, socs: v.socs}
	draw := rand.New(rand.NewPCG(seed, 0x6d656464))
	names := newNaming(draw)
	if err := names.choosePTs(r, v, size); err != nil {
		return nil, fmt.Errorf("compose a release: %w", err)
	}
	r.groupPTs(size)
	r.addPaths(size, draw)
	if err := names.addLLTs(r, size); err != nil {
		return nil, fmt.Errorf("compose a release: %w", err)
	}
	r.giveCodes(draw)
	r.addSMQs()
	return r, nil
}

// naming gives names of which none is given twice.
type naming struct {
	draw *rand.Rand
	en   map[string]bool // in lower case
	zh   map[string]int  // to the PT that has it
}

func newNaming(draw *rand.Rand) *naming {
	return &naming{draw: draw, en: make(map[string]bool), zh: make(map[string]int)}
}

// choosePTs draws concepts from each family up to its share, and makes PTs of
// those whose name is new.
func (n *naming) choosePTs(r *Release, v *vocabulary, size Size) error {
	for i, f := range families {
		concepts := f.of(v)
		n.draw.Shuffle(len(concepts), func(i, j int) { concepts[i], concepts[j] = concepts[j], concepts[i] })
		wanted := size.PT * f.share / 1000
		if i == len(families)-1 {
			wanted = size.PT - len(r.pts)
		}
		for j := range concepts {
			if wanted == 0 {
				break
			}
			c := &concepts[j]
			term := name{c.ptEnglish(), c.ptChinese()}
			_, taken := n.zh[term.zh]
			if taken || n.en[strings.ToLower(term.en)] {
				continue
			}
			n.en[strings.ToLower(term.en)], n.zh[term.zh] = true, len(r.pts)
			r.pts = append(r.pts, pt{name: term, concept: c})
			wanted--
		}
	}
	if len(r.pts) < size.PT {
		return fmt.Errorf("the word lists give only %d PTs", len(r.pts))
	}
	return nil
}

// addLLTs gives each PT its own LLT and others, up to the size: most have few,
// some many, as in the field.
func (n *naming) addLLTs(r *Release, size Size) error {
	for i, p := range r.pts {
		r.llts = append(r.llts, llt{name: p.name, pt: i, current: true})
	}
	variants := make([][]variant, len(r.pts))
	chinese := make([][]string, len(r.pts))
	for i, p := range r.pts {
		variants[i], chinese[i] = p.concept.english(n.draw), p.concept.chinese(n.draw)
	}
	order := n.draw.Perm(len(r.pts))
	for round := 0; len(r.llts) < size.LLT; round++ {
		before := len(r.llts)
		for _, i := range order {
			for range n.share(round) {
				var v variant
				if v, variants[i] = n.next(variants[i]); v.name == "" || len(r.llts) == size.LLT {
					break
				}
				var zh string
				zh, chinese[i] = n.nextChinese(r, i, chinese[i])
				r.llts = append(r.llts, llt{name: name{v.name, zh}, pt: i, current: n.current(v)})
			}
		}
		if len(r.llts) == before {
			return fmt.Errorf("the word lists give only %d LLTs", before)
		}
	}
	return nil
}

// share draws how many LLTs a PT gets beside its own; further rounds fill up.
func (n *naming) share(round int) int {
	switch x := n.draw.IntN(100); {
	case round > 0:
		return x % 2
	case x < 30:
		return 0
	case x < 50:
		return 1
	case x < 65:
		return 2
	case x < 82:
		return 3 + n.draw.IntN(2)
	case x < 95:
		return 5 + n.draw.IntN(4)
	default:
		return 9 + n.draw.IntN(12)
	}
}

// next gives the next wording that no other term has; empty when there is none.
func (n *naming) next(variants []variant) (variant, []variant) {
	for i, v := range variants {
		key := strings.ToLower(v.name)
		if !n.en[key] {
			n.en[key] = true
			return v, variants[i+1:]
		}
	}
	return variant{}, nil
}

// nextChinese names an LLT in Chinese: a quarter and whatever finds no name of its
// own share that of their PT, and a few that of another PT.
func (n *naming) nextChinese(r *Release, i int, names []string) (string, []string) {
	switch x := n.draw.IntN(1000); {
	case x < 3:
		return r.pts[(i+1)%len(r.pts)].zh, names
	case x < 250:
		return r.pts[i].zh, names
	}
	for j, zh := range names {
		if _, taken := n.zh[zh]; !taken {
			n.zh[zh] = i
			return zh, names[j+1:]
		}
	}
	return r.pts[i].zh, nil
}

// current draws whether an LLT may still be used: of those that say no more than
// "unspecified" half, of the others nine of ten.
func (n *naming) current(v variant) bool {
	if v.marked {
		return n.draw.IntN(2) == 0
	}
	return n.draw.IntN(100) >= 8
}

// giveCodes gives LLTs and PTs codes that tell nothing of their names, and orders
// both by them, as in the files.
func (r *Release) giveCodes(draw *rand.Rand) {
	code := 91_000_000
	for _, i := range draw.Perm(len(r.llts)) {
		code += 1 + draw.IntN(20)
		r.llts[i].code = code
	}
	for i := range r.pts {
		r.pts[i].code = r.llts[i].code // the first LLTs are the PTs themselves
	}
	order := make([]int, len(r.pts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return r.pts[a].code - r.pts[b].code })
	place := make([]int, len(order))
	sorted := make([]pt, len(order))
	for to, from := range order {
		place[from], sorted[to] = to, r.pts[from]
	}
	r.pts = sorted
	for i := range r.llts {
		r.llts[i].pt = place[r.llts[i].pt]
	}
	slices.SortFunc(r.llts, func(a, b llt) int { return a.code - b.code })
}

package ranking

import (
	"math"
	"unicode"
)

// grams is an inverted index over groups of letters. Names are scored by the cosine
// of the groups' weights, which are squared inverse document frequencies; a group
// counts once for each name.
type grams struct {
	split   func(text string, emit func(gram uint64))
	ids     map[uint64]int32
	weights []float32
	posts   postings
	in      itemLists // the groups of each name
	norms   []float32 // 1/length of each name's vector
	unknown float32   // weight of a group that no name has
}

func newGrams(split func(string, func(uint64)), names []string) *grams {
	g := &grams{split: split, ids: make(map[uint64]int32)}
	var last []int32 // gram -> last name that had it
	in := newItemLists(len(names))
	for i, name := range names {
		g.split(name, func(gram uint64) {
			id, ok := g.ids[gram]
			if !ok {
				id = narrow(len(last))
				g.ids[gram] = id
				last = append(last, -1)
			}
			if at := narrow(i); last[id] != at {
				last[id] = at
				in.items = append(in.items, id)
			}
		})
		in.end()
	}
	g.in, g.posts = in, in.invert(len(last))
	weight := func(df int) float32 {
		w := math.Log1p(float64(len(names)) / float64(df))
		return float32(w * w)
	}
	g.weights = make([]float32, len(last))
	for id := range g.weights {
		g.weights[id] = weight(g.posts.len(int32(id)))
	}
	g.unknown = weight(1)
	g.norms = make([]float32, len(names))
	for i := range names {
		sum := float32(0)
		for _, id := range in.of(int32(i)) {
			sum += g.weights[id]
		}
		if sum > 0 {
			g.norms[i] = float32(1 / math.Sqrt(float64(sum)))
		}
	}
	return g
}

// wordTrigrams emits the trigrams of each word, padded with zeros at both ends: "··a"
// "·ab" "abc" "bc·".
func wordTrigrams(text string, emit func(uint64)) {
	var a, b rune // the two runes before
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || sign(r) {
			emit(gram(a, b, r))
			a, b = b, r
			continue
		}
		if b != 0 {
			emit(gram(a, b, 0))
		}
		a, b = 0, 0
	}
	if b != 0 {
		emit(gram(a, b, 0))
	}
}

// sign reports whether a character is a sign that carries meaning.
func sign(r rune) bool {
	switch r {
	case '+', '-', '<', '>', '=', '%':
		return true
	}
	return false
}

// hanDigits are the digits from 1 on as Chinese writes them.
var hanDigits = [...]rune{'一', '二', '三', '四', '五', '六', '七', '八', '九'}

// hanBigrams emits single characters and pairs of neighbouring ones.
func hanBigrams(text string, emit func(uint64)) {
	var last rune
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !sign(r) {
			last = 0
			continue
		}
		if s, ok := simplified[r]; ok {
			r = s
		}
		if '1' <= r && r <= '9' {
			r = hanDigits[r-'1']
		}
		emit(gram(0, 0, r))
		if last != 0 {
			emit(gram(0, last, r))
		}
		last = r
	}
}

// gram packs three runes, 21 bits each.
func gram(a, b, c rune) uint64 { return uint64(a)<<42 | uint64(b)<<21 | uint64(c) } // runes are not negative

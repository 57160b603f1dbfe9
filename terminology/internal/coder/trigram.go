package coder

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"unicode"

	"aecode/terminology/internal/meddra"
)

// maxPostings bounds the work of one query, in postings looked at. The rarest
// letter groups are looked at first, so that what a very long text leaves out
// are the groups that every name has.
const maxPostings = 400_000

// trigrams is a [Retriever] over groups of letters: an inverted index scored by
// the cosine of the groups' weights (squared inverse document frequency; a group
// counts once a name).
type trigrams struct {
	split   func(text string, emit func(gram uint64))
	ids     map[uint64]int32
	weights []float32 // by gram
	starts  []int32   // gram i is in names postings[starts[i]:starts[i+1]]
	posts   []int32
	norms   []float32 // 1/length of each name's vector
	unknown float32   // weight of a group that no name has
	scratch sync.Pool
}

// NewTrigrams builds a retriever over groups of letters: in English the three
// neighbouring letters of a word with its edges, so that word order counts for
// nothing; in Chinese one and two neighbouring characters.
func NewTrigrams(lang meddra.Language, names []string) Retriever {
	t := &trigrams{split: wordTrigrams, ids: map[uint64]int32{}}
	if lang == meddra.Chinese {
		t.split = hanBigrams
	}
	var (
		grams []int32                     // of all names, in order
		ends  = make([]int32, len(names)) // where each name's end
		last  []int32                     // gram -> last name that had it
		count []int32                     // gram -> names that have it
	)
	for i, name := range names {
		t.split(name, func(g uint64) {
			id, ok := t.ids[g]
			if !ok {
				id = int32(len(count))
				t.ids[g] = id
				count, last = append(count, 0), append(last, -1)
			}
			if last[id] != int32(i) {
				last[id] = int32(i)
				count[id]++
				grams = append(grams, id)
			}
		})
		ends[i] = int32(len(grams))
	}
	t.weigh(count, len(names))
	t.post(grams, ends, count)
	t.scratch.New = func() any { return &scratch{scores: make([]float32, len(names))} }
	return t
}

func (t *trigrams) weigh(count []int32, names int) {
	weight := func(df float64) float32 {
		idf := math.Log1p(float64(names) / df)
		return float32(idf * idf)
	}
	t.weights = make([]float32, len(count))
	for id, df := range count {
		t.weights[id] = weight(float64(df))
	}
	t.unknown = weight(1)
}

func (t *trigrams) post(grams, ends, count []int32) {
	t.starts = make([]int32, len(count)+1)
	for id, n := range count {
		t.starts[id+1] = t.starts[id] + n
	}
	t.posts = make([]int32, len(grams))
	t.norms = make([]float32, len(ends))
	fill := slices.Clone(t.starts)
	from := int32(0)
	for name, to := range ends {
		sum := float32(0)
		for _, id := range grams[from:to] {
			t.posts[fill[id]] = int32(name)
			fill[id]++
			sum += t.weights[id]
		}
		if sum > 0 {
			t.norms[name] = float32(1 / math.Sqrt(float64(sum)))
		}
		from = to
	}
}

// scratch is the memory of one query. Between queries scores are all zero.
type scratch struct {
	scores  []float32 // by name
	touched []int32
	grams   []int32
	unknown []uint64
}

// Retrieve implements [Retriever].
func (t *trigrams) Retrieve(folded string, limit int) []Hit {
	if limit <= 0 || len(t.norms) == 0 {
		return nil
	}
	s := t.scratch.Get().(*scratch)
	defer t.scratch.Put(s)
	norm := t.query(s, folded)
	if len(s.grams) == 0 {
		return nil
	}
	budget := maxPostings
	for _, id := range s.grams {
		posts := t.posts[t.starts[id]:t.starts[id+1]]
		if budget -= len(posts); budget < 0 {
			break
		}
		w := t.weights[id]
		for _, name := range posts {
			if s.scores[name] == 0 {
				s.touched = append(s.touched, name)
			}
			s.scores[name] += w
		}
	}
	best := make([]Hit, 0, limit+1)
	for _, name := range s.touched {
		h := Hit{name, min(1, s.scores[name]*norm*t.norms[name])}
		s.scores[name] = 0
		if len(best) == limit && compareHits(h, best[limit-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, h, compareHits)
		best = slices.Insert(best, at, h)
		best = best[:min(len(best), limit)]
	}
	return best
}

// query collects the distinct groups of a text, the rarest first, and returns
// 1/length of its vector.
func (t *trigrams) query(s *scratch, text string) float32 {
	s.grams, s.unknown, s.touched = s.grams[:0], s.unknown[:0], s.touched[:0]
	t.split(text, func(g uint64) {
		if id, ok := t.ids[g]; ok {
			s.grams = append(s.grams, id)
		} else {
			s.unknown = append(s.unknown, g)
		}
	})
	slices.SortFunc(s.grams, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.starts[a+1]-t.starts[a], t.starts[b+1]-t.starts[b]), cmp.Compare(a, b))
	})
	s.grams = slices.Compact(s.grams)
	slices.Sort(s.unknown)
	s.unknown = slices.Compact(s.unknown)
	// The conversion keeps the product from being fused with the sum: the same
	// score on every processor.
	sum := float32(float32(len(s.unknown)) * t.unknown)
	for _, id := range s.grams {
		sum += t.weights[id]
	}
	return float32(1 / math.Sqrt(float64(max(sum, math.SmallestNonzeroFloat32))))
}

// compareHits orders the best first.
func compareHits(a, b Hit) int {
	return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Name, b.Name))
}

// wordTrigrams emits the trigrams of each word, edges as zero: "··a" "·ab" "abc"
// "bc·".
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

// sign tells the signs that carry meaning.
func sign(r rune) bool {
	switch r {
	case '+', '-', '<', '>', '=', '%':
		return true
	}
	return false
}

// hanBigrams emits single characters and pairs of neighbours.
func hanBigrams(text string, emit func(uint64)) {
	var last rune
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && !sign(r) {
			last = 0
			continue
		}
		emit(gram(0, 0, r))
		if last != 0 {
			emit(gram(0, last, r))
		}
		last = r
	}
}

// gram packs three runes, 21 bits each.
func gram(a, b, c rune) uint64 { return uint64(a)<<42 | uint64(b)<<21 | uint64(c) }

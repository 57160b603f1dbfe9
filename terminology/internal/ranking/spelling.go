package ranking

import (
	"cmp"
	"hash/maphash"
	"math"
	"slices"
)

// speller finds words of the vocabulary within a small edit distance, by the
// symmetric delete method: for two words within distance d there is a form that both
// reach by deleting at most d letters. Only the first letters of a word are indexed,
// which keeps the index small.
type speller struct {
	seed  maphash.Seed
	words []string
	terms []int32
	df    []int32
	forms []spelled // by hash
}

type spelled struct {
	hash uint32
	word int32
}

const (
	spellPrefix  = 7 // letters of a word that deletions are made from
	minSpell     = 4 // shorter words are not repaired
	minSpellTwo  = 8 // shorter words are repaired by one edit only
	maxSpellings = 4
)

func newSpeller(v *vocabulary) *speller {
	s := &speller{seed: maphash.MakeSeed()}
	for w, t := range v.words {
		if len(w) >= minSpell {
			s.words = append(s.words, w)
			s.terms = append(s.terms, t)
		}
	}
	order := make([]int, len(s.words))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(s.words[a], s.words[b]) })
	words, terms := make([]string, len(order)), make([]int32, len(order))
	for i, o := range order {
		words[i], terms[i] = s.words[o], s.terms[o]
		s.df = append(s.df, v.df[terms[i]])
	}
	s.words, s.terms = words, terms
	for i, w := range s.words {
		s.deletions(w, edits(w), func(h uint32) { s.forms = append(s.forms, spelled{h, narrow(i)}) })
	}
	slices.SortFunc(s.forms, func(a, b spelled) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.word, b.word)) })
	s.forms = slices.Clip(slices.Compact(s.forms))
	return s
}

func edits(w string) int {
	if len(w) >= minSpellTwo {
		return 2
	}
	return 1
}

// deletions emits the hashes of a word's beginning and of what up to n deletions
// leave of it.
func (s *speller) deletions(w string, n int, emit func(uint32)) {
	w = w[:min(len(w), spellPrefix)]
	emit(half(maphash.String(s.seed, w)))
	if n == 0 {
		return
	}
	var buf [spellPrefix]byte
	for i := range len(w) {
		b := append(append(buf[:0], w[:i]...), w[i+1:]...)
		emit(half(maphash.Bytes(s.seed, b)))
		if n == 1 {
			continue
		}
		var buf2 [spellPrefix]byte
		for j := i; j < len(b); j++ {
			emit(half(maphash.Bytes(s.seed, append(append(buf2[:0], b[:j]...), b[j+1:]...))))
		}
	}
}

// half gives the lower half of a hash, which is enough to find a form.
func half(hash uint64) uint32 { return uint32(hash & math.MaxUint32) }

// found is a word that is similar to another.
type found struct {
	word     int32
	distance int
}

// similar gives the words within the allowed edit distance, the most similar first.
func (s *speller) similar(word string) []found {
	if len(word) < minSpell || len(word) > 40 {
		return nil
	}
	var all []found
	most := edits(word)
	s.deletions(word, most, func(h uint32) {
		at, _ := slices.BinarySearchFunc(s.forms, h, func(f spelled, h uint32) int { return cmp.Compare(f.hash, h) })
		for ; at < len(s.forms) && s.forms[at].hash == h; at++ {
			w := s.forms[at].word
			if slices.ContainsFunc(all, func(f found) bool { return f.word == w }) {
				continue
			}
			if d := distance(word, s.words[w], most); d <= most {
				all = append(all, found{w, d})
			}
		}
	})
	slices.SortFunc(all, func(a, b found) int {
		first := func(f found) int {
			if s.words[f.word][0] == word[0] {
				return 0
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.distance+first(a), b.distance+first(b)), cmp.Compare(s.df[b.word], s.df[a.word]), cmp.Compare(a.word, b.word))
	})
	return all
}

// nearest gives the word that was most probably meant.
func (s *speller) nearest(word string) (string, bool) {
	if all := s.similar(word); len(all) > 0 {
		return s.words[all[0].word], true
	}
	return "", false
}

// near gives the readings of a word that no name has: words with a similar spelling.
func (s *speller) near(word string) []reading {
	var readings []reading
	for _, f := range s.similar(word) {
		t := s.terms[f.word]
		if slices.ContainsFunc(readings, func(r reading) bool { return r.terms[0] == t }) {
			continue
		}
		weight := 0.9 - 0.8*float32(f.distance)/float32(len(word))
		readings = append(readings, reading{[]int32{t}, weight, repaired})
		if len(readings) == maxSpellings {
			break
		}
	}
	return readings
}

// distance is the number of letters to insert, delete, replace or swap with their
// neighbour to turn one word into the other (optimal string alignment); most+1 if it
// is greater than most.
func distance(a, b string, most int) int {
	if d := len(a) - len(b); d > most || -d > most {
		return most + 1
	}
	var rows [3][48]int
	if len(b) >= len(rows[0]) {
		return most + 1
	}
	last, row, before := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], most+1)
}

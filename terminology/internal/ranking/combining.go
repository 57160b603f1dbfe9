package ranking

import (
	"maps"
	"slices"
	"strings"

	"aecode/terminology/internal/lexicon"
)

// form is a combining form with the terms for it.
type form struct {
	text  string
	terms []int32
}

// combiningForms are the combining forms that a vocabulary has words for.
type combiningForms struct{ prefixes, suffixes []form }

func newCombiningForms(a analyzer, v *vocabulary) combiningForms {
	var c combiningForms
	for _, e := range lexicon.Combining() {
		f := form{text: strings.Trim(e.Wording, "-")}
		for _, plain := range e.Readings {
			if words := a.split(plain); len(words) == 1 {
				if t := v.find(words[0]); t >= 0 && !slices.Contains(f.terms, t) {
					f.terms = append(f.terms, t)
				}
			}
		}
		switch {
		case len(f.terms) == 0:
		case strings.HasSuffix(e.Wording, "-"):
			c.prefixes = append(c.prefixes, f)
		default:
			c.suffixes = append(c.suffixes, f)
		}
	}
	longest := func(a, b form) int { return len(b.text) - len(a.text) }
	slices.SortStableFunc(c.prefixes, longest)
	slices.SortStableFunc(c.suffixes, longest)
	return c
}

// minRest is how many letters a word must have beyond its combining form.
const minRest = 3

// take gives the parts of a word: the terms of the forms at its beginning and at its
// end, or of the form at its beginning and the rest.
func (c combiningForms) take(v *vocabulary, word string) (begin, end []int32, ok bool) {
	var prefix, suffix form
	for _, f := range c.prefixes {
		if len(word) >= len(f.text)+minRest && strings.HasPrefix(word, f.text) {
			prefix = f
			break
		}
	}
	for _, f := range c.suffixes {
		if len(word) >= len(f.text)+minRest && strings.HasSuffix(word, f.text) {
			suffix = f
			break
		}
	}
	switch {
	case prefix.text != "" && suffix.text != "" && len(prefix.text)+len(suffix.text) <= len(word) &&
		len(word)-len(prefix.text)-len(suffix.text) <= 2:
		return prefix.terms, suffix.terms, true
	case prefix.text != "":
		for _, rest := range []string{word[len(prefix.text):], strings.TrimPrefix(word[len(prefix.text):], "o")} {
			if len(rest) > minRest {
				if t := v.find(rest); t >= 0 {
					return prefix.terms, []int32{t}, true
				}
			}
		}
	}
	return nil, nil, false
}

// combine records which terms are made of which two others, so that "kidney
// inflammation" finds nephritis.
func (r *readings) combine(v *vocabulary) {
	r.forms = newCombiningForms(r.analyzer, v)
	r.pairs = make(map[[2]int32][]int32)
	seen := make(map[int32]bool)
	for _, word := range slices.Sorted(maps.Keys(v.words)) { // the first word with a stem represents it
		t := v.words[word]
		if seen[t] || len(word) < 6 {
			continue
		}
		begin, end, ok := r.forms.take(v, word)
		if !ok {
			continue
		}
		seen[t] = true
		for _, a := range begin {
			for _, b := range end {
				key := r.pair(a, b)
				if !slices.Contains(r.pairs[key], t) {
					r.pairs[key] = append(r.pairs[key], t)
				}
			}
		}
	}
}

// pair is the key of two terms in either order.
func (r *readings) pair(a, b int32) [2]int32 {
	a, b = r.class[a], r.class[b]
	if a > b {
		a, b = b, a
	}
	return [2]int32{a, b}
}

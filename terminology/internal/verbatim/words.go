package verbatim

import (
	_ "embed"
	"fmt"
	"strings"
)

// spellingTable holds the reviewed spelling variants: kind, form, folded form.
//
//go:embed spelling.tsv
var spellingTable string

// pluralTable holds the words that the plural rules must not change (one field), and
// irregular plurals (plural, singular).
//
//go:embed plurals.tsv
var pluralTable string

// rule replaces a part of a word.
type rule struct{ from, to string }

// spellingRules is the spelling table, arranged for look-up.
type spellingRules struct {
	words    map[string]string
	prefixes map[[2]byte][]rule // by the first two letters
	suffixes []rule
	parts    map[[2]byte][]rule // by the first two letters
}

var (
	spellings = mustSpelling(spellingTable)
	singulars = mustPlurals(pluralTable)
)

// ligatures are replaced by the two letters that they join: "anæmia".
var ligatures = strings.NewReplacer("æ", "ae", "œ", "oe")

// foldWord folds one English word, a run of letters, digits and apostrophes. A
// word with a digit is a name or a measure and stays.
func foldWord(w string) string {
	if len(w) < 2 || strings.ContainsAny(w, "0123456789") {
		return w
	}
	if strings.ContainsAny(w, "æœ") {
		w = ligatures.Replace(w)
	}
	// After one rule another may apply ("localisations"). No rule makes a word longer by
	// more than a letter, and tests show that the tables come to an end; the limit is a
	// precaution.
	for range 8 {
		t := singular(spell(dropPossessive(w)))
		if t == w {
			break
		}
		w = t
	}
	return w
}

// dropPossessive removes the mark of the possessive: "crohn's" and "graves'". Other
// apostrophes stay: "can't" is a word of its own, and "i'll" is not "ill".
func dropPossessive(w string) string {
	if base, ok := strings.CutSuffix(w, "'s"); ok && base != "" && base[len(base)-1] != '\'' {
		return base
	}
	if base, ok := strings.CutSuffix(w, "s'"); ok && base != "" {
		return w[:len(w)-1]
	}
	return w
}

// spell replaces a spelling variant by the form in the table.
func spell(w string) string {
	if to, ok := spellings.words[w]; ok {
		return to
	}
	if len(w) < 4 {
		return w
	}
	for _, r := range spellings.prefixes[[2]byte{w[0], w[1]}] {
		if rest, ok := strings.CutPrefix(w, r.from); ok {
			return r.to + rest
		}
	}
	for i := range len(w) - 2 {
		for _, r := range spellings.parts[[2]byte{w[i], w[i+1]}] {
			if rest, ok := strings.CutPrefix(w[i:], r.from); ok {
				return w[:i] + r.to + rest
			}
		}
	}
	for _, r := range spellings.suffixes {
		if base, ok := strings.CutSuffix(w, r.from); ok && len(base) >= 3 {
			return base + r.to
		}
	}
	return w
}

// singular removes the ending of a regular English plural if that cannot result in
// another word.
func singular(w string) string {
	if to, ok := singulars[w]; ok {
		return to
	}
	n := len(w)
	if n < 5 || w[n-1] != 's' || !asciiLetters(w) {
		return w
	}
	switch end := w[n-2]; end {
	case 's', 'u', 'i', 'o': // illness, thrombus, sepsis, tetanos
		return w
	case 'a': // only endings that no singular has
		switch {
		case n >= 6 && strings.IndexByte("mil", w[n-3]) >= 0, // edemas, hernias, fistulas
			strings.HasSuffix(w, "heas"), strings.HasSuffix(w, "neas"): // diarrheas, apneas; not pancreas
			return w[:n-1]
		}
		return w
	case 'e':
		return singularES(w)
	}
	return w[:n-1]
}

// singularES removes the ending of a plural in -es. The word has at least five letters.
func singularES(w string) string {
	n := len(w)
	switch w[n-3] {
	case 'i': // allergies, but not series (plurals.tsv)
		if n >= 6 {
			return w[:n-3] + "y"
		}
		return w
	case 'x': // reflexes
		return w[:n-2]
	case 'h':
		if strings.HasSuffix(w, "shes") || strings.HasSuffix(w, "ches") && !strings.HasSuffix(w, "aches") {
			return w[:n-2] // rashes, stitches
		}
		return w[:n-1] // headaches
	case 's':
		switch w[n-4] {
		case 's': // abscesses
			return w[:n-2]
		case 'u', 'o', 'y', 'e': // viruses or causes, diagnoses or doses: no rule can tell
			return w
		}
	}
	return w[:n-1] // diseases, nerves
}

func asciiLetters(w string) bool {
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}

// tableRows yields the rows of an embedded table with their line numbers, without
// comments (#) and empty lines.
func tableRows(table string) func(yield func(int, []string) bool) {
	return func(yield func(int, []string) bool) {
		line := 0
		for text := range strings.Lines(table) {
			line++
			text = strings.TrimSpace(text)
			if text == "" || text[0] == '#' {
				continue
			}
			if !yield(line, strings.Split(text, "\t")) {
				return
			}
		}
	}
}

// mustSpelling panics on a faulty table. The table is compiled in, so that no input can
// cause that, and every test would fail.
func mustSpelling(table string) spellingRules {
	s := spellingRules{words: map[string]string{}, prefixes: map[[2]byte][]rule{}, parts: map[[2]byte][]rule{}}
	for line, f := range tableRows(table) {
		if len(f) != 3 || len(f[1]) < 3 {
			panic(fmt.Sprintf("spelling.tsv:%d: want kind, form and folded form", line))
		}
		r, key := rule{f[1], f[2]}, [2]byte{f[1][0], f[1][1]}
		switch f[0] {
		case "word":
			s.words[r.from] = r.to
		case "prefix":
			s.prefixes[key] = append(s.prefixes[key], r)
		case "suffix":
			s.suffixes = append(s.suffixes, r)
		case "part":
			s.parts[key] = append(s.parts[key], r)
		default:
			panic(fmt.Sprintf("spelling.tsv:%d: kind is not word, prefix, suffix or part", line))
		}
	}
	return s
}

func mustPlurals(table string) map[string]string {
	m := map[string]string{}
	for line, f := range tableRows(table) {
		switch len(f) {
		case 1:
			m[f[0]] = f[0]
		case 2:
			m[f[0]] = f[1]
		default:
			panic(fmt.Sprintf("plurals.tsv:%d: want one word to keep, or plural and singular", line))
		}
	}
	return m
}

package coder

import (
	"slices"
	"strings"

	"aecode/terminology/internal/lexicon"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// The suggesting steps. Each changes one thing about a wording and looks whether a
// name is left.

// formsOf makes a step of a change to the wording: it finds the names of the first
// changed form that is a name.
func formsOf(change func(q query) []string) func(q query) (outcome, bool) {
	return func(q query) (outcome, bool) {
		for _, form := range change(q) {
			if names := q.index.named(form); len(names) > 0 {
				return outcome{names: names}, true
			}
		}
		return outcome{}, false
	}
}

// unchanged gives the wording as it is: only the order of its words may differ from
// the name's.
func unchanged(q query) []string { return []string{q.folded} }

func withoutQualifiers(q query) []string { return unqualified(q.language(), q.folded) }

// split finds the names of the complaints that a wording may consist of.
func split(q query) (outcome, bool) {
	lang := q.language()
	var names []int32
	for _, part := range parts(lang, q.folded) {
		found := q.index.named(part)
		for _, rest := range unqualified(lang, part) {
			if len(found) > 0 {
				break
			}
			found = q.index.named(rest)
		}
		names = append(names, found...)
	}
	return outcome{names: names}, len(names) > 0
}

// similar ends every cascade: what ranking finds is similar to the wording, and no
// step is behind it.
func similar(query) (outcome, bool) { return outcome{}, true }

// named gives the names in just these words, in any order, one for each PT.
func (x *index) named(form string) []int32 {
	var names []int32
	add := func(name int32) {
		if x.gives[name] < 0 || slices.ContainsFunc(names, func(n int32) bool { return x.groups[n] == x.groups[name] }) {
			return
		}
		names = append(names, name)
	}
	for name := range x.folded.all(form) {
		add(name)
	}
	if len(names) == 0 {
		for name := range x.sorted.all(inOrder(x.release.Language(), form)) {
			add(name)
		}
	}
	return names
}

// inOrder gives the words of a folded wording in alphabetical order. In Chinese
// the order of characters is the word.
func inOrder(lang meddra.Language, folded string) string {
	if lang == meddra.Chinese || !strings.Contains(folded, " ") {
		return folded
	}
	words := strings.FieldsFunc(folded, func(r rune) bool { return r == ' ' || r == ',' })
	slices.Sort(words)
	return strings.Join(words, " ")
}

var abbreviations = map[meddra.Language]map[string]string{
	meddra.English: unambiguous(meddra.English), meddra.Chinese: unambiguous(meddra.Chinese),
}

// unambiguous gives the abbreviations that stand for one thing only.
func unambiguous(lang meddra.Language) map[string]string {
	m := make(map[string]string)
	for _, e := range lexicon.Abbreviations(lang) {
		if len(e.Readings) == 1 {
			m[verbatim.Fold(lang, e.Wording)] = verbatim.Fold(lang, e.Readings[0])
		}
	}
	return m
}

// writtenOut gives the wording with its abbreviations written out.
func writtenOut(q query) []string {
	table := abbreviations[q.language()]
	if whole, ok := table[q.folded]; ok {
		return []string{whole}
	}
	if q.language() == meddra.Chinese {
		return nil
	}
	words, changed := strings.Split(q.folded, " "), false
	for i, w := range words {
		if full, ok := table[w]; ok {
			words[i], changed = full, true
		}
	}
	if !changed {
		return nil
	}
	return []string{strings.Join(words, " ")}
}

// respelled gives the wording with its unknown words as the release writes them.
func respelled(q query) []string {
	if q.language() == meddra.Chinese {
		return nil
	}
	if repaired, ok := q.index.near.Respell(q.folded); ok {
		return []string{repaired}
	}
	return nil
}

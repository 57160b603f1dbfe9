package coder

import (
	"slices"
	"strings"

	"aecode/terminology/internal/lexicon"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// The methods of suggestions, in the order in which steps are tried. Each step
// changes one thing about a wording and looks whether a name is left. They name
// what stands behind a candidate; its rank is for ranking to say, which measured
// no worse than any step put first.
const (
	methodRanked uint8 = iota
	methodAbbreviation
	methodWordOrder
	methodQualifier
	methodSpelling
	methodSplit
)

var methods = [...]Method{
	methodRanked: MethodRanked, methodAbbreviation: MethodAbbreviation, methodWordOrder: MethodWordOrder,
	methodQualifier: MethodQualifier, methodSpelling: MethodSpelling, methodSplit: MethodSplit,
}

// methodWords say for a person what a step did.
var methodWords = [...]string{
	methodRanked: "", methodAbbreviation: "abbreviation written out", methodWordOrder: "same words in another order",
	methodQualifier: "without the qualifier", methodSpelling: "spelling repaired", methodSplit: "one of several complaints",
}

// derive tries the steps and gives the names that the first successful one finds.
func (x *Index) derive(folded string) (method uint8, names []int32) {
	lang := x.release.Language()
	for _, step := range []struct {
		method uint8
		forms  func(lang meddra.Language, folded string) []string
	}{
		{methodAbbreviation, writtenOut},
		{methodWordOrder, func(_ meddra.Language, folded string) []string { return []string{folded} }},
		{methodQualifier, unqualified},
		{methodSpelling, x.respelled},
	} {
		for _, form := range step.forms(lang, folded) {
			if names = x.named(form); len(names) > 0 {
				return step.method, names
			}
		}
	}
	for _, part := range parts(lang, folded) {
		found := x.named(part)
		for _, rest := range unqualified(lang, part) {
			if len(found) > 0 {
				break
			}
			found = x.named(rest)
		}
		names = append(names, found...)
	}
	return methodSplit, names
}

// named gives the names in just these words, in any order, one a PT.
func (x *Index) named(form string) []int32 {
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

// writtenOut gives a wording with its abbreviations written out.
func writtenOut(lang meddra.Language, folded string) []string {
	table := abbreviations[lang]
	if whole, ok := table[folded]; ok {
		return []string{whole}
	}
	if lang == meddra.Chinese {
		return nil
	}
	words, changed := strings.Split(folded, " "), false
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

// respelled gives a wording with its unknown words as the release writes them.
func (x *Index) respelled(lang meddra.Language, folded string) []string {
	if lang == meddra.Chinese {
		return nil
	}
	if repaired, ok := x.near.Respell(folded); ok {
		return []string{repaired}
	}
	return nil
}

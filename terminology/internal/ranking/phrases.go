package ranking

import "aecode/terminology/internal/lexicon"

// phrase is a line of the lexicon in stems: a wording and one of its meanings.
type phrase struct {
	key    string // stems of the wording, separated by spaces
	stems  []string
	weight float32
	kind   kind
}

// phraseList is the lexicon of a language in stems. It does not depend on a release.
type phraseList struct {
	phrases []phrase
	groups  [][]string // single words that mean the same
}

func newPhraseList(a analyzer) *phraseList {
	l := &phraseList{}
	for _, group := range lexicon.Words(a.lang) {
		var single []string
		for _, wording := range group {
			if stems := a.stems(wording); len(stems) == 1 {
				single = append(single, stems[0])
			}
			for _, other := range group {
				if wording != other {
					l.add(a, wording, other, weightEquivalent, equivalent)
				}
			}
		}
		l.groups = append(l.groups, single)
	}
	for _, e := range lexicon.Everyday(a.lang) {
		l.addEntry(a, e, weightEveryday, everyday)
	}
	for _, e := range lexicon.Abbreviations(a.lang) {
		l.addEntry(a, e, weightAbbreviated, abbreviated)
		l.add(a, e.Readings[0], e.Wording, weightReverse, abbreviated)
	}
	return l
}

func (l *phraseList) addEntry(a analyzer, e lexicon.Entry, weight float32, k kind) {
	for _, reading := range e.Readings {
		l.add(a, e.Wording, reading, weight, k)
		weight *= weightNext
	}
}

func (l *phraseList) add(a analyzer, wording, as string, weight float32, k kind) {
	if p := (phrase{a.key(a.split(wording)), a.stems(as), weight, k}); p.key != "" && len(p.stems) > 0 {
		l.phrases = append(l.phrases, p)
	}
}

package ranking

import "aecode/terminology/internal/lexicon"

// phrase is a line of the lexicon in stems: a wording, and one thing that it may
// mean.
type phrase struct {
	key    string // stems of the wording, spaces between
	stems  []string
	weight float32
	kind   kind
}

// phraseList is the lexicon of a language in stems, which no release changes.
type phraseList struct {
	phrases []phrase
	groups  [][]string // single words that stand for each other
}

func newPhraseList(t tongue) *phraseList {
	l := &phraseList{}
	for _, group := range lexicon.Words(t.lang) {
		var single []string
		for _, a := range group {
			if stems := t.stems(a); len(stems) == 1 {
				single = append(single, stems[0])
			}
			for _, b := range group {
				if a != b {
					l.add(t, a, b, weightEquivalent, equivalent)
				}
			}
		}
		l.groups = append(l.groups, single)
	}
	for _, e := range lexicon.Everyday(t.lang) {
		l.addEntry(t, e, weightEveryday, everyday)
	}
	for _, e := range lexicon.Abbreviations(t.lang) {
		l.addEntry(t, e, weightAbbreviated, abbreviated)
		l.add(t, e.Readings[0], e.Wording, weightReverse, abbreviated)
	}
	return l
}

func (l *phraseList) addEntry(t tongue, e lexicon.Entry, weight float32, k kind) {
	for _, reading := range e.Readings {
		l.add(t, e.Wording, reading, weight, k)
		weight *= weightNext
	}
}

func (l *phraseList) add(t tongue, wording, as string, weight float32, k kind) {
	if p := (phrase{t.key(t.split(wording)), t.stems(as), weight, k}); p.key != "" && len(p.stems) > 0 {
		l.phrases = append(l.phrases, p)
	}
}

package ranking

import (
	"testing"

	"aecode/terminology/internal/lexicon"
	"aecode/terminology/internal/meddra"
)

func TestEveryPhraseOfTheLexiconIsShortEnoughToBeFound(t *testing.T) {
	for _, lang := range meddra.Languages() {
		analyzer := analyzerOf(lang)
		check := func(wording string) {
			if n := len(analyzer.split(wording)); n == 0 || n > analyzer.maxPhrase {
				t.Errorf("%s: %q has %d words of meaning, want 1 to %d", lang, wording, n, analyzer.maxPhrase)
			}
		}
		for _, list := range [][]lexicon.Entry{lexicon.Everyday(lang), lexicon.Abbreviations(lang)} {
			for _, e := range list {
				check(e.Wording)
			}
		}
		for _, group := range lexicon.Words(lang) {
			for _, w := range group {
				check(w)
			}
		}
	}
}

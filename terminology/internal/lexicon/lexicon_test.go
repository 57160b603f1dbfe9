package lexicon

import (
	"strings"
	"testing"
	"unicode"

	"go.uber.org/goleak"

	"aecode/terminology/internal/meddra"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestListsAreAsLargeAsPromisedAndHoldNothingTwice(t *testing.T) {
	for lang, least := range map[meddra.Language]int{meddra.English: 1_500, meddra.Chinese: 800} {
		total := len(Words(lang))
		for what, list := range map[string][]Entry{"everyday": Everyday(lang), "abbreviations": Abbreviations(lang)} {
			total += len(list)
			seen := make(map[string]bool)
			for _, e := range list {
				if seen[e.Wording] {
					t.Errorf("%s %s: %q stands there twice", lang, what, e.Wording)
				}
				seen[e.Wording] = true
				if len(e.Readings) == 0 || len(e.Readings) > 3 {
					t.Errorf("%s %s: %q has %d readings, want 1 to 3", lang, what, e.Wording, len(e.Readings))
				}
				for _, text := range append([]string{e.Wording}, e.Readings...) {
					wellFormed(t, lang, text)
				}
			}
		}
		for _, group := range Words(lang) {
			if len(group) < 2 {
				t.Errorf("%s words: %q stands alone", lang, group)
			}
			for _, text := range group {
				wellFormed(t, lang, text)
			}
		}
		if total < least {
			t.Errorf("%s: %d entries, want at least %d", lang, total, least)
		}
	}
}

var traditional = Traditional()

func wellFormed(t *testing.T, lang meddra.Language, text string) {
	t.Helper()
	switch {
	case text == "" || strings.TrimSpace(text) != text || strings.ToLower(text) != text || strings.Contains(text, "  "):
		t.Errorf("%s: %q is empty, not trimmed or not lower case", lang, text)
	case lang == meddra.English && strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }):
		t.Errorf("%s: %q is not ASCII", lang, text)
	}
	for _, r := range text {
		if _, ok := traditional[r]; ok && lang == meddra.Chinese {
			t.Errorf("%q has the traditional character %c", text, r)
		}
	}
}

func TestCombiningFormsSayWhereTheyStand(t *testing.T) {
	for _, e := range Combining() {
		if strings.HasPrefix(e.Wording, "-") == strings.HasSuffix(e.Wording, "-") {
			t.Errorf("%q must begin or end in a hyphen", e.Wording)
		}
	}
}

func TestTraditionalCharactersLeadToSimplifiedOnes(t *testing.T) {
	simplified := Traditional()
	if len(simplified) < 1_800 {
		t.Errorf("%d pairs", len(simplified))
	}
	for from, to := range simplified {
		if _, again := simplified[to]; again || from == to {
			t.Errorf("%c leads to %c, which is not simplified", from, to)
		}
	}
}

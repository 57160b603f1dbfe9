package ranking

import (
	"strings"

	"aecode/terminology/internal/coder/verbatim"
	"aecode/terminology/internal/meddra"
)

// tongue is what ranking knows of a language.
type tongue struct {
	lang    meddra.Language
	words   func(folded string, emit func(word string)) // those that carry meaning
	grams   func(text string, emit func(gram uint64))
	letters func(folded string) string // what of a wording is looked at by letters
	stem    func(word string) string
	phrase  int             // the most words of a phrase in the lexicon
	denies  map[string]bool // words that negate
	model   *Model
}

func newTongue(lang meddra.Language) tongue {
	if lang == meddra.Chinese {
		return tongue{lang, hanWords, hanBigrams, same, same, 12, set("无 没 不 否 未"), mustModel(chineseModel)}
	}
	return tongue{lang, contentWords, wordTrigrams, withoutAsides, stem, 6, set("no not never without nil deny denies denied denying"), mustModel(englishModel)}
}

// split gives the words of a text of the lexicon.
func (t tongue) split(text string) []string {
	var words []string
	t.words(verbatim.Fold(t.lang, text), func(w string) { words = append(words, w) })
	return words
}

// key is the form by which phrases are found.
func (t tongue) key(words []string) string {
	stems := make([]string, len(words))
	for i, w := range words {
		stems[i] = t.stem(w)
	}
	return strings.Join(stems, " ")
}

func same(s string) string { return s }

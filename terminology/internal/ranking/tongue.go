package ranking

import (
	"strings"
	"sync"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
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
	// decisive is the share of a wording's weight in words that finds names. A
	// Chinese character is in thousands of them, and its neighbours tell as much.
	decisive float32
	model    *Model
	phrases  func() *phraseList
}

var tongues = map[meddra.Language]func() tongue{
	meddra.English: sync.OnceValue(func() tongue {
		return tongue{
			lang: meddra.English, words: contentWords, grams: wordTrigrams, letters: withoutAsides, stem: stem, phrase: 6, decisive: 1,
			denies: set("no not never without nil deny denies denied denying"), model: mustModel(englishModel),
		}.withPhrases()
	}),
	meddra.Chinese: sync.OnceValue(func() tongue {
		return tongue{
			lang: meddra.Chinese, words: hanWords, grams: hanBigrams, letters: same, stem: same, phrase: 12, decisive: 0.9,
			denies: set("无 没 不 否 未"), model: mustModel(chineseModel),
		}.withPhrases()
	}),
}

func newTongue(lang meddra.Language) tongue {
	if t, ok := tongues[lang]; ok {
		return t()
	}
	return tongues[meddra.English]()
}

// withPhrases reads the lexicon when it is first asked for, once for all indexes.
func (t tongue) withPhrases() tongue {
	plain := t
	t.phrases = sync.OnceValue(func() *phraseList { return newPhraseList(plain) })
	return t
}

// stems gives the stems of a text of the lexicon.
func (t tongue) stems(text string) []string {
	words := t.split(text)
	for i, w := range words {
		words[i] = t.stem(w)
	}
	return words
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

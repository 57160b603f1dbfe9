package ranking

import (
	"strings"
	"sync"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// analyzer splits wordings of one language into words and groups of letters, and
// holds what else ranking knows of the language.
type analyzer struct {
	lang    meddra.Language
	words   func(folded string, emit func(word string)) // those that carry meaning
	grams   func(text string, emit func(gram uint64))
	letters func(folded string) string // the part of a wording that is compared by letters
	stem    func(word string) string
	// maxPhrase is the maximum number of words of a phrase in the lexicon.
	maxPhrase int
	negations map[string]bool
	// termCutoff is the share of a wording's weight in words by which names are
	// retrieved, the rarest words first. A Chinese character is in thousands of names,
	// and its neighbours say as much.
	termCutoff float32
	model      *Model
	phrases    func() *phraseList
}

var analyzers = map[meddra.Language]func() analyzer{
	meddra.English: sync.OnceValue(func() analyzer {
		return analyzer{
			lang: meddra.English, words: contentWords, grams: wordTrigrams, letters: withoutMinorWords, stem: stem, maxPhrase: 6, termCutoff: 1,
			negations: set("no not never without nil deny denies denied denying"), model: mustModel(englishModel),
		}.withPhrases()
	}),
	meddra.Chinese: sync.OnceValue(func() analyzer {
		return analyzer{
			lang: meddra.Chinese, words: hanWords, grams: hanBigrams, letters: same, stem: same, maxPhrase: 12, termCutoff: 0.9,
			negations: set("无 没 不 否 未"), model: mustModel(chineseModel),
		}.withPhrases()
	}),
}

// analyzerOf gives the analyzer of a language; that of English for any other.
func analyzerOf(lang meddra.Language) analyzer {
	if a, ok := analyzers[lang]; ok {
		return a()
	}
	return analyzers[meddra.English]()
}

// withPhrases reads the lexicon when it is first asked for, once for all indexes.
func (a analyzer) withPhrases() analyzer {
	plain := a
	a.phrases = sync.OnceValue(func() *phraseList { return newPhraseList(plain) })
	return a
}

// stems gives the stems of a text of the lexicon.
func (a analyzer) stems(text string) []string {
	words := a.split(text)
	for i, w := range words {
		words[i] = a.stem(w)
	}
	return words
}

// split gives the words of a text of the lexicon.
func (a analyzer) split(text string) []string {
	var words []string
	a.words(verbatim.Fold(a.lang, text), func(w string) { words = append(words, w) })
	return words
}

// key is the form by which phrases are found.
func (a analyzer) key(words []string) string {
	stems := make([]string, len(words))
	for i, w := range words {
		stems[i] = a.stem(w)
	}
	return strings.Join(stems, " ")
}

func same(s string) string { return s }

package verbatim

import (
	"unicode"

	"aecode/terminology/internal/meddra"
)

// Detect tells the language of a text by its script. It returns fallback for a
// text without any letter, and "" for one that is in neither supported language.
//
// Mixed scripts: Japanese and Korean write Han characters too, so one kana or
// Hangul character makes the whole text unsupported; so does a letter of any
// script but Latin, Greek and Han, because a look-alike letter (a Cyrillic "а")
// is no English. Otherwise one Han character makes the text Chinese: Latin
// letters are common in Chinese verbatims ("HIV感染", drug names), Han characters
// are not in English ones. Greek letters stand in English ("β-blocker", "μg")
// and alone mean nothing. A Latin text in a language other than English cannot
// be told apart here: it goes to a person unless it is spelled like an English
// name (a German's "Angina" is a tonsillitis), so that such reports must state
// their language.
func Detect(s string, fallback meddra.Language) meddra.Language {
	han, latin, letter := false, false, false
	for _, r := range s {
		if r < 0x80 {
			if 'a' <= r|0x20 && r|0x20 <= 'z' {
				latin = true
			}
			continue
		}
		switch {
		case !unicode.IsLetter(r):
		case unicode.Is(unicode.Han, r):
			han = true
		case unicode.Is(unicode.Latin, r):
			latin = true
		case unicode.Is(unicode.Greek, r), r == 'µ', unicode.Is(unicode.Common, r):
			letter = true
		default:
			return ""
		}
	}
	switch {
	case han:
		return meddra.Chinese
	case latin:
		return meddra.English
	case letter:
		return ""
	}
	return fallback
}

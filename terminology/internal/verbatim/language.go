package verbatim

import (
	"unicode"

	"aecode/terminology/internal/meddra"
)

// Detect gives the language of a text by its script. It returns fallback for a text
// without any letter, and "" for a text that is in neither supported language.
//
// Mixed scripts: Japanese and Korean also use Han characters, so one kana or Hangul
// character makes the whole text unsupported. So does a letter of any script other than
// Latin, Greek and Han, since a look-alike letter (a Cyrillic "а") is not English.
// Otherwise one Han character makes the text Chinese: Latin letters are common in
// Chinese verbatims ("HIV感染", drug names), but Han characters are not in English ones.
// Greek letters occur in English ("β-blocker", "μg"); alone they have no language. A
// Latin text in another language than English is not recognized. It goes to a person
// unless it is spelled like an English name (the German "Angina" is a tonsillitis), so
// such reports must state their language.
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

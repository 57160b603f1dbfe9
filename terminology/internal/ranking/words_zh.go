package ranking

import (
	"unicode"
	"unicode/utf8"

	"aecode/terminology/internal/lexicon"
)

var simplified = lexicon.Traditional()

// numerals are the ways to write the number of a type, degree or stage.
var numerals = map[string]string{
	"1": "一", "2": "二", "3": "三", "4": "四", "5": "五", "6": "六", "7": "七", "8": "八", "9": "九",
	"i": "一", "ii": "二", "iii": "三", "iv": "四", "v": "五", "vi": "六",
}

// hanWords emits each Han character as a word, and each sequence of other letters and
// digits. Particles are left out.
func hanWords(text string, emit func(string)) {
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case unicode.Is(unicode.Han, r):
			if s, ok := simplified[r]; ok {
				r = s
			}
			if r != '的' && r != '了' && r != '着' && r != '之' {
				emit(string(r))
			}
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			n = latinLen(text)
			w := text[:n]
			if number, ok := numerals[w]; ok {
				w = number
			}
			emit(w)
		}
		text = text[n:]
	}
}

func latinLen(s string) int {
	for i, r := range s {
		if unicode.Is(unicode.Han, r) || !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			return i
		}
	}
	return len(s)
}

package charset

import "unicode/utf8"

// Short text of another charset can be valid UTF-8 by chance: 头痛 in GB18030 is, as
// four bytes that UTF-8 has for two rare Greek signs. These are the signs of it in a
// line that is valid UTF-8 and not ASCII alone.
type chance struct {
	// likely to be UTF-8: two sequences of three bytes or more, or one of two bytes
	// beside an ASCII letter.
	likely bool
	// certain to be UTF-8: three sequences of three bytes or more.
	certain bool
	// odd: not likely, and a word of sequences of two bytes mixes scripts or has
	// characters that no living language uses.
	odd bool
}

func chanceOf(line []byte) chance {
	long, inWord, odd := 0, false, false
	for i := 0; i < len(line); {
		switch c := line[i]; {
		case c < utf8.RuneSelf:
			i++
		case c >= 0xE0:
			long++
			_, size := utf8.DecodeRune(line[i:])
			i += size
		default:
			end := i
			for end < len(line) && line[end] >= utf8.RuneSelf && line[end] < 0xE0 {
				end++
			}
			inWord = inWord || i > 0 && letter(line[i-1]) || end < len(line) && letter(line[end])
			odd = odd || end-i > 2 && oddWord(line[i:end])
			i = end
		}
	}
	likely := long > 1 || inWord
	return chance{likely: likely, certain: long > 2, odd: odd && !likely}
}

// damaged says whether a line that is not valid UTF-8 is most likely UTF-8 that lost a
// part of itself: it has three valid sequences of three bytes or more, and in one
// place up to three other high bytes.
func damaged(line []byte) bool {
	long, bad, lastBad := 0, 0, 0
	for i := 0; i < len(line); {
		if line[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(line[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			if bad > 0 && lastBad != i-1 || bad == 3 {
				return false
			}
			bad++
			lastBad = i
		case size > 2:
			long++
		}
		i += size
	}
	return long > 2
}

// oddWord says whether word, of characters of two bytes, is in no script or in several.
func oddWord(word []byte) bool {
	script := anyScript
	for len(word) > 0 {
		r, size := utf8.DecodeRune(word)
		word = word[size:]
		s := scriptOf(r)
		if s == noScript || s != anyScript && script != anyScript && s != script {
			return true
		}
		if s != anyScript {
			script = s
		}
	}
	return false
}

// Scripts that UTF-8 writes with two bytes a letter.
const (
	anyScript = iota // signs, such as ° and ±, and accents
	latin
	greek
	cyrillic
	armenian
	hebrew
	arabic
	noScript // rare letters
)

func scriptOf(r rune) int {
	switch {
	case r < 0xC0, 0x300 <= r && r < 0x330:
		return anyScript
	case r < 0x180, r == 0x1A0, r == 0x1A1, r == 0x1AF, r == 0x1B0, 0x218 <= r && r <= 0x21B:
		return latin
	case 0x384 <= r && r <= 0x3CE:
		return greek
	case 0x400 <= r && r <= 0x45F, 0x490 <= r && r <= 0x4FF:
		return cyrillic
	case 0x531 <= r && r <= 0x58A:
		return armenian
	case 0x5B0 <= r && r <= 0x5F4:
		return hebrew
	case 0x60C <= r && r <= 0x6FF:
		return arabic
	}
	return noScript
}

package charset

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// What a table says of a byte or a pair that is no character by itself.
const (
	badLead  rune = -1 - iota // the first byte is invalid, the second is read anew
	badPair                   // both bytes are invalid
	leadByte                  // begins a sequence of two bytes or more
	longer                    // begins a sequence of more than two bytes, or of several characters
)

// genuineFFFD is U+FFFD in GB18030. No other table has it.
const genuineFFFD = "\x84\x31\xA4\x37"

// multibyte is a charset of one to four bytes a character, which has ASCII, and no
// state between characters. It is a decoder that any number of readers may share.
type multibyte struct {
	transformer transform.Transformer
	single      [256]rune
	// pairs has the character of each lead byte and second byte, at pairIndex.
	pairs [128 << 8]rune
}

func pairIndex(lead, second byte) int { return int(lead&0x7F)<<8 | int(second) }

// newMultibyte asks e for each byte and each pair of bytes.
func newMultibyte(e encoding.Encoding) *multibyte {
	m := &multibyte{transformer: e.NewDecoder().Transformer}
	for b := range 256 {
		text, n := m.ask([]byte{byte(b)})
		switch {
		case n == 0:
			m.single[b] = leadByte
		case text == string(utf8.RuneError):
			m.single[b] = badLead
		default:
			m.single[b], _ = utf8.DecodeRuneInString(text)
		}
		if m.single[b] != leadByte {
			continue
		}
		for second := range 256 {
			m.pairs[pairIndex(byte(b), byte(second))] = m.pair(byte(b), byte(second))
		}
	}
	return m
}

func (m *multibyte) pair(lead, second byte) rune {
	text, n := m.ask([]byte{lead, second})
	first, size := utf8.DecodeRuneInString(text)
	switch {
	case n == 0:
		return longer
	case n == 1:
		return badLead
	case first != utf8.RuneError && size < len(text):
		return longer
	case first != utf8.RuneError:
		return first
	case size < len(text) || second < utf8.RuneSelf:
		return badLead
	}
	return badPair
}

// ask gives the text of b, and how many bytes of b it stands for: fewer than all
// when b ends within a sequence.
func (m *multibyte) ask(b []byte) (text string, n int) {
	var dst [8 * utf8.UTFMax]byte
	nDst, n, _ := m.transformer.Transform(dst[:], b, false)
	return string(dst[:nDst]), n
}

func (m *multibyte) decode(dst, src []byte, atEOF bool) ([]byte, int) {
	for i := 0; i < len(src); {
		if src[i] < utf8.RuneSelf {
			end := i + 1
			for end < len(src) && src[end] < utf8.RuneSelf {
				end++
			}
			dst = append(dst, src[i:end]...)
			i = end
			continue
		}
		r, n := m.next(src[i:], atEOF)
		switch {
		case n == 0:
			return dst, i
		case r >= 0:
			dst = utf8.AppendRune(dst, r)
		case r == longer:
			text, _ := m.ask(src[i : i+n])
			dst = append(dst, text...)
		default:
			dst = appendInvalid(dst, src[i:i+n])
		}
		i += n
	}
	return dst, len(src)
}

// next reads the sequence that b begins with. n is its length; r is its character,
// or longer when it has several, or negative when its n bytes are invalid. n is 0
// when b ends within the sequence and more of the file follows.
func (m *multibyte) next(b []byte, atEOF bool) (r rune, n int) {
	if r = m.single[b[0]]; r != leadByte {
		return r, 1
	}
	if len(b) > 1 {
		switch r = m.pairs[pairIndex(b[0], b[1])]; r {
		case badLead:
			return r, 1
		case longer:
		default:
			return r, 2
		}
		for size := 2; size <= min(len(b), 4); size++ {
			if r, n = m.long(b[:size]); n > 0 {
				return r, n
			}
		}
	}
	if atEOF || len(b) >= 4 {
		return badLead, 1
	}
	return 0, 0
}

// long reads b as one sequence of two to four bytes; n is 0 when more are needed.
func (m *multibyte) long(b []byte) (r rune, n int) {
	text, n := m.ask(b)
	if n == 0 {
		return 0, 0
	}
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case n < len(b):
		return badLead, 1
	case r == utf8.RuneError && size == len(text) && string(b) == genuineFFFD:
		return r, n
	case r == utf8.RuneError && size == len(text) && b[n-1] >= utf8.RuneSelf:
		return badPair, n
	case r == utf8.RuneError:
		return badLead, 1
	case size < len(text):
		return longer, n
	}
	return r, n
}

// singleByte is a charset of one byte a character. It may lack ASCII, as EBCDIC does.
type singleByte [256]string

func newSingleByte(e encoding.Encoding) *singleByte {
	var s singleByte
	d := e.NewDecoder()
	for b := range 256 {
		text, err := d.Bytes([]byte{byte(b)})
		if err != nil || string(text) == string(utf8.RuneError) {
			text = []byte{Invalid, byte(b)}
		}
		s[b] = string(text)
	}
	return &s
}

func (s *singleByte) decode(dst, src []byte, _ bool) ([]byte, int) {
	for _, b := range src {
		dst = append(dst, s[b]...)
	}
	return dst, len(src)
}

package charset

import (
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// stateful is a charset whose escape sequences say how the bytes after them are
// read: ISO-2022-JP and HZ-GB-2312. Both ask that a line ends as ASCII, so a line
// end always does, and a missing escape spoils one line only.
type stateful struct{ transformer transform.Transformer }

func (s *stateful) decode(dst, src []byte, atEOF bool) ([]byte, int) {
	for i := 0; i < len(src); {
		if c := src[i]; c == '\n' || c == '\r' {
			s.transformer.Reset()
			dst = append(dst, c)
			i++
			continue
		}
		text, n, complete := s.next(src[i:])
		if !complete && !atEOF {
			return dst, i
		}
		if n == 0 {
			dst = append(dst, Invalid, src[i])
			n = 1
		}
		dst = append(dst, text...)
		i += n
	}
	return dst, len(src)
}

// next reads the escape sequence or character that b begins with, which takes at
// most four bytes. n is 0 when the first byte is invalid.
func (s *stateful) next(b []byte) (text string, n int, complete bool) {
	var dst [4 * utf8.UTFMax]byte
	for size := 1; size <= min(len(b), 4); size++ {
		if c := b[size-1]; c == '\n' || c == '\r' {
			return "", 0, true
		}
		nDst, nSrc, _ := s.transformer.Transform(dst[:], b[:size], false)
		if nSrc == 0 {
			continue
		}
		if r, _ := utf8.DecodeRune(dst[:nDst]); nDst > 0 && r == utf8.RuneError {
			return "", 0, true
		}
		return string(dst[:nDst]), nSrc, true
	}
	return "", 0, len(b) >= 4
}

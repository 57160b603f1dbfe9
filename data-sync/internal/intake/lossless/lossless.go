// Package lossless writes bytes that a text column refuses (NUL, invalid UTF-8)
// as text from which the very bytes can be had back.
package lossless

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Prefix begins every value that is not the text itself.
const Prefix = "bytes:"

// Encode gives b as valid UTF-8 without NUL. Most text stands for itself.
// Anything else, and text that begins with Prefix, becomes Prefix and a Go
// string literal: bytes:"caf\xe9". Decode undoes it for every b.
func Encode(b []byte) string {
	s := string(b)
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 && !strings.HasPrefix(s, Prefix) {
		return s
	}
	return Prefix + strconv.Quote(s)
}

// Decode gives back what Encode took. A value that Encode cannot have made is
// taken as text.
func Decode(s string) []byte {
	literal, ok := strings.CutPrefix(s, Prefix)
	if !ok || !strings.HasPrefix(literal, `"`) {
		return []byte(s)
	}
	b, err := strconv.Unquote(literal)
	if err != nil {
		return []byte(s)
	}
	return []byte(b)
}

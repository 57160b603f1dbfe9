package verbatim

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Plain gives the plain form of a text, in which only the words and signs count. It
// unifies compatibility forms and widths (Unicode NFKC) and typographic variants of
// apostrophe, quotation mark and hyphen, lower-cases letters, trims and collapses white
// space, and removes invisible characters. No word changes. Plain(Plain(s)) == Plain(s)
// for every s, valid UTF-8 or not.
func Plain(s string) string {
	switch asciiForm(s) {
	case asciiPlain:
		return s
	case asciiOther:
		return plainASCII(s)
	}
	// For a few letters NFKC after lower-casing makes another round necessary.
	for range 4 {
		t := plainUnicode(s)
		if t == s {
			break
		}
		s = t
	}
	return s
}

const (
	asciiPlain = iota // nothing to do
	asciiOther        // ASCII, but to be changed
	notASCII
)

func asciiForm(s string) int {
	form := asciiPlain
	space := true // leading white space is to be trimmed
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return notASCII
		}
		if c == ' ' && space || c < ' ' || c == '`' || 'A' <= c && c <= 'Z' {
			form = asciiOther
		}
		space = c == ' '
	}
	if space && s != "" {
		return asciiOther
	}
	return form
}

func plainASCII(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c |= 0x20
		case c == '`':
			c = '\''
		case c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r':
			c = ' '
		}
		if c == ' ' && (len(b) == 0 || b[len(b)-1] == ' ') {
			continue
		}
		b = append(b, c)
	}
	if n := len(b); n > 0 && b[n-1] == ' ' {
		b = b[:n-1]
	}
	return string(b)
}

func plainUnicode(s string) string {
	// Typographic variants first: NFKC would turn an acute accent used as an
	// apostrophe into a space and a combining mark.
	s = norm.NFKC.String(strings.Map(unify, strings.ToValidUTF8(s, "\uFFFD")))
	s = norm.NFKC.String(strings.Map(func(r rune) rune { return unicode.ToLower(unify(r)) }, s))
	return strings.Join(strings.Fields(s), " ")
}

// unify maps the typographic variants of a character to one of them, and
// invisible characters to nothing.
func unify(r rune) rune {
	switch r {
	case '’', '‘', '‚', '‛', '′', '‵', 'ʼ', 'ʹ', 'ˊ', 'ˋ', '´', '`', '＇':
		return '\''
	case '“', '”', '„', '‟', '″', '〝', '〞', '「', '」', '『', '』', '＂':
		return '"'
	case '‐', '‑', '‒', '–', '—', '―', '−', '﹘', '﹣', '－':
		return '-'
	}
	if ignorable(r) {
		return -1
	}
	return r
}

// ignorable reports whether a character is invisible and has no meaning here: zero-width
// spaces and joiners, text-direction marks, soft hyphen, byte order mark, variation
// selectors.
func ignorable(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case r == 0xAD, r == 0x180E, r == 0xFEFF,
		0x200B <= r && r <= 0x200F,
		0x202A <= r && r <= 0x202E,
		0x2060 <= r && r <= 0x2064,
		0x2066 <= r && r <= 0x2069,
		0xFE00 <= r && r <= 0xFE0F,
		0xE0100 <= r && r <= 0xE01EF:
		return true
	}
	return false
}

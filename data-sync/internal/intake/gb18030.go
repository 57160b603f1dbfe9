package intake

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// decode gives b as UTF-8 text. ok is false when b is not valid in the encoding;
// the text is then of no use.
func (e Encoding) decode(b []byte) (text string, ok bool) {
	if e != GB18030 || ascii(b) {
		text = string(b)
		return text, utf8.ValidString(text)
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().String(string(b))
	// The decoder replaces what it cannot read. A U+FFFD that the file itself
	// holds was put there by an earlier faulty conversion, so it counts too.
	return text, err == nil && !strings.ContainsRune(text, utf8.RuneError)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// transcode gives b in UTF-8, with the sequences that cannot be decoded left as
// they are. Those never make valid UTF-8 with their surroundings: they are
// 0xFF, a lead byte before ASCII, or an unassigned pair, and no unassigned pair
// is valid UTF-8.
func (e Encoding) transcode(b []byte) []byte {
	if e != GB18030 {
		return b
	}
	if text, ok := e.decode(b); ok {
		return []byte(text)
	}
	var out bytes.Buffer
	for len(b) > 0 {
		n := max(gbLength(b), 1)
		if text, ok := e.decode(b[:n]); ok {
			out.WriteString(text)
		} else {
			out.Write(b[:n])
		}
		b = b[n:]
	}
	return out.Bytes()
}

// gbLength is the length of the GB18030 sequence that b begins with: 1, 2 or 4
// by its form, whether it is assigned or not; 0 when there is none.
func gbLength(b []byte) int {
	switch {
	case b[0] <= 0x80:
		return 1
	case !gbLead(b[0]) || len(b) < 2:
		return 0
	case gbTrail(b[1]):
		return 2
	case len(b) >= 4 && gbDigit(b[1]) && gbLead(b[2]) && gbDigit(b[3]):
		return 4
	}
	return 0
}

func gbLead(c byte) bool  { return 0x81 <= c && c <= 0xFE }
func gbTrail(c byte) bool { return 0x40 <= c && c <= 0xFE && c != 0x7F }
func gbDigit(c byte) bool { return '0' <= c && c <= '9' }

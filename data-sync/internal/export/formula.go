package export

import (
	"strings"
	"unicode/utf8"
)

// Neutralise gives a cell's value such that no spreadsheet runs it: a value that
// begins with = + - @ (also in full width), tab, CR or LF gets an apostrophe
// before it. A plain number keeps its sign, since SDTM study days are such as
// -5.
//
// A value that begins with apostrophes before such a character gets one more, so
// that Restore can tell. Source of the list: OWASP, CSV Injection.
func Neutralise(value string) string {
	if !dangerous(value) {
		return value
	}
	return "'" + value
}

// Restore undoes Neutralise.
func Restore(value string) string {
	if rest, ok := strings.CutPrefix(value, "'"); ok && dangerous(rest) {
		return rest
	}
	return value
}

func dangerous(value string) bool {
	if value == "" || plainNumber(value) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(value, "'"))
	switch first {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return true
	}
	return false
}

// plainNumber: a sign or none, digits, at most one decimal point among or before
// them.
func plainNumber(value string) bool {
	if value[0] == '+' || value[0] == '-' {
		value = value[1:]
	}
	digits, points := 0, 0
	for i := range len(value) {
		switch c := value[i]; {
		case '0' <= c && c <= '9':
			digits++
		case c == '.':
			points++
		default:
			return false
		}
	}
	return digits > 0 && points <= 1
}

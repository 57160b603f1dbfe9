package verbatim

import (
	"unicode"
	"unicode/utf8"
)

// maxRunes is the longest verbatim that is coded, in runes.
const maxRunes = 1000

// Reason says why a text cannot be coded.
type Reason string

// The reasons of an [Error].
const (
	Empty            Reason = "EMPTY"             // nothing but white space
	TooLong          Reason = "TOO_LONG"          // more than 1,000 runes
	InvalidUTF8      Reason = "INVALID_UTF8"      // not valid UTF-8
	ControlCharacter Reason = "CONTROL_CHARACTER" // a control character, such as a line break or a tab
)

// Error says that a text cannot be coded. It never quotes the text.
type Error struct {
	Reason Reason
}

// Error describes the reason in words.
func (e *Error) Error() string {
	switch e.Reason {
	case Empty:
		return "verbatim is empty"
	case TooLong:
		return "verbatim is longer than 1000 characters"
	case InvalidUTF8:
		return "verbatim is not valid UTF-8"
	case ControlCharacter:
		return "verbatim holds a control character, such as a line break or a tab"
	}
	return "verbatim cannot be coded: " + string(e.Reason)
}

// Validate returns an error if a text cannot be coded. It must have 1 to 1,000 runes of
// valid UTF-8, not all of them white space, and none a control character. Any error is
// an [*Error]. If there are several reasons, it has the first in this order:
// INVALID_UTF8, EMPTY, TOO_LONG, CONTROL_CHARACTER.
func Validate(s string) error {
	if !utf8.ValidString(s) {
		return &Error{InvalidUTF8}
	}
	runes, blank, control := 0, true, false
	for _, r := range s {
		runes++
		if blank && !unicode.IsSpace(r) && !ignorable(r) {
			blank = false
		}
		if unicode.IsControl(r) {
			control = true
		}
	}
	switch {
	case blank:
		return &Error{Empty}
	case runes > maxRunes:
		return &Error{TooLong}
	case control:
		return &Error{ControlCharacter}
	}
	return nil
}

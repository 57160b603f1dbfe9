package lists

import (
	_ "embed"
	"fmt"
	"io"
	"strings"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// builtinDoNotAutocode is the default list, written for this project.
//
//go:embed do_not_autocode.csv
var builtinDoNotAutocode string

// DoNotAutocode is a list of wordings that no step may code, even if they are the name
// of a term, because only the reporter knows what they mean. It is immutable and safe
// for concurrent use.
type DoNotAutocode struct {
	version string
	reasons map[key]string
}

// BuiltInDoNotAutocode returns the built-in list of everyday words with several
// meanings. Words that are only general ("infection", "bleeding") are not on it: their
// general term is the right code.
func BuiltInDoNotAutocode() *DoNotAutocode {
	d, err := ParseDoNotAutocode("do_not_autocode.csv", strings.NewReader(builtinDoNotAutocode))
	if err != nil {
		// The list is compiled in and tested: no input can cause this.
		panic("built-in do-not-autocode list: " + err.Error())
	}
	return d
}

// ParseDoNotAutocode reads a list, such as a site's own that [DoNotAutocode.With]
// joins to the built-in one, in CSV with the columns
//
//	verbatim,language,reason
//
// where reason is the question that a person must ask or decide. Any fault refuses the
// list with a [*ValidationError].
func ParseDoNotAutocode(name string, r io.Reader) (*DoNotAutocode, error) {
	t, err := openTable(name, r, []string{"verbatim", "language", "reason"})
	if err != nil {
		return nil, err
	}
	d := &DoNotAutocode{reasons: map[key]string{}}
	for t.next() {
		before := len(t.problems)
		text, language, reason := t.verbatim(), t.language(), strings.TrimSpace(t.field("reason"))
		if reason == "" || !printable(reason) {
			t.problem(t.line, "reason", "is empty or not printable")
		}
		if len(t.problems) > before {
			continue
		}
		for _, form := range verbatim.Forms(language, text) {
			k := key{language: language, folded: form}
			if _, ok := d.reasons[k]; !ok {
				d.reasons[k] = reason
			}
		}
	}
	if err := t.err(); err != nil {
		return nil, err
	}
	d.seal()
	return d, nil
}

// With returns a list with the wordings of both lists. If both have a wording, the
// reason of more counts.
func (d *DoNotAutocode) With(more *DoNotAutocode) *DoNotAutocode {
	both := &DoNotAutocode{reasons: map[key]string{}}
	for _, list := range []*DoNotAutocode{d, more} {
		for k, reason := range list.reasons {
			both.reasons[k] = reason
		}
	}
	both.seal()
	return both
}

func (d *DoNotAutocode) seal() {
	lines := make([]string, 0, len(d.reasons))
	for k := range d.reasons {
		lines = append(lines, fmt.Sprintf("%s %q", k.language, k.folded))
	}
	d.version = contentVersion(lines)
}

// Version returns a short hash of the wordings on the list.
func (d *DoNotAutocode) Version() string { return d.version }

// Reason returns the reason why a folded wording is on the list; false if it is not.
func (d *DoNotAutocode) Reason(language meddra.Language, folded string) (string, bool) {
	reason, ok := d.reasons[key{language: language, folded: folded}]
	return reason, ok
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxIdentityBytes is the maximum length of each part of an identity.
const maxIdentityBytes = 200

// mapping names the columns. Names are compared without surrounding space and without
// regard to case.
type mapping struct {
	source, study, verbatim, language string
	id                                []string
}

func (m *mapping) check() error {
	names := append([]string{m.study, m.verbatim, m.language}, m.id...)
	for i, name := range names {
		if names[i] = columnKey(name); names[i] == "" {
			return errors.New("a flag has an empty column name")
		}
	}
	m.study, m.verbatim, m.language, m.id = names[0], names[1], names[2], names[3:]
	for i, name := range m.id {
		if slices.Contains(m.id[:i], name) {
			return fmt.Errorf("-id names the column %s twice", name)
		}
	}
	if !usableIdentity(m.source) {
		return errors.New("-source is not valid: it must be one line of 1 to 200 bytes without control characters")
	}
	return nil
}

// columnKey gives the form of a column's name that is compared.
func columnKey(name string) string { return strings.ToLower(trimEnds(name)) }

// trimEnds removes white space, zero-width spaces and byte order marks from both ends.
func trimEnds(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == 0x200B || r == 0xFEFF })
}

// usableIdentity reports whether s is 1 to 200 bytes of valid text on one line, without
// control characters and not only white space.
func usableIdentity(s string) bool {
	return trimEnds(s) != "" && len(s) <= maxIdentityBytes && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 })
}

// value is one cell: its text if it is valid, and its bytes.
type value struct {
	text string
	raw  []byte
}

// valueOf makes a cell's value; decoded is its text if it is valid.
func valueOf(raw []byte, decoded string, valid bool) value {
	if !valid || strings.IndexByte(decoded, 0) >= 0 {
		return value{raw: append([]byte{}, raw...)}
	}
	return value{text: decoded}
}

// row is a record's report: its identity, and the content that a coding depends on.
type row struct {
	line            int64
	study, recordID string
	content         content
}

// content is one version of a report's verbatim.
type content struct {
	verbatim string
	raw      []byte
	language string
}

// rowOf makes the row of a record; at gives a column's cell, empty if there is none. ok
// is false if the record has no identity: it is unreadable.
func (m *mapping) rowOf(at func(column string) value) (r row, ok bool) {
	part := func(column string) (string, bool) {
		v := at(column)
		text := trimEnds(v.text)
		return text, v.raw == nil && usableIdentity(text)
	}
	if r.study, ok = part(m.study); !ok {
		return row{}, false
	}
	parts := make([]string, len(m.id))
	for i, column := range m.id {
		if parts[i], ok = part(column); !ok {
			return row{}, false
		}
	}
	r.recordID = parts[0]
	if len(parts) > 1 {
		escape := strings.NewReplacer(`\`, `\\`, `|`, `\|`)
		for i := range parts {
			parts[i] = escape.Replace(parts[i])
		}
		r.recordID = strings.Join(parts, "|")
	}
	if !usableIdentity(r.recordID) {
		return row{}, false
	}
	verbatim := at(m.verbatim)
	r.content = content{verbatim: trimEnds(verbatim.text), raw: verbatim.raw, language: statedLanguage(at(m.language))}
	return r, true
}

// statedLanguage gives the stored form of a language column's cell: "en" and "zh" for
// their usual names, another code in lower case, "und" if it is not a code.
func statedLanguage(v value) string {
	if v.raw != nil {
		return "und"
	}
	code := strings.ReplaceAll(strings.ToLower(trimEnds(v.text)), "_", "-")
	switch base, _, _ := strings.Cut(code, "-"); base {
	case "":
		return ""
	case "en", "eng", "english", "英文", "英语":
		return "en"
	case "zh", "zho", "chi", "chinese", "中文", "汉语", "简体中文":
		return "zh"
	}
	for _, c := range []byte(code) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return "und"
		}
	}
	if len(code) > 35 {
		return "und"
	}
	return code
}

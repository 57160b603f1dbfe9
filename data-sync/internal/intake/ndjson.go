package intake

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pair is one key of an object with its value as text.
type pair struct {
	key, folded string
	// value is the string's characters, the number or the literal as it stands,
	// and nothing for null. Bytes that are no valid UTF-8 stay as they are; so
	// does, as its escape, half a surrogate pair, and valid is then false.
	value []byte
	valid bool
}

// flatObject reads one flat JSON object (RFC 8259). reason is empty, or why the
// line is unreadable.
//
// It is not encoding/json because that replaces invalid UTF-8, accepts a key
// twice, and cannot tell which value was at fault: here a bad byte in one value
// leaves the record's identity readable.
func flatObject(line []byte, pairs []pair) (_ []pair, reason string) {
	p := jsonParser{in: line}
	pairs = pairs[:0]
	if !p.take('{') {
		return nil, ReasonJSON
	}
	seen := make(map[string]struct{}, 16)
	if !p.take('}') {
		for {
			key, ok := p.string()
			if !ok || !p.take(':') {
				return nil, ReasonJSON
			}
			name, problem := columnName(string(key.value))
			if !key.valid || problem != "" || len(pairs) == MaxColumns {
				return nil, ReasonJSONKey
			}
			value, why := p.value()
			if why != "" {
				return nil, why
			}
			value.key, value.folded = name, fold(name)
			if _, twice := seen[value.folded]; twice {
				return nil, ReasonJSONDuplicateKey
			}
			seen[value.folded] = struct{}{}
			pairs = append(pairs, value)
			if p.take('}') {
				break
			}
			if !p.take(',') {
				return nil, ReasonJSON
			}
		}
	}
	p.space()
	if p.at != len(p.in) {
		return nil, ReasonJSON
	}
	return pairs, ""
}

type jsonParser struct {
	in []byte
	at int
}

func (p *jsonParser) space() {
	for p.at < len(p.in) {
		switch p.in[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

func (p *jsonParser) take(c byte) bool {
	p.space()
	if p.at < len(p.in) && p.in[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) value() (v pair, reason string) {
	p.space()
	if p.at >= len(p.in) {
		return pair{}, ReasonJSON
	}
	switch c := p.in[p.at]; {
	case c == '"':
		v, ok := p.string()
		if !ok {
			return pair{}, ReasonJSON
		}
		return v, ""
	case c == '{', c == '[':
		return pair{}, ReasonJSONNested
	case c == '-', '0' <= c && c <= '9':
		start := p.at
		if !p.number() {
			return pair{}, ReasonJSON
		}
		return pair{value: p.in[start:p.at], valid: true}, ""
	}
	for _, literal := range []string{"true", "false", "null"} {
		if bytes.HasPrefix(p.in[p.at:], []byte(literal)) {
			p.at += len(literal)
			if literal == "null" {
				literal = ""
			}
			return pair{value: []byte(literal), valid: true}, ""
		}
	}
	return pair{}, ReasonJSON
}

func (p *jsonParser) number() bool {
	digits := func() int {
		start := p.at
		for p.at < len(p.in) && '0' <= p.in[p.at] && p.in[p.at] <= '9' {
			p.at++
		}
		return p.at - start
	}
	has := func(oneOf string) bool {
		if p.at < len(p.in) && strings.IndexByte(oneOf, p.in[p.at]) >= 0 {
			p.at++
			return true
		}
		return false
	}
	has("-")
	if has("0") {
		// A leading zero stands alone.
		if digits() > 0 {
			return false
		}
	} else if digits() == 0 {
		return false
	}
	if has(".") && digits() == 0 {
		return false
	}
	if has("eE") {
		has("+-")
		if digits() == 0 {
			return false
		}
	}
	return true
}

// string reads a JSON string; ok is false when it is none.
func (p *jsonParser) string() (v pair, ok bool) {
	if !p.take('"') {
		return pair{}, false
	}
	start := p.at
	for p.at < len(p.in) && p.in[p.at] != '"' && p.in[p.at] != '\\' && p.in[p.at] >= 0x20 {
		p.at++
	}
	out := p.in[start:p.at:p.at]
	loneSurrogate := false
	for p.at < len(p.in) {
		c := p.in[p.at]
		switch {
		case c == '"':
			p.at++
			return pair{value: out, valid: !loneSurrogate && utf8.Valid(out)}, true
		case c < 0x20:
			return pair{}, false
		case c != '\\':
			out = append(out, c)
			p.at++
			continue
		}
		if p.at+1 >= len(p.in) {
			return pair{}, false
		}
		escape := p.in[p.at+1]
		if escape == 'u' {
			r, size, ok := p.unicodeEscape()
			if !ok {
				return pair{}, false
			}
			if r < 0 {
				loneSurrogate = true
				out = append(out, p.in[p.at:p.at+size]...)
			} else {
				out = utf8.AppendRune(out, r)
			}
			p.at += size
			continue
		}
		i := strings.IndexByte(`"\/bfnrt`, escape)
		if i < 0 {
			return pair{}, false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[i])
		p.at += 2
	}
	return pair{}, false
}

// unicodeEscape reads a \u escape, or a surrogate pair of two, without going on.
// r is -1 for half a pair.
func (p *jsonParser) unicodeEscape() (r rune, size int, ok bool) {
	unit := func(at int) (rune, bool) {
		if at+6 > len(p.in) || p.in[at] != '\\' || p.in[at+1] != 'u' {
			return 0, false
		}
		n, err := strconv.ParseUint(string(p.in[at+2:at+6]), 16, 16)
		return rune(n), err == nil
	}
	first, ok := unit(p.at)
	switch {
	case !ok:
		return 0, 0, false
	case !utf16.IsSurrogate(first):
		return first, 6, true
	}
	if second, ok := unit(p.at + 6); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, 12, true
		}
	}
	return -1, 6, true
}

package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// flatObject reads a line of NDJSON: an object whose values are texts, numbers, true,
// false or null, by the columns' keys. ok is false for anything else, for a key that
// occurs twice, and for a key that cannot be a column's name.
//
// encoding/json checks the syntax and finds the tokens. The texts are read here, since
// encoding/json replaces bytes that are not UTF-8.
func flatObject(line []byte) (values map[string]value, ok bool) {
	if !json.Valid(line) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, false
	}
	values = make(map[string]value)
	for {
		key, ok := literal(d, line)
		switch {
		case !ok:
			return nil, false
		case key[0] == '}':
			return values, true
		}
		name, valid := unquote(key)
		column, usable := columnName(string(name))
		if _, twice := values[column]; !valid || !usable || twice || len(values) == maxColumns {
			return nil, false
		}
		text, ok := literal(d, line)
		switch {
		case !ok, text[0] == '{', text[0] == '[':
			return nil, false
		case text[0] == '"':
			text, valid = unquote(text)
			values[column] = valueOf(text, string(text), valid)
		case text[0] == 'n':
			values[column] = value{}
		default:
			values[column] = value{text: string(text)}
		}
	}
}

// literal gives the bytes of the next token of valid JSON.
func literal(d *json.Decoder, line []byte) ([]byte, bool) {
	start := d.InputOffset()
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	// Blanks and at most one comma or colon precede a token.
	text := bytes.TrimLeft(line[start:d.InputOffset()], " \t\r\n,:")
	return text, len(text) > 0
}

// unquote gives the characters of a JSON string whose syntax is valid. valid is false
// if it is not UTF-8, or if it has half a surrogate pair, which stays an escape.
func unquote(literal []byte) (text []byte, valid bool) {
	in := literal[1 : len(literal)-1]
	valid = utf8.Valid(in)
	for len(in) > 0 {
		switch {
		case in[0] != '\\':
			text, in = append(text, in[0]), in[1:]
		case in[1] != 'u':
			text, in = append(text, escapes[in[1]]), in[2:]
		default:
			r, size := codePoint(in)
			if r < 0 {
				text, valid = append(text, in[:size]...), false
			} else {
				text = utf8.AppendRune(text, r)
			}
			in = in[size:]
		}
	}
	return text, valid
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// codePoint reads the \u escape at the start of in, or a surrogate pair of two escapes;
// -1: half a pair.
func codePoint(in []byte) (r rune, size int) {
	unit := func(at int) rune {
		if len(in) < at+6 || in[at] != '\\' || in[at+1] != 'u' {
			return -1
		}
		n, err := strconv.ParseUint(string(in[at+2:at+6]), 16, 16)
		if err != nil {
			return -1
		}
		return rune(n)
	}
	first := unit(0)
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	if r := utf16.DecodeRune(first, unit(6)); r != utf8.RuneError {
		return r, 12
	}
	return -1, 6
}

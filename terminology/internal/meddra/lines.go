package meddra

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// maxLine is the maximum length of a line in bytes. The longest real lines are SMQ
// descriptions of up to 31,000 characters.
const maxLine = 256 << 10

// charset is the character encoding of one file. A line in another encoding is a fault of
// the file.
type charset uint8

const (
	utf8Only charset = iota // UTF-8, for every language but Chinese
	utf8Han                 // UTF-8 where GB18030 would have been possible too
	gb18030
)

var separator = []byte{'$'}

var (
	utf8BOM    = []byte("\xef\xbb\xbf")
	utf16LEBOM = []byte("\xff\xfe")
	utf16BEBOM = []byte("\xfe\xff")
)

// detect removes a byte order mark and decides a file's charset.
//
// A single line is not enough: some GB18030 names are valid UTF-8 by accident, and most
// Chinese UTF-8 is valid GB18030. So the majority of the lines decides. A UTF-8 file with
// one damaged line stays UTF-8, and the line is reported; otherwise the whole file would
// silently become other characters.
func detect(data []byte, mayBeGB18030 bool) ([]byte, charset) {
	if rest, ok := bytes.CutPrefix(data, utf8BOM); ok {
		return rest, utf8Only
	}
	if !mayBeGB18030 {
		return data, utf8Only
	}
	if utf8.Valid(data) {
		return data, utf8Han
	}
	var asUTF8, not int
	for line := range bytes.Lines(data) {
		switch {
		case !utf8.Valid(line):
			not++
		case !isASCII(line):
			asUTF8++
		}
	}
	if not > asUTF8 {
		return data, gb18030
	}
	return data, utf8Han
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lineReader splits one `$`-separated file into rows. The zero value is not
// ready; set every field but lacks.
type lineReader struct {
	file    string // for problems
	columns int    // exact number, or with atLeast the minimum
	atLeast bool
	gb18030 bool           // the language allows GB18030
	tabs    bool           // tabs are allowed in the text
	lacks   map[int]string // number of columns -> what a line with so many probably lacks
	sink    *problemList
}

// read calls row for each valid line: it has the right number of columns, each ended by
// `$`, and is valid text without control characters. Every other line is a problem. The
// fields are UTF-8 and valid only during the call.
//
// A line feed ends a line, with or without a carriage return before it; the last line may
// lack both. Empty lines at the end of the file are ignored.
func (r lineReader) read(data []byte, row func(line int, fields [][]byte)) {
	if bytes.HasPrefix(data, utf16LEBOM) || bytes.HasPrefix(data, utf16BEBOM) {
		r.sink.addf(r.file, 1, "file is UTF-16, want UTF-8%s", r.orGB18030())
		return
	}
	data, cs := detect(data, r.gb18030)
	data = bytes.TrimRight(data, "\r\n")
	if len(data) == 0 {
		r.sink.addf(r.file, 0, "file is empty")
		return
	}
	var (
		fields  = make([][]byte, 0, r.columns)
		decoder = simplifiedchinese.GB18030.NewDecoder()
		decoded []byte
		line    int
	)
	for len(data) > 0 {
		line++
		var text []byte
		text, data, _ = bytes.Cut(data, []byte{'\n'})
		text = bytes.TrimSuffix(text, []byte{'\r'})
		if len(text) > maxLine {
			r.sink.addf(r.file, line, "line of %d bytes, want at most %d", len(text), maxLine)
			continue
		}
		if cs == gb18030 && !isASCII(text) {
			decoded, text = decodeGB18030(decoder, decoded, text)
		}
		if !r.checkText(line, text, cs) {
			continue
		}
		fields = split(fields[:0], text, r.columns)
		switch n := len(fields); {
		case len(text) == 0:
			r.sink.addf(r.file, line, "empty line")
		case text[len(text)-1] != '$':
			r.sink.addf(r.file, line, "line does not end with $ (cut off?) after %d of %d columns", n, r.columns)
		case n < r.columns:
			r.sink.addf(r.file, line, "short line: %d columns, want %d%s", n, r.columns, r.missing(n))
		case n > r.columns && !r.atLeast:
			r.sink.addf(r.file, line, "long line: %d columns, want %d", bytes.Count(text, separator), r.columns)
		default:
			row(line, fields)
		}
	}
}

// split cuts a line after each `$`; the text after the last one is not a field. It stops
// one field after those wanted, so that a line of `$` only costs no more than its bytes.
func split(fields [][]byte, text []byte, want int) [][]byte {
	for len(fields) <= want {
		i := bytes.Index(text, separator)
		if i < 0 {
			break
		}
		fields = append(fields, text[:i:i])
		text = text[i+1:]
	}
	return fields
}

// decodeGB18030 decodes text into buf, which it enlarges if needed and returns with the
// result. Bytes that are not GB18030 become U+FFFD, which checkText refuses.
func decodeGB18030(d transform.Transformer, buf, text []byte) (grown, out []byte) {
	// In the worst case each byte becomes the three bytes of U+FFFD.
	if need := 3*len(text) + utf8.UTFMax; len(buf) < need {
		buf = make([]byte, need)
	}
	d.Reset()
	n, _, err := d.Transform(buf, text, true)
	if err != nil {
		n += copy(buf[n:], string(utf8.RuneError))
	}
	return buf, buf[:n]
}

// checkText reports whether a line is valid text. If it is not, the first invalid byte or
// character is a problem.
func (r lineReader) checkText(line int, text []byte, cs charset) bool {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' && (c != '\t' || !r.tabs) || c == 0x7f {
				r.sink.addf(r.file, line, "control character U+%04X at byte %d", c, i+1)
				return false
			}
			i++
			continue
		}
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == utf8.RuneError && cs == gb18030:
			// The position in the decoded text would mislead.
			r.sink.addf(r.file, line, "wrong encoding: neither UTF-8 nor GB18030")
			return false
		case c == utf8.RuneError && size == 1:
			r.sink.addf(r.file, line, "wrong encoding: byte 0x%02X at byte %d is not UTF-8%s", text[i], i+1, r.fileIsNotGB18030(cs))
			return false
		case c == utf8.RuneError || c == '\ufeff' || unicode.IsControl(c):
			r.sink.addf(r.file, line, "character U+%04X at byte %d, left by a faulty conversion", c, i+1)
			return false
		}
		i += size
	}
	return true
}

func (r lineReader) missing(columns int) string {
	if what, ok := r.lacks[columns]; ok {
		return "; is it without " + what
	}
	return ""
}

func (r lineReader) orGB18030() string {
	if r.gb18030 {
		return " or GB18030"
	}
	return ""
}

func (r lineReader) fileIsNotGB18030(cs charset) string {
	if cs == utf8Han {
		return ", nor is the file GB18030"
	}
	return ""
}

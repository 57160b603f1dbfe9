package main

import "bytes"

// The limits of a record. A record that exceeds them is unreadable.
const (
	maxRecordBytes = 64 << 10
	maxRecordLines = 200
	// longestPiece is the longest part of an overlong line that becomes one record. The
	// line is cut after maxRecordBytes+1 bytes while more than the limit remains.
	longestPiece = 2*maxRecordBytes + 1
	// horizon is how many bytes from a record's start are needed to find its end.
	horizon = longestPiece + 4
)

type recordKind uint8

const (
	whole recordKind = iota
	blank
	// broken: it is too long, or a quoted cell does not end properly.
	broken
)

// record is the first record of a buffer: its bytes with and without the line end, and
// the number of line ends in it.
type record struct {
	size, body, lines int
	kind              recordKind
}

// cutter finds records by the documented rules. A line ends with LF, CRLF or CR. A quote
// opens a quoted cell only as the first byte of a cell; if it is not closed, only its own
// line is unreadable. The bytes that matter are ASCII and never part of a longer
// character of UTF-8 or GB18030.
type cutter struct {
	csv bool
	// cells are those of the last complete CSV record, without quotes; valid until the
	// next cut.
	cells [][]byte
}

// cut gives the first record of buf, which is not empty and has horizon bytes or all
// that is left.
func (c *cutter) cut(buf []byte) record {
	body := bytes.IndexAny(buf[:min(len(buf), longestPiece+1)], "\r\n")
	if body < 0 && len(buf) > longestPiece {
		return record{size: maxRecordBytes + 1, body: maxRecordBytes + 1, kind: broken}
	}
	if body < 0 {
		body = len(buf)
	}
	line := record{size: body, body: body}
	if end := lineEnd(buf[body:]); end > 0 {
		line.size, line.lines = body+end, 1
	}
	switch {
	case body > maxRecordBytes:
		line.kind = broken
	case len(bytes.Trim(buf[:body], " \t")) == 0:
		line.kind = blank
	case !c.csv:
	case bytes.IndexByte(buf[:body], '"') < 0:
		c.cells = c.cells[:0]
		for cell := range bytes.SplitSeq(buf[:body], []byte{','}) {
			c.cells = append(c.cells, cell)
		}
	default:
		if quoted, ok := c.cutQuoted(buf); ok {
			return quoted
		}
		line.kind = broken
	}
	return line
}

// lineEnd gives the length of the line end at the start of buf; 0: there is none.
func lineEnd(buf []byte) int {
	switch {
	case bytes.HasPrefix(buf, []byte("\r\n")):
		return 2
	case len(buf) > 0 && (buf[0] == '\n' || buf[0] == '\r'):
		return 1
	}
	return 0
}

// cutQuoted reads a CSV record with quotes, cell by cell. ok is false if a quoted cell
// does not end within the limits, or if text follows it.
func (c *cutter) cutQuoted(buf []byte) (rec record, ok bool) {
	c.cells = c.cells[:0]
	at, lines := 0, 0
	for {
		var cell []byte
		if at < len(buf) && buf[at] == '"' {
			var size, spanned int
			if cell, size, spanned, ok = quotedCell(buf[at:]); !ok {
				return record{}, false
			}
			at, lines = at+size, lines+spanned
			if lines >= maxRecordLines {
				return record{}, false
			}
		} else {
			size := bytes.IndexAny(buf[at:], ",\r\n")
			if size < 0 {
				size = len(buf) - at
			}
			cell, at = buf[at:at+size], at+size
		}
		if at > maxRecordBytes {
			return record{}, false
		}
		c.cells = append(c.cells, cell)
		if at < len(buf) && buf[at] == ',' {
			at++
			continue
		}
		end := lineEnd(buf[at:])
		switch {
		case end > 0:
			lines++
		case at < len(buf):
			return record{}, false
		}
		return record{size: at + end, body: at, lines: lines}, true
	}
}

// quotedCell reads the quoted cell at the start of buf: its text, its size with the
// blanks after the closing quote, and the number of line ends in it.
func quotedCell(buf []byte) (cell []byte, size, lines int, ok bool) {
	doubledQuote := false
	for at := 1; at < len(buf) && at <= maxRecordBytes; {
		if n := lineEnd(buf[at:]); n > 0 {
			at, lines = at+n, lines+1
			continue
		}
		switch {
		case buf[at] != '"':
			at++
		case at+1 < len(buf) && buf[at+1] == '"':
			doubledQuote = true
			at += 2
		default:
			cell = buf[1:at]
			if doubledQuote {
				cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
			}
			for at++; at < len(buf) && (buf[at] == ' ' || buf[at] == '\t'); {
				at++
			}
			return cell, at, lines, true
		}
	}
	return nil, 0, 0, false
}

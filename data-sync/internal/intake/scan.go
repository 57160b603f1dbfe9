package intake

import (
	"bytes"
	"strings"
)

// bounds are the limits on one record; tests shrink them.
type bounds struct {
	bytes, lines int
}

var fileBounds = bounds{bytes: MaxRecordBytes, lines: MaxRecordLines}

// window is how many bytes from a record's start always suffice to tell where
// it ends: the longest piece of an overlong line and one more byte, a line end
// of two, and one to spare.
func (b bounds) window() int { return 2*b.bytes + 5 }

type recordKind uint8

const (
	// wholeRecord can be parsed.
	wholeRecord recordKind = iota
	// blankLine holds nothing but spaces and tabs; it is no record.
	blankLine
	// overlongLine is a line, or a piece of one, beyond the bound on bytes.
	overlongLine
	// unbalancedQuote is the first physical line of what would be a record if
	// its quoted cell ended as it should.
	unbalancedQuote
)

// record is what the scanner found at the start of its input.
type record struct {
	// size counts its bytes with the line end, body without.
	size, body int
	// lines counts the line ends within size.
	lines int
	kind  recordKind
}

// cell is one field of a CSV record, as a part of the record's bytes.
type cell struct {
	start, end int
	// doubled: the quotes in it are doubled.
	doubled bool
}

// value gives the cell's bytes without its quotes. It may share rec's memory.
func (c cell) value(rec []byte) []byte {
	v := rec[c.start:c.end]
	if c.doubled {
		v = bytes.ReplaceAll(v, []byte(`""`), []byte(`"`))
	}
	return v
}

// scanner finds where records end. It is the one place that knows, for the
// splitter and for the parser.
//
// It works on bytes: the bytes that matter (quote, separator, CR, LF, space, tab)
// never occur inside a multibyte sequence of UTF-8, nor of GB18030, whose trail
// bytes are 0x30-0x39, 0x40-0x7E and 0x80-0xFE: Options.Validate refuses the
// separators | and ^ with it.
//
// Every decision looks only forward from the record's start, at most window()
// bytes. So a stretch of whole records scans the same way alone as inside its
// file, which is what lets the parser count the records that the splitter
// counted.
//
// The rules beyond RFC 4180:
//   - A quote opens a quoted cell only as the cell's first byte; elsewhere it is
//     a character like any other.
//   - Where a quoted cell does not end within the bounds or within the input,
//     or is followed by anything but a separator, a line end or spaces and tabs, one
//     stray quote must not swallow the rows after it: the first physical line
//     alone is a record, unreadable, and the next begins with the next line.
//   - A line longer than the bound is cut into pieces that are each longer than
//     the bound, so that each is unreadable by itself, even as the first of a
//     batch.
type scanner struct {
	format Format
	// separator of CSV cells; 0 means the comma.
	separator byte
	bounds    bounds
	// cells of the last whole CSV record.
	cells []cell
}

// comma is the separator.
func (s *scanner) comma() byte {
	if s.separator == 0 {
		return ','
	}
	return s.separator
}

// blank are the bytes that a line of no record and the rest of a quoted cell may
// have: a tab that separates is not one of them.
func (s *scanner) blank() string {
	if s.separator == '\t' {
		return " "
	}
	return " \t"
}

// next finds the record at the start of buf. ok is false when buf is empty, or
// more of the input is needed to tell and atEOF is false.
func (s *scanner) next(buf []byte, atEOF bool) (rec record, ok bool) {
	if len(buf) == 0 {
		return record{}, false
	}
	// The longest piece of a line that is given in one: beyond it a rest longer
	// than the bound remains.
	longest := 2*s.bounds.bytes + 1
	body := bytes.IndexAny(buf[:min(len(buf), longest+1)], "\r\n")
	if body < 0 {
		if len(buf) > longest {
			piece := s.bounds.bytes + 1
			return record{size: piece, body: piece, kind: overlongLine}, true
		}
		if !atEOF {
			return record{}, false
		}
		body = len(buf)
	}
	end, ok := lineEnd(buf, body, atEOF)
	if !ok {
		return record{}, false
	}
	line := record{size: body + end, body: body}
	if end > 0 {
		line.lines = 1
	}
	switch {
	case body > s.bounds.bytes:
		line.kind = overlongLine
		return line, true
	case len(bytes.Trim(buf[:body], s.blank())) == 0:
		line.kind = blankLine
		return line, true
	case s.format != CSV:
		return line, true
	case bytes.IndexByte(buf[:body], '"') < 0:
		s.splitPlain(buf[:body])
		return line, true
	}
	return s.nextQuoted(buf, line, atEOF)
}

// lineEnd gives the length of the line end at buf[at:], 0 at the end of the
// input. ok is false when the next byte is needed to tell CR from CRLF.
func lineEnd(buf []byte, at int, atEOF bool) (length int, ok bool) {
	switch {
	case at >= len(buf):
		return 0, atEOF
	case buf[at] == '\n':
		return 1, true
	case at+1 >= len(buf):
		return 1, atEOF
	case buf[at+1] == '\n':
		return 2, true
	}
	return 1, true
}

// splitPlain cuts a record without quotes into cells.
func (s *scanner) splitPlain(rec []byte) {
	s.cells = s.cells[:0]
	start, separator := 0, s.comma()
	for {
		comma := bytes.IndexByte(rec[start:], separator)
		if comma < 0 {
			s.cells = append(s.cells, cell{start: start, end: len(rec)})
			return
		}
		s.cells = append(s.cells, cell{start: start, end: start + comma})
		start += comma + 1
	}
}

// nextQuoted is next for a CSV record with a quote in its first physical line.
func (s *scanner) nextQuoted(buf []byte, first record, atEOF bool) (rec record, ok bool) {
	unbalanced := first
	unbalanced.kind = unbalancedQuote

	s.cells = s.cells[:0]
	separator := s.comma()
	i, lines := 0, 0
	for {
		c := cell{start: i}
		if i < len(buf) && buf[i] == '"' {
			end, newlines, outcome := s.quotedCell(buf, i, s.bounds.lines-1-lines, atEOF, &c)
			switch outcome {
			case cellOpen:
				return unbalanced, true
			case cellNeedsMore:
				return record{}, false
			}
			i, lines = end, lines+newlines
		} else {
			for i < len(buf) && buf[i] != separator && buf[i] != '\n' && buf[i] != '\r' {
				i++
			}
			c.end = i
		}
		if i > s.bounds.bytes {
			return unbalanced, true
		}
		if i < len(buf) && buf[i] == separator {
			s.cells = append(s.cells, c)
			i++
			continue
		}
		if i < len(buf) && buf[i] != '\n' && buf[i] != '\r' {
			return unbalanced, true
		}
		end, ok := lineEnd(buf, i, atEOF)
		if !ok {
			return record{}, false
		}
		s.cells = append(s.cells, c)
		if end > 0 {
			lines++
		}
		return record{size: i + end, body: i, lines: lines}, true
	}
}

type cellOutcome uint8

const (
	cellClosed cellOutcome = iota
	// cellOpen: it does not end within the bounds or the input.
	cellOpen
	cellNeedsMore
)

// quotedCell reads the quoted cell that opens at buf[i] into c and gives the
// place after it, past its closing quote and the spaces and tabs there. It may
// span at most newlinesLeft line ends.
func (s *scanner) quotedCell(buf []byte, i, newlinesLeft int, atEOF bool, c *cell) (end, newlines int, outcome cellOutcome) {
	blank := s.blank()
	i++
	c.start = i
	for {
		if i > s.bounds.bytes {
			return 0, 0, cellOpen
		}
		if i >= len(buf) {
			if atEOF {
				return 0, 0, cellOpen
			}
			return 0, 0, cellNeedsMore
		}
		switch buf[i] {
		case '"':
			if i+1 < len(buf) && buf[i+1] == '"' {
				c.doubled = true
				i += 2
				continue
			}
			c.end = i
			i++
			for i < len(buf) && strings.IndexByte(blank, buf[i]) >= 0 {
				i++
			}
			return i, newlines, cellClosed
		case '\r', '\n':
			length, ok := lineEnd(buf, i, atEOF)
			if !ok {
				return 0, 0, cellNeedsMore
			}
			if newlines++; newlines > newlinesLeft {
				return 0, 0, cellOpen
			}
			i += length
		default:
			i++
		}
	}
}

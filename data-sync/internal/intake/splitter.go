package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Byte order marks: U+FEFF in the encodings that are read.
var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomGB18030 = []byte{0x84, 0x31, 0x95, 0x33}
)

// Piece is one batch of whole raw records.
type Piece struct {
	// FirstLine of the file at which Rows begins, from 1.
	FirstLine int64
	// Rows are the records as they stand in the file, with their line ends. The
	// caller owns them.
	Rows []byte
	// Records counts them; blank lines are no records.
	Records int
}

// Splitter cuts a stream into batches of whole raw records, in bounded memory
// whatever the stream holds. It decides on bytes alone and changes none, except
// that it leaves out a byte order mark at the start.
//
// A Splitter is not safe for concurrent use.
type Splitter struct {
	r          io.Reader
	scan       scanner
	maxBytes   int
	maxRecords int

	// buf[at:] is read and not yet given.
	buf    []byte
	at     int
	need   int
	line   int64
	eof    bool
	opened bool
	err    error
}

// NewSplitter cuts r, which is of the format given and has the separator given (0:
// the comma), into pieces of at most
// maxBatchBytes bytes and maxBatchRecords records. A piece holds at least one
// record, so that a single one longer than maxBatchBytes comes alone; no record
// is longer than 2 × MaxRecordBytes + 3 bytes. Both bounds are raised to 1.
func NewSplitter(r io.Reader, format Format, separator byte, maxBatchBytes, maxBatchRecords int) *Splitter {
	return newSplitter(r, format, separator, maxBatchBytes, maxBatchRecords, fileBounds)
}

func newSplitter(r io.Reader, format Format, separator byte, maxBatchBytes, maxBatchRecords int, b bounds) *Splitter {
	maxBatchBytes = max(maxBatchBytes, 1)
	return &Splitter{
		r:          r,
		scan:       scanner{format: format, separator: separator, bounds: b},
		maxBytes:   maxBatchBytes,
		maxRecords: max(maxBatchRecords, 1),
		need:       maxBatchBytes + b.window(),
		buf:        make([]byte, 0, 2*(maxBatchBytes+b.window())),
		line:       1,
	}
}

// ReadHeader gives a CSV file's header record as it stands in the file, line
// end included and blank lines before it left out. It must be called once,
// before Next; for NDJSON it gives nothing. An empty file and a first record
// that cannot be a header are an *Error.
func (s *Splitter) ReadHeader() ([]byte, error) {
	if s.scan.format != CSV {
		return nil, nil
	}
	for {
		if err := s.fill(); err != nil {
			return nil, err
		}
		rec, ok := s.scan.next(s.buf[s.at:], s.eof)
		if !ok {
			return nil, faultf("header", "the file is empty; a CSV file begins with a line of column names")
		}
		switch rec.kind {
		case blankLine:
			s.consume(rec.size, rec.lines)
			continue
		case overlongLine:
			return nil, faultf("header", "line %d is longer than %d bytes; it cannot be a line of column names", s.line, s.scan.bounds.bytes)
		case unbalancedQuote:
			return nil, faultf("header", "line %d has a quote that is not closed; it cannot be a line of column names", s.line)
		}
		header := bytes.Clone(s.buf[s.at : s.at+rec.size])
		s.consume(rec.size, rec.lines)
		return header, nil
	}
}

// Next gives the next piece, and io.EOF after the last. Any other error is the
// reader's, with the line reached; what was given before stays good.
func (s *Splitter) Next() (Piece, error) {
	if err := s.fill(); err != nil {
		return Piece{}, err
	}
	piece := Piece{FirstLine: s.line}
	size, lines := 0, 0
	for piece.Records < s.maxRecords {
		rec, ok := s.scan.next(s.buf[s.at+size:], s.eof)
		if !ok || size > 0 && size+rec.size > s.maxBytes {
			break
		}
		size += rec.size
		lines += rec.lines
		if rec.kind != blankLine {
			piece.Records++
		}
	}
	if size == 0 {
		return Piece{}, io.EOF
	}
	piece.Rows = bytes.Clone(s.buf[s.at : s.at+size])
	s.consume(size, lines)
	return piece, nil
}

// Line is the line of the file that has been reached, from 1.
func (s *Splitter) Line() int64 { return s.line }

func (s *Splitter) consume(size, lines int) {
	s.at += size
	s.line += int64(lines)
}

// fill reads until a whole piece and what tells its end are there, or the input
// ends.
func (s *Splitter) fill() error {
	const patience = 100
	if len(s.buf)-s.at < s.need && s.at > 0 {
		s.buf, s.at = s.buf[:copy(s.buf, s.buf[s.at:])], 0
	}
	empty := 0
	for s.err == nil && !s.eof && len(s.buf)-s.at < s.need {
		n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
		s.buf = s.buf[:len(s.buf)+n]
		switch {
		case errors.Is(err, io.EOF):
			s.eof = true
		case err != nil:
			s.err = fmt.Errorf("reading the file after line %d: %w", s.line, err)
		case n > 0:
			empty = 0
		default:
			if empty++; empty == patience {
				s.err = fmt.Errorf("reading the file after line %d: %w", s.line, io.ErrNoProgress)
			}
		}
	}
	if s.err != nil {
		return s.err
	}
	if !s.opened {
		s.opened = true
		for _, bom := range [][]byte{bomUTF8, bomGB18030} {
			if bytes.HasPrefix(s.buf[s.at:], bom) {
				s.consume(len(bom), 0)
				return s.fill()
			}
		}
	}
	return nil
}

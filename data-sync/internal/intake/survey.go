package intake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Survey is what one pass over a file tells before it is sent.
type Survey struct {
	Encoding Encoding
	// BOM: the file begins with a byte order mark.
	BOM bool
	// SHA256 of the whole file, in hex.
	SHA256 string
	// Size in bytes.
	Size int64
	// Lines counts physical lines, the last one also without a line end.
	Lines int64
	// Unterminated: the last line has no line end. Such a file may have been cut
	// in the middle of a cell, which nothing else would show.
	Unterminated bool
}

// ErrNotText says that a file is no CSV or NDJSON text at all.
var ErrNotText = errors.New("the file is not text")

// TakeSurvey reads r to its end, in bounded memory, and tells its encoding:
//
//   - UTF8 when all of it is valid UTF-8, or it has that byte order mark.
//   - Otherwise GB18030, but only if at least 90 % of the multibyte sequences on
//     the lines that are not UTF-8 lie in the GB2312 zone (both bytes ≥ 0xA1),
//     where nearly all Chinese text lies, and more lines decode as GB18030 than
//     there are lines of non-ASCII UTF-8.
//   - Otherwise UTF8: its faulty rows are then held or unreadable, one by one.
//
// So a single Latin-1 byte never turns a file into Chinese. UTF-16, and what is
// no text at all, is an error that wraps ErrNotText and says what to do.
func TakeSurvey(r io.Reader) (Survey, error) {
	var (
		s       Survey
		d       detector
		magic   []byte
		nuls    int64
		lastCR  bool
		hash    = sha256.New()
		buf     = make([]byte, 64<<10)
		empty   int
		line    bool // the current line holds something
		readErr error
	)
	for readErr == nil {
		var n int
		n, readErr = r.Read(buf)
		if n == 0 && readErr == nil {
			if empty++; empty == 100 {
				readErr = io.ErrNoProgress
			}
			continue
		}
		empty = 0
		chunk := buf[:n]
		s.Size += int64(n)
		hash.Write(chunk)
		if len(magic) < 4 {
			magic = append(magic, chunk[:min(n, 4-len(magic))]...)
		}
		for _, c := range chunk {
			switch {
			case c == '\n' && lastCR:
				lastCR = false
				continue
			case c == '\n' || c == '\r':
				s.Lines++
				line = false
				d.endLine()
			default:
				line = true
				d.add(c)
			}
			lastCR = c == '\r'
			if c == 0 {
				nuls++
			}
		}
	}
	if !errors.Is(readErr, io.EOF) {
		return Survey{}, fmt.Errorf("reading the file after line %d: %w", s.Lines, readErr)
	}
	d.endLine()
	if line {
		s.Lines++
		s.Unterminated = true
	}
	if err := notText(magic, nuls, s.Size); err != nil {
		return Survey{}, err
	}
	s.SHA256 = hex.EncodeToString(hash.Sum(nil))
	switch {
	case bytes.HasPrefix(magic, bomUTF8):
		s.Encoding, s.BOM = UTF8, true
	case bytes.HasPrefix(magic, bomGB18030):
		s.Encoding, s.BOM = GB18030, true
	default:
		s.Encoding = d.encoding()
	}
	return s, nil
}

func notText(magic []byte, nuls, size int64) error {
	const convert = "convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8"
	switch {
	case bytes.HasPrefix(magic, []byte{0xFF, 0xFE}), bytes.HasPrefix(magic, []byte{0xFE, 0xFF}):
		return fmt.Errorf("%w that can be read: it is in UTF-16; %s", ErrNotText, convert)
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")):
		return fmt.Errorf("%w: it is a spreadsheet or a zip archive; save it as CSV UTF-8 or unpack it", ErrNotText)
	case bytes.HasPrefix(magic, []byte{0x1F, 0x8B}):
		return fmt.Errorf("%w: it is compressed with gzip; unpack it", ErrNotText)
	case nuls > size/4:
		return fmt.Errorf("%w that can be read: a quarter of it and more is NUL, as in UTF-16 or a binary file; if it is UTF-16, %s", ErrNotText, convert)
	}
	return nil
}

// detector tells GB18030 from UTF-8, a byte at a time.
type detector struct {
	// Of the file.
	invalid             bool
	utf8Lines, gbLines  int64
	sequences, inGB2312 int64

	// Of the current line.
	nonASCII, badUTF8, badGB bool
	lineSeqs, lineZone       int64

	// Of the current sequence: UTF-8 continuation bytes still due, and the range
	// of the next one.
	due    int
	lo, hi byte
	// GB18030: how many bytes of the current sequence are there.
	gb     int
	gbHigh bool
}

func (d *detector) add(c byte) {
	d.addUTF8(c)
	d.addGB(c)
}

// addUTF8 follows Unicode, table 3-7.
func (d *detector) addUTF8(c byte) {
	if d.due > 0 {
		if d.lo <= c && c <= d.hi {
			d.due--
			d.lo, d.hi = 0x80, 0xBF
			return
		}
		d.badUTF8 = true
		d.due = 0
	}
	d.lo, d.hi = 0x80, 0xBF
	switch {
	case c < 0x80:
		return
	case 0xC2 <= c && c <= 0xDF:
		d.due = 1
	case 0xE0 <= c && c <= 0xEF:
		d.due = 2
		if c == 0xE0 {
			d.lo = 0xA0
		}
		if c == 0xED {
			d.hi = 0x9F
		}
	case 0xF0 <= c && c <= 0xF4:
		d.due = 3
		if c == 0xF0 {
			d.lo = 0x90
		}
		if c == 0xF4 {
			d.hi = 0x8F
		}
	default:
		d.badUTF8 = true
	}
	d.nonASCII = true
}

func (d *detector) addGB(c byte) {
	switch {
	case d.gb == 0 && c < 0x80:
	case d.gb == 0 && gbLead(c):
		d.gb, d.gbHigh = 1, c >= 0xA1
	case d.gb == 1 && gbTrail(c):
		d.sequence(d.gbHigh && c >= 0xA1)
	case d.gb == 1 && gbDigit(c), d.gb == 2 && gbLead(c):
		d.gb++
	case d.gb == 3 && gbDigit(c):
		d.sequence(false)
	default:
		d.badGB = true
		d.sequence(false)
	}
}

func (d *detector) sequence(inGB2312 bool) {
	d.gb = 0
	d.lineSeqs++
	if inGB2312 {
		d.lineZone++
	}
}

func (d *detector) endLine() {
	if d.due > 0 {
		d.badUTF8 = true
	}
	if d.gb > 0 {
		d.badGB = true
		d.sequence(false)
	}
	switch {
	case d.badUTF8:
		d.invalid = true
		d.sequences += d.lineSeqs
		d.inGB2312 += d.lineZone
		if !d.badGB {
			d.gbLines++
		}
	case d.nonASCII:
		d.utf8Lines++
	}
	d.due = 0
	d.nonASCII, d.badUTF8, d.badGB = false, false, false
	d.lineSeqs, d.lineZone = 0, 0
}

func (d *detector) encoding() Encoding {
	if d.invalid && d.gbLines > d.utf8Lines && d.inGB2312*10 >= d.sequences*9 {
		return GB18030
	}
	return UTF8
}

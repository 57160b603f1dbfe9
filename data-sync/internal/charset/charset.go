// Package charset finds out which character set a text file is in, and reads the
// file as UTF-8 without losing a byte.
//
// A Detector is given the whole file. It names the charset only if the file leaves
// no doubt; otherwise it names the candidates, so that a person can choose one.
//
// Charset.NewReader decodes. A byte that is not valid in the charset comes out as
// two bytes: Invalid and the byte itself. Invalid never occurs in valid UTF-8, so
// the row that holds the byte is not valid UTF-8 either, and the reader of the rows
// notices it.
//
// Nothing here quotes the text of a file in an error.
package charset

import (
	"errors"
	"io"
)

// Invalid stands in decoded text before each byte that is not valid in the file's
// charset. It never occurs in valid UTF-8.
const Invalid = 0xFF

// Charset is a character set that a file can be read in. The zero Charset is none.
// Charsets can be compared with ==.
type Charset struct{ name string }

// Charsets that a Detector names. Lookup gives the others.
var (
	UTF8        = Charset{"UTF-8"}
	UTF16LE     = Charset{"UTF-16LE"}
	UTF16BE     = Charset{"UTF-16BE"}
	UTF32LE     = Charset{"UTF-32LE"}
	UTF32BE     = Charset{"UTF-32BE"}
	GB18030     = Charset{"GB18030"}
	EUCKR       = Charset{"EUC-KR"}
	EUCJP       = Charset{"EUC-JP"}
	Big5        = Charset{"Big5"}
	ShiftJIS    = Charset{"Shift_JIS"}
	Windows1252 = Charset{"windows-1252"}
)

// UTF16 and UTF32 read a byte order mark. A file without one is in the order in
// which its first character has its zero bytes; if it has none, little-endian.
var (
	UTF16 = Charset{"UTF-16"}
	UTF32 = Charset{"UTF-32"}
)

// Name is the name that IANA or the WHATWG prefers, such as "EUC-KR" or
// "windows-1252". It is empty for the zero Charset. Lookup takes it.
func (c Charset) Name() string { return c.name }

// String gives Name.
func (c Charset) String() string { return c.name }

// NewReader gives the text of r in UTF-8. It reads r as it is read itself and holds
// a bounded part of it in memory.
//
// A byte order mark at the start is dropped. A byte b that is not valid in c comes
// out as the two bytes Invalid and b; U+FFFD comes out only where the file has it. A
// line end is never part of an invalid sequence: the text after it is decoded as if
// the invalid sequence had not been there. In UTF-16 and UTF-32, each byte of an
// unpaired surrogate, or of a number that is no character, is invalid.
//
// Errors of r are returned as they are, after the text that was read before them.
// Every Read fails for the zero Charset.
func (c Charset) NewReader(r io.Reader) io.Reader {
	s, ok := registry().schemes[c.name]
	if !ok {
		return failing{errors.New("charset: the file's charset was not named")}
	}
	return &reader{from: r, decoder: s.newDecoder()}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

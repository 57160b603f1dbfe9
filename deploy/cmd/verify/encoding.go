package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The values of -encoding.
const (
	encodingUTF8    = "utf-8"
	encodingGB18030 = "gb18030"
)

// surveyed is the result of a first pass over a file.
type surveyed struct {
	encoding string
	// hash is the file's SHA-256 in hex: the database keeps unreadable rows by it.
	hash string
}

// survey reads all of r. A file is GB18030 if more of its lines decode only as GB18030
// than hold UTF-8 beyond ASCII, and if nine in ten characters on the lines that are not
// UTF-8 are in GB2312, which has nearly all Chinese text. Otherwise it is UTF-8.
func survey(r io.Reader) (surveyed, error) {
	var lines, chars split
	var nuls, size int64
	hash := sha256.New()
	in := bufio.NewReaderSize(io.TeeReader(r, hash), 1<<20)
	start, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return surveyed{}, fmt.Errorf("read: %w", err)
	}
	start = bytes.Clone(start)
	for {
		piece, err := in.ReadSlice('\n')
		nuls, size = nuls+int64(bytes.Count(piece, []byte{0})), size+int64(len(piece))
		for line := range bytes.SplitSeq(bytes.TrimSuffix(piece, []byte{'\n'}), []byte{'\r'}) {
			countLine(line, &lines, &chars)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return surveyed{}, fmt.Errorf("read: %w", err)
		}
	}
	for _, magic := range []string{"\xFF\xFE", "\xFE\xFF", "PK\x03\x04", "\x1F\x8B"} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return surveyed{}, errors.New("it is not text in UTF-8 or GB18030")
		}
	}
	if nuls > size/4 {
		return surveyed{}, errors.New("it is not text: a quarter of it or more is NUL bytes")
	}
	s := surveyed{encoding: encodingUTF8, hash: hex.EncodeToString(hash.Sum(nil))}
	switch {
	case bytes.HasPrefix(start, bomUTF8):
	case bytes.HasPrefix(start, bomGB18030),
		lines.gb > lines.other && chars.gb*10 >= (chars.gb+chars.other)*9:
		s.encoding = encodingGB18030
	}
	return s, nil
}

// split counts the evidence for and against GB18030.
type split struct{ gb, other int64 }

func countLine(line []byte, lines, chars *split) {
	if ascii(line) {
		return
	}
	if utf8.Valid(line) {
		lines.other++
		return
	}
	good := true
	for len(line) > 0 {
		n := gbSequence(line)
		switch {
		case line[0] < utf8.RuneSelf:
			n = 1
		case n == 2 && line[0] >= 0xA1 && line[1] >= 0xA1:
			chars.gb++
		default:
			chars.other++
			good = good && n > 1
		}
		line = line[max(n, 1):]
	}
	if good {
		lines.gb++
	}
}

// gbSequence gives the length of the GB18030 character at the start of b by its form:
// 1, 2 or 4; 0: there is none.
func gbSequence(b []byte) int {
	lead := func(c byte) bool { return c >= 0x81 && c != 0xFF }
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	switch {
	case b[0] <= 0x80:
		return 1
	case !lead(b[0]) || len(b) < 2:
		return 0
	case b[1] >= 0x40 && b[1] != 0x7F && b[1] != 0xFF:
		return 2
	case len(b) >= 4 && digit(b[1]) && lead(b[2]) && digit(b[3]):
		return 4
	}
	return 0
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decode gives b as text. ok is false if b is not valid in the encoding.
func decode(encoding string, b []byte) (text string, ok bool) {
	if encoding == encodingUTF8 || ascii(b) {
		return string(b), utf8.Valid(b)
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().String(string(b))
	// A character that cannot be decoded becomes U+FFFD.
	return text, err == nil && !strings.ContainsRune(text, utf8.RuneError)
}

// transcode gives b in UTF-8. Characters that cannot be decoded stay as they are.
func transcode(encoding string, b []byte) []byte {
	if encoding == encodingUTF8 {
		return b
	}
	if text, ok := decode(encoding, b); ok {
		return []byte(text)
	}
	var out []byte
	for len(b) > 0 {
		n := max(gbSequence(b), 1)
		if text, ok := decode(encoding, b[:n]); ok {
			out = append(out, text...)
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

package charset

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// blockSize is how many bytes of the file a Detector holds. It is also the longest
// line that is judged as one.
const blockSize = 64 << 10

// Detector finds out the charset of the file that is written to it. It holds a
// bounded part of the file, in at most 2 MB. How the file is divided into calls of
// Write makes no difference. The zero Detector is ready for use, by one goroutine.
type Detector struct {
	block []byte // not judged yet
	size  int64  // of the file, without block
	head  []byte // the first bytes of the file

	// zeros counts zero bytes at even and at odd offsets.
	zeros [2]int64
	// japaneseEscapes: the file has an escape sequence of ISO-2022-JP.
	japaneseEscapes bool

	lines struct {
		utf8    int64 // not ASCII, and valid UTF-8
		likely  int64 // of these: likely to be UTF-8, as chance has it
		certain int64 // of these: certain
		odd     int64 // of these: odd
		invalid int64 // not valid UTF-8
		damaged int64 // of these: certain to be UTF-8
	}
	line     lineState
	western  western
	contests []*contest
}

// lineState is what is known of a line of which a part was judged.
type lineState struct {
	utf8, invalid, damaged bool
	chance                 chance
}

// Write takes the next part of the file. It never fails.
func (d *Detector) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if d.block == nil {
			d.block = make([]byte, 0, blockSize)
		}
		room := min(len(p), blockSize-len(d.block))
		d.block = append(d.block, p[:room]...)
		p = p[room:]
		if len(d.block) == blockSize {
			cut := wholeLines(d.block)
			d.judge(d.block[:cut])
			d.block = d.block[:copy(d.block, d.block[cut:])]
		}
	}
	return n, nil
}

// Detect reads r to its end and gives its charset.
func Detect(r io.Reader) (Result, error) {
	var d Detector
	// Without its other methods, so that the file passes in pieces.
	if _, err := io.Copy(&d, struct{ io.Reader }{r}); err != nil {
		return Result{}, fmt.Errorf("reading the file to find its charset: %w", err)
	}
	return d.Result(), nil
}

// wholeLines is where to cut a full block: after its last line end. Within a longer
// line it is after a space or a separator, or where no UTF-8 sequence is cut.
func wholeLines(block []byte) int {
	if i := bytes.LastIndexAny(block, "\r\n"); i >= 0 {
		return i + 1
	}
	for i := len(block) - 1; i > len(block)/2; i-- {
		if block[i] < '0' { // no second byte in any charset
			return i + 1
		}
	}
	return len(block) - incomplete(block)
}

// judge takes the next part of the file, which begins and ends as wholeLines cuts.
func (d *Detector) judge(part []byte) {
	if len(d.head) < len(markUTF32LE) {
		d.head = append(d.head, part[:min(len(part), len(markUTF32LE)-len(d.head))]...)
	}
	if bytes.IndexByte(part, 0) >= 0 {
		for i, c := range part {
			if c == 0 {
				d.zeros[(d.size+int64(i))&1]++
			}
		}
	}
	d.size += int64(len(part))
	if m := marked(d.head); m != (Charset{}) && m != UTF8 {
		return // nothing more to find out
	}
	d.japaneseEscapes = d.japaneseEscapes || bytes.Contains(part, []byte("\x1b$B")) || bytes.Contains(part, []byte("\x1b$@"))
	if ascii(part) && d.line == (lineState{}) {
		return
	}
	for len(part) > 0 {
		end := bytes.IndexAny(part, "\r\n")
		if end < 0 {
			d.judgeLine(part)
			return
		}
		d.judgeLine(part[:end])
		d.endLine()
		part = part[end+1:]
	}
}

// judgeLine takes a line without its end, or a part of one.
func (d *Detector) judgeLine(line []byte) {
	switch {
	case ascii(line):
	case utf8.Valid(line):
		d.line.utf8 = true
		now := chanceOf(line)
		d.line.chance.likely = d.line.chance.likely || now.likely
		d.line.chance.certain = d.line.chance.certain || now.certain
		d.line.chance.odd = d.line.chance.odd || now.odd
		if now.odd {
			d.contest(line)
		}
	default:
		d.line.invalid = true
		if damaged(line) {
			d.line.damaged = true
			return
		}
		if marked(d.head) != UTF8 {
			d.western.add(line)
			d.contest(line)
		}
	}
}

// contest lets each charset count the line.
func (d *Detector) contest(line []byte) {
	if d.contests == nil {
		d.contests = newContests()
	}
	for _, c := range d.contests {
		c.add(line)
	}
}

func (d *Detector) endLine() {
	switch {
	case d.line.invalid:
		d.lines.invalid++
		count(&d.lines.damaged, d.line.damaged)
	case d.line.utf8:
		d.lines.utf8++
		count(&d.lines.likely, d.line.chance.likely)
		count(&d.lines.certain, d.line.chance.certain)
		count(&d.lines.odd, d.line.chance.odd && !d.line.chance.likely)
	}
	d.line = lineState{}
}

func count(n *int64, is bool) {
	if is {
		*n++
	}
}

func ascii(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

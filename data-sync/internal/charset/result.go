package charset

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Result is what a Detector says of a file.
type Result struct {
	// Charset of the file. The zero Charset when the file is ambiguous.
	Charset Charset
	// Mark: the file begins with a byte order mark.
	Mark bool
	// Candidates are the charsets that an ambiguous file may be in, the most likely
	// first. They are empty when the file's text fits none that is known.
	Candidates []Charset
	// InvalidLines counts the lines that are not valid in Charset, of those that are
	// not valid UTF-8. For an ambiguous file it counts the latter.
	InvalidLines int64
	// ScatteredLines counts the lines that are valid in Charset by chance only: their
	// high bytes stand as those of windows-1252 do. Read in Charset they are garbled,
	// and the reader cannot mark them. It is 0 for UTF-8.
	ScatteredLines int64
	// UTF8Lines counts the lines that are valid UTF-8 and not ASCII alone.
	UTF8Lines int64
	// Proposed is a charset in which the invalid lines of a UTF-8 file are likely to
	// be. The file's UTF8Lines would be garbled in it. The zero Charset when there is
	// none.
	Proposed Charset
	// Characters counts the characters of several bytes on the lines that are not
	// UTF-8, or only by chance, as the most likely charset has them.
	Characters int64
}

// Ambiguous says that the file leaves a doubt. A person has to name the charset.
func (r Result) Ambiguous() bool { return r.Charset == Charset{} }

// Err is nil, or an *AmbiguousError.
func (r Result) Err() error {
	if !r.Ambiguous() {
		return nil
	}
	return &AmbiguousError{Candidates: r.Candidates, Characters: r.Characters, Lines: r.InvalidLines}
}

// AmbiguousError says that a file's charset is in doubt.
type AmbiguousError struct {
	// Candidates, Characters and Lines are Result's Candidates, Characters and
	// InvalidLines.
	Candidates []Charset
	Characters int64
	Lines      int64
}

// Error says what is in doubt and how to name the charset.
func (e *AmbiguousError) Error() string {
	if len(e.Candidates) == 0 {
		return fmt.Sprintf("the file is not UTF-8 (%d lines are not valid), and its charset is not recognised; "+
			"name it with --encoding NAME, or convert the file to UTF-8", e.Lines)
	}
	var names []string
	for _, c := range e.Candidates {
		names = append(names, c.Name())
	}
	why := "its text does not tell which"
	if e.Characters < minCharacters {
		why = fmt.Sprintf("its %d characters are too few to tell which", e.Characters)
	}
	return fmt.Sprintf("the file is not UTF-8; it may be %s, but %s; name the charset, for example with --encoding %s",
		strings.Join(names, " or "), why, names[0])
}

// What a charset needs so that it is named.
const (
	minCharacters = 20
	minDistinct   = 10
	maxScore      = 12.5
	minDistance   = 1.5 // to the second, in bits for two bytes
	minEvidence   = 25  // minDistance times what the characters count for
	maxInvalid    = 0.05
	// minFirm is the share of characters that stand as text does. Below it, the high
	// bytes are scattered, as in western text.
	minFirm = 0.5
	// minMixed: with one line of likely UTF-8 in so many that are not, the file is a
	// mixture of two charsets. minDamaged: the same of a line of damaged UTF-8.
	minMixed   = 50
	minDamaged = 1000
)

// What a charset needs so that it is a candidate.
const (
	candidateScore   = 15.5
	candidateInvalid = 0.2
)

// Result judges what was written so far. More can be written after it, but the last
// line was then judged as if it ended there.
func (d *Detector) Result() Result {
	d.judge(d.block)
	d.block = d.block[:0]
	d.endLine()
	r := Result{InvalidLines: d.lines.invalid, UTF8Lines: d.lines.utf8}
	if c := marked(d.head); c != (Charset{}) {
		r.Charset, r.Mark = c, true
		if c != UTF8 {
			r.InvalidLines, r.UTF8Lines = 0, 0
		}
		return r
	}
	if c := d.wide(); c != (Charset{}) {
		return Result{Charset: c}
	}
	if d.lines.invalid == 0 && (d.lines.odd == 0 || d.lines.likely > 0 || 2*d.lines.odd < d.lines.utf8) {
		r.Charset = UTF8
		if d.lines.utf8 == 0 && d.japaneseEscapes {
			r.Charset = Charset{"ISO-2022-JP"}
		}
		return r
	}
	d.decide(&r)
	return r
}

// marked gives the charset of a byte order mark.
func marked(head []byte) Charset {
	for _, m := range []struct {
		mark    []byte
		charset Charset
	}{
		{markUTF8, UTF8}, {markGB18030, GB18030}, {markUTF32LE, UTF32LE}, {markUTF32BE, UTF32BE},
		{markUTF16LE, UTF16LE}, {markUTF16BE, UTF16BE},
	} {
		if bytes.HasPrefix(head, m.mark) {
			return m.charset
		}
	}
	return Charset{}
}

// wide recognises UTF-16 without a mark: ASCII characters have a zero byte, always
// on the same side.
func (d *Detector) wide() Charset {
	units := (d.size + 1) / 2
	switch even, odd := d.zeros[0], d.zeros[1]; {
	case odd*10 >= units && odd > 4*even:
		return UTF16LE
	case even*10 >= units && even > 4*odd:
		return UTF16BE
	}
	return Charset{}
}

// clear says whether s is certain to be the charset of a file whose second charset is
// the other.
func (s standing) clear(second standing) bool {
	distance := second.score - s.score
	return s.characters >= minCharacters && s.distinct >= minDistinct && s.score <= maxScore &&
		s.invalid <= maxInvalid && distance >= minDistance && distance*s.evidence >= minEvidence
}

// decide judges a file with lines that are not UTF-8, or only by chance.
func (d *Detector) decide(r *Result) {
	if d.contests == nil { // all invalid lines are damaged UTF-8
		r.Charset = UTF8
		return
	}
	var all []standing
	firm := 0.0
	for _, c := range d.contests {
		s := c.result()
		all = append(all, s)
		firm = max(firm, s.firm)
	}
	slices.SortStableFunc(all, func(a, b standing) int { return cmp.Compare(a.score, b.score) })
	first, second := all[0], all[1]
	same := d.lines.likely + d.lines.damaged
	other := d.lines.invalid - d.lines.damaged + d.lines.odd
	mixed := d.lines.certain > 0 || d.lines.damaged*minDamaged > other || same*minMixed > other
	if firm < minFirm || same >= other {
		r.Charset = UTF8
		if firm < minFirm && d.western.likely() {
			r.Proposed = Windows1252
		}
		return
	}
	r.Characters = first.characters
	if !mixed && first.clear(second) {
		r.Charset, r.InvalidLines, r.ScatteredLines = first.charset, first.invalidLines, first.scatteredLines
		return
	}
	for _, s := range all {
		if s.score <= candidateScore && s.invalid <= candidateInvalid {
			r.Candidates = append(r.Candidates, s.charset)
		}
	}
	if mixed {
		r.Candidates = append(r.Candidates, UTF8)
	}
}

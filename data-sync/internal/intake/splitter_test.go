package intake

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// cuts scans a whole input and gives its records with their kinds.
func cuts(input string, format Format, b bounds) (bodies []string, kinds []recordKind) {
	s := scanner{format: format, bounds: b}
	rest := []byte(input)
	for {
		rec, ok := s.next(rest, true)
		if !ok {
			return bodies, kinds
		}
		bodies = append(bodies, string(rest[:rec.body]))
		kinds = append(kinds, rec.kind)
		rest = rest[rec.size:]
	}
}

func TestScannerCutsRecords(t *testing.T) {
	const w, blank, long, quote = wholeRecord, blankLine, overlongLine, unbalancedQuote
	tests := map[string]struct {
		input  string
		bodies []string
		kinds  []recordKind
	}{
		"LF":                               {"a,b\nc,d\n", []string{"a,b", "c,d"}, []recordKind{w, w}},
		"CRLF":                             {"a\r\nb\r\n", []string{"a", "b"}, []recordKind{w, w}},
		"lone CR":                          {"a\rb\r", []string{"a", "b"}, []recordKind{w, w}},
		"no last line end":                 {"a\nb", []string{"a", "b"}, []recordKind{w, w}},
		"blank lines":                      {"\n a\n \t\r\n", []string{"", " a", " \t"}, []recordKind{blank, w, blank}},
		"line ends in a quoted cell":       {"\"a\nb\r\nc\rd\",e\nf\n", []string{"\"a\nb\r\nc\rd\",e", "f"}, []recordKind{w, w}},
		"doubled quotes":                   {"\"a \"\"b\"\"\",c\n", []string{"\"a \"\"b\"\"\",c"}, []recordKind{w}},
		"blanks after a closing quote":     {"\"a\" \t,b\n", []string{"\"a\" \t,b"}, []recordKind{w}},
		"a quote inside a cell":            {"a\"b,\nc\n", []string{"a\"b,", "c"}, []recordKind{w, w}},
		"a quoted cell at the end":         {"a,\"b\"", []string{"a,\"b\""}, []recordKind{w}},
		"a quote never closed":             {"1,\"a\n2,b\n3,c\n", []string{"1,\"a", "2,b", "3,c"}, []recordKind{quote, w, w}},
		"a stray quote before a good one":  {"1,\"a\n2,\"b\"\n3,c\n", []string{"1,\"a", "2,\"b\"", "3,c"}, []recordKind{quote, w, w}},
		"text after a closing quote":       {"\"a\"b,c\nd\n", []string{"\"a\"b,c", "d"}, []recordKind{quote, w}},
		"cut inside quotes":                {"a\n\"b", []string{"a", "\"b"}, []recordKind{w, quote}},
		"more lines than the bound":        {"\"1\n2\n3\n4\"\nb\n", []string{"\"1", "2", "3", "4\"", "b"}, []recordKind{quote, w, w, w, w}},
		"as many lines as the bound":       {"\"1\n2\n3\"\nb\n", []string{"\"1\n2\n3\"", "b"}, []recordKind{w, w}},
		"more bytes than the bound":        {"\"123456\n7890123\"\nb\n", []string{"\"123456", "7890123\"", "b"}, []recordKind{quote, w, w}},
		"more bytes after the quoted cell": {"\"1\n2\",3456789\nb\n", []string{"\"1", "2\",3456789", "b"}, []recordKind{quote, w, w}},
		"as many bytes as the bound":       {"0123456789\nb\n", []string{"0123456789", "b"}, []recordKind{w, w}},
		"a line one longer":                {"01234567890\nb\n", []string{"01234567890", "b"}, []recordKind{long, w}},
		"the longest single piece":         {strings.Repeat("x", 21) + "\nb", []string{strings.Repeat("x", 21), "b"}, []recordKind{long, w}},
		"pieces longer than the bound":     {strings.Repeat("x", 34) + "\nb", []string{strings.Repeat("x", 11), strings.Repeat("x", 11), strings.Repeat("x", 12), "b"}, []recordKind{long, long, long, w}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bodies, kinds := cuts(tt.input, CSV, bounds{bytes: 10, lines: 3})
			if name == "line ends in a quoted cell" || name == "doubled quotes" {
				bodies, kinds = cuts(tt.input, CSV, fileBounds)
			}
			if diff := cmp.Diff(tt.bodies, bodies); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.kinds, kinds); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNDJSONRecordsAreLinesWhateverTheirQuotes(t *testing.T) {
	bodies, kinds := cuts("{\"a\":\"x\n\"\n{}\r\n", NDJSON, fileBounds)
	if diff := cmp.Diff([]string{`{"a":"x`, `"`, `{}`}, bodies); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]recordKind{wholeRecord, wholeRecord, wholeRecord}, kinds); diff != "" {
		t.Error(diff)
	}
}

// pieces reads a splitter to its end.
func pieces(t testing.TB, s *Splitter) []Piece {
	t.Helper()
	var all []Piece
	for {
		p, err := s.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		all = append(all, p)
	}
}

func TestSplitterHoldsBothBoundsAndCountsLines(t *testing.T) {
	s := NewSplitter(strings.NewReader("h1,h2\n\"a\nb\",1\n\nc,2\nd,3\ne,4\n"), CSV, 0, 12, 2)
	header, err := s.ReadHeader()
	if err != nil || string(header) != "h1,h2\n" {
		t.Fatalf("ReadHeader = %q, %v", header, err)
	}
	want := []Piece{
		{FirstLine: 2, Rows: []byte("\"a\nb\",1\n\n"), Records: 1},
		{FirstLine: 5, Rows: []byte("c,2\nd,3\n"), Records: 2},
		{FirstLine: 7, Rows: []byte("e,4\n"), Records: 1},
	}
	if diff := cmp.Diff(want, pieces(t, s)); diff != "" {
		t.Error(diff)
	}
}

func TestARecordLongerThanTheBatchComesAlone(t *testing.T) {
	s := NewSplitter(strings.NewReader("a\n0123456789\nb\n"), CSV, 0, 4, 100)
	got := pieces(t, s)
	if len(got) != 3 || string(got[1].Rows) != "0123456789\n" {
		t.Errorf("pieces = %+v", got)
	}
}

func TestSplitterLeavesOutTheByteOrderMark(t *testing.T) {
	for _, bom := range [][]byte{bomUTF8, bomGB18030} {
		s := NewSplitter(iotest.OneByteReader(bytes.NewReader(append(bytes.Clone(bom), "a,b\n1,2\n"...))), CSV, 0, 100, 100)
		header, err := s.ReadHeader()
		if err != nil || string(header) != "a,b\n" {
			t.Errorf("ReadHeader = %q, %v", header, err)
		}
		if got := pieces(t, s); len(got) != 1 || string(got[0].Rows) != "1,2\n" {
			t.Errorf("pieces = %+v", got)
		}
	}
}

func TestReadHeaderRefusesWhatIsNoHeader(t *testing.T) {
	for name, tt := range map[string]struct{ input, want string }{
		"empty":            {"", "is empty"},
		"only blank lines": {"\n \n\r\n", "is empty"},
		"open quote":       {"\nSTUDYID,\"AETERM\n1,2\n", "line 2 has a quote that is not closed"},
		"endless line":     {strings.Repeat("x", 300<<10), "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewSplitter(strings.NewReader(tt.input), CSV, 0, 100, 10).ReadHeader()
			var fault *Error
			if !errors.As(err, &fault) || fault.Field != "header" || !strings.Contains(fault.Problem, tt.want) {
				t.Errorf("error = %v, want one on header with %q", err, tt.want)
			}
		})
	}
}

func TestSplitterGivesTheReadersErrorWithItsLine(t *testing.T) {
	broken := errors.New("disk gone")
	s := NewSplitter(io.MultiReader(strings.NewReader(strings.Repeat("a\n", 400<<10)), iotest.ErrReader(broken)), CSV, 0, 100<<10, 1000000)
	for range 100 {
		_, err := s.Next()
		if err == nil {
			continue
		}
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "after line ") {
			t.Errorf("error = %v, want it to wrap the reader's and name the line", err)
		}
		if _, again := s.Next(); !errors.Is(again, broken) {
			t.Errorf("the next call gave %v, want the same error", again)
		}
		return
	}
	t.Error("the reader's error never came")
}

type stuckReader struct{}

func (stuckReader) Read([]byte) (int, error) { return 0, nil }

func TestSplitterGivesUpOnAReaderThatGivesNothing(t *testing.T) {
	if _, err := NewSplitter(stuckReader{}, CSV, 0, 100, 10).Next(); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("error = %v, want io.ErrNoProgress", err)
	}
}

func TestAnEndlessLineIsCutInBoundedPiecesAndAccountedFor(t *testing.T) {
	const size = 10 << 20
	s := NewSplitter(io.LimitReader(constantReader('x'), size), CSV, 0, 1<<20, 500)
	total := 0
	for _, p := range pieces(t, s) {
		if len(p.Rows) > 1<<20 {
			t.Fatalf("a piece has %d bytes", len(p.Rows))
		}
		total += len(p.Rows)
		parsed, err := Parse([]byte("STUDYID,AESPID,AETERM\n"), p.Rows, p.FirstLine, Options{Format: CSV})
		if err != nil {
			t.Fatal(err)
		}
		if len(parsed.Rows) != 0 || len(parsed.Unreadable) != p.Records {
			t.Fatalf("%d rows and %d unreadable of %d records", len(parsed.Rows), len(parsed.Unreadable), p.Records)
		}
		for _, u := range parsed.Unreadable {
			if u.Reason != ReasonLineTooLong || u.Line != 1 {
				t.Fatalf("unreadable %s in line %d", u.Reason, u.Line)
			}
		}
	}
	if total != size {
		t.Errorf("the pieces hold %d bytes of %d", total, size)
	}
}

type constantReader byte

func (c constantReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

// crookedFile draws files in which quotes, line ends and lengths go wrong.
func crookedFile(rt *rapid.T) []byte {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{"\"", "\"\"", ",", "\n", "\r\n", "\r", " ", "\t", "a", "头痛", "\x00", "\xff", "\xe5", "{", "}", "\":", "\\", "S,1,headache\n", "S,2,\"pain, knee\"\n", `{"STUDYID":"S","AESPID":1,"AETERM":"x"}` + "\n"}),
		rapid.Map(rapid.IntRange(1, 60), func(n int) string { return strings.Repeat("y", n) }),
	)
	return []byte(strings.Join(rapid.SliceOfN(part, 0, 120).Draw(rt, "parts"), ""))
}

// What the scanner tells from a part of the input, it tells from all of it; and
// window() bytes are enough for it to tell.
func TestScannerNeverDecidesTooEarlyNorTooLate(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		file := crookedFile(rt)
		b := bounds{bytes: rapid.IntRange(1, 30).Draw(rt, "maxRecordBytes"), lines: rapid.IntRange(1, 5).Draw(rt, "maxRecordLines")}
		s := scanner{format: rapid.SampledFrom([]Format{CSV, NDJSON}).Draw(rt, "format"), bounds: b}
		want, _ := s.next(file, true)
		for n := range len(file) {
			got, ok := s.next(file[:n], false)
			if ok && got != want {
				rt.Fatalf("%q gives %+v, all of it %+v", file[:n], got, want)
			}
			if !ok && n >= b.window() {
				rt.Fatalf("%d bytes are not enough: %q", n, file[:n])
			}
		}
	})
}

// Whatever the file and the batches, the pieces are the file, and the parser
// finds in each piece as many records as the splitter counted, which are as many
// as in the file at once, with the same bytes in the same lines.
func TestSplitterAndParserCountTheSameRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		file := crookedFile(rt)
		format := rapid.SampledFrom([]Format{CSV, NDJSON}).Draw(rt, "format")
		encoding := rapid.SampledFrom([]Encoding{UTF8, GB18030}).Draw(rt, "encoding")
		b := bounds{bytes: rapid.IntRange(1, 50).Draw(rt, "maxRecordBytes"), lines: rapid.IntRange(1, 5).Draw(rt, "maxRecordLines")}
		maxBytes := rapid.IntRange(1, 200).Draw(rt, "maxBatchBytes")
		maxRecords := rapid.IntRange(1, 20).Draw(rt, "maxBatchRecords")

		header := []byte("STUDYID,AESPID,AETERM")
		if format == NDJSON {
			header = nil
		}
		parseAt := func(rows []byte, line int64) Parsed {
			// No batch is the beginning of a file, so that NDJSON keys are free.
			p, err := parse(header, rows, line+1, Options{Format: format, Encoding: encoding}, b)
			if err != nil {
				rt.Fatalf("parse: %v", err)
			}
			return p
		}
		whole := parseAt(file, 1)

		var reader io.Reader = bytes.NewReader(file)
		if rapid.Bool().Draw(rt, "oneByteAtATime") {
			reader = iotest.OneByteReader(reader)
		}
		s := newSplitter(reader, format, 0, maxBytes, maxRecords, b)
		var joined []byte
		var inPieces Parsed
		for {
			p, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				rt.Fatal(err)
			}
			if p.Records > maxRecords {
				rt.Fatalf("a piece has %d records", p.Records)
			}
			if len(p.Rows) > max(maxBytes, 2*b.bytes+3) {
				rt.Fatalf("a piece has %d bytes", len(p.Rows))
			}
			joined = append(joined, p.Rows...)
			parsed := parseAt(p.Rows, p.FirstLine)
			if parsed.Records() != p.Records {
				rt.Fatalf("the splitter counted %d records in %q, the parser %d", p.Records, p.Rows, parsed.Records())
			}
			inPieces.Rows = append(inPieces.Rows, parsed.Rows...)
			inPieces.Unreadable = append(inPieces.Unreadable, parsed.Unreadable...)
			inPieces.Problems = append(inPieces.Problems, parsed.Problems...)
		}
		if !bytes.Equal(joined, file) {
			rt.Fatalf("the pieces joined are %q, the file is %q", joined, file)
		}
		whole.Columns, whole.Warnings = nil, nil
		if diff := cmp.Diff(whole, inPieces); diff != "" {
			rt.Fatalf("in one and in pieces (-one +pieces):\n%s", diff)
		}
	})
}

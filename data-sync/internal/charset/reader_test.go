package charset

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func charsetOf(t testing.TB, name string) Charset {
	t.Helper()
	c, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// encodingOf is x/text's encoding of c.
func encodingOf(t testing.TB, c Charset) encoding.Encoding {
	t.Helper()
	switch c {
	case UTF16:
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case UTF32:
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)
	case UTF32LE:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	case UTF32BE:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	}
	e, err := ianaindex.MIME.Encoding(c.Name())
	if err != nil {
		e, err = htmlindex.Get(c.Name())
	}
	if err != nil || e == nil {
		t.Fatalf("x/text does not know %s: %v", c, err)
	}
	return e
}

func encode(t testing.TB, c Charset, text string) string {
	t.Helper()
	out, err := encodingOf(t, c).NewEncoder().String(text)
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return out
}

func decode(t testing.TB, c Charset, r io.Reader) string {
	t.Helper()
	out, err := io.ReadAll(c.NewReader(r))
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return string(out)
}

// randomReader cuts its source at random places.
type randomReader struct {
	from   *strings.Reader
	random *rand.Rand
}

func (r randomReader) Read(p []byte) (int, error) {
	return r.from.Read(p[:min(len(p), r.random.IntN(6))])
}

// sameHoweverCut decodes source whole, byte by byte and in random pieces.
func sameHoweverCut(t testing.TB, c Charset, source string, seed uint64) string {
	t.Helper()
	whole := decode(t, c, strings.NewReader(source))
	for name, r := range map[string]io.Reader{
		"byte by byte":     iotest.OneByteReader(strings.NewReader(source)),
		"in random pieces": randomReader{strings.NewReader(source), rand.New(rand.NewPCG(seed, 1))},
		"error with data":  iotest.DataErrReader(strings.NewReader(source)),
	} {
		if got := decode(t, c, r); got != whole {
			t.Fatalf("%s, %s: %q, whole %q", c, name, got, whole)
		}
	}
	return whole
}

func TestReaderMarksInvalidBytesAndKeepsTheRest(t *testing.T) {
	for _, tt := range []struct {
		charset, source, want string
	}{
		{"utf-8", "caf\xe9,\xff\n\xe4\xbd,x", "caf\xff\xe9,\xff\xff\n\xff\xe4\xff\xbd,x"},
		{"utf-8", "\xed\xa0\x80\xc0\xaf", "\xff\xed\xff\xa0\xff\x80\xff\xc0\xff\xaf"},
		{"utf-8", "a\ufffdb", "a\ufffdb"},
		{"gb18030", "\xcd\xb7\xcd\xb4\n", "头痛\n"},
		{"gb18030", "\xcd\n\xcd\xb4\n", "\xff\xcd\n痛\n"},
		{"gb18030", "\xcd,\xff\xcd\xb4", "\xff\xcd,\xff\xff痛"},
		{"gb18030", "\x84\x31\xa4\x37", "\ufffd"},
		{"gb18030", "\x95\x32\x82\x36\x80", "\U00020000€"},
		{"gb18030", "\x84\x31\n\xa4\x37", "\xff\x841\n\xff\xa47"},
		{"gb18030", "\xfe\x39\xfe\x39", "\xff\xfe9\xff\xfe9"},
		{"gb18030", "\x84\x31\xa4", "\xff\x841\xff\xa4"},
		{"euc-kr", "\xb5\xce\xc5\xeb\xb5", "두통\xff\xb5"},
		{"euc-kr", "\xb5\n\xc9\xa1\xc9A", "\xff\xb5\n\xff\xc9\xff\xa1\xff\xc9A"},
		{"euc-jp", "\xc6\xac\xc4\xcb\x8e\xb1\x8f\xb0\xa1", "頭痛ｱ丂"},
		{"euc-jp", "\x8f\xb0\n\x8e\n\x8f\xa1\xa1x", "\xff\x8f\xff\xb0\n\xff\x8e\n\xff\x8f\xff\xa1\xff\xa1x"},
		{"shift_jis", "\x93\xaa\x92\xc9\xbd\xde\x83A", "頭痛ｽﾞア"},
		{"shift_jis", "\x93\n\x93,\xa0\xfd", "\xff\x93\n\xff\x93,\xff\xa0\xff\xfd"},
		{"big5", "\xc0Y\xb5h\n", "頭痛\n"},
		{"big5", "\x88\x62\x88\xa5", "Ê̄ê̌"},
		{"big5", "\xc0\n\x81{\x81\xa1", "\xff\xc0\n\xff\x81{\xff\x81\xff\xa1"},
		{"iso-2022-jp", "a\x1b$BF,DK\x1b(Bb\n", "a頭痛b\n"},
		{"iso-2022-jp", "\x1b$BF,D\nb,\xe9\x1bx\n", "頭\xffD\nb,\xff\xe9\xff\x1bx\n"},
		{"hz-gb-2312", "a~{M7M4~}b~~\n", "a头痛b~\n"},
		{"hz-gb-2312", "~{M7M\nM7~\nx~", "头\xffM\nM7\xff~\nx\xff~"},
		{"windows-1252", "M\xe9ni\xe8re \x80", "Ménière €"},
		{"windows-1253", "\xe1\xd2", "α\xff\xd2"},
		{"ibm037", "\xc8\x85", "He"},
		{"utf-16le", "a\x00\xac\x4e\x3d\xd8\x00\xde", "a京😀"},
		{"utf-16le", "\x3d\xd8\x0a\x00", "\xff\x3d\xff\xd8\n"},
		{"utf-16le", "\x00\xdex\x00\x3d\xd8", "\xff\x00\xff\xdex\xff\x3d\xff\xd8"},
		{"utf-16be", "\x00a\xff\xfd\x00", "a\ufffd\xff\x00"},
		{"utf-16", "\xff\xfea\x00", "a"},
		{"utf-16", "\xfe\xff\x00a", "a"},
		{"utf-16", "\x00a\x00b", "ab"},
		{"utf-16", "a\x00b\x00", "ab"},
		{"utf-32", "\xff\xfe\x00\x00a\x00\x00\x00", "a"},
		{"utf-32be", "\x00\x01\xf6\x00\x00\x00\xd8\x00\x00\x11\x00\x00", "😀\xff\x00\xff\x00\xff\xd8\xff\x00\xff\x00\xff\x11\xff\x00\xff\x00"},
	} {
		t.Run(tt.charset, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, sameHoweverCut(t, charsetOf(t, tt.charset), tt.source, 1)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.source, diff)
			}
		})
	}
}

func TestReaderDropsOneByteOrderMark(t *testing.T) {
	for _, c := range []Charset{UTF8, UTF16, UTF16LE, UTF16BE, UTF32, UTF32LE, UTF32BE, GB18030} {
		e := encodingOf(t, c)
		if c == UTF16 || c == UTF32 {
			e = encodingOf(t, map[Charset]Charset{UTF16: UTF16LE, UTF32: UTF32LE}[c])
		}
		source, err := e.NewEncoder().String("\ufeff\ufeffa\ufeff\n")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := sameHoweverCut(t, c, source, 1), "\ufeffa\ufeff\n"; got != want {
			t.Errorf("%s: %q, want %q", c, got, want)
		}
	}
}

func TestReaderReadsAllThatXTextReads(t *testing.T) {
	for _, name := range Names() {
		c := charsetOf(t, name)
		e := encodingOf(t, c)
		var text strings.Builder
		for r := rune(0); r <= utf8.MaxRune; r++ {
			if r == '~' || r == '\r' || r > 0xFFFF && r%997 != 0 {
				continue // ~ is HZ's escape; \r ends a line of the stateful ones
			}
			if encoded, err := e.NewEncoder().String(string(r)); err == nil {
				if back, err := e.NewDecoder().String(encoded); err == nil && back == string(r) {
					text.WriteRune(r)
				}
			}
		}
		want := text.String()
		source, err := e.NewEncoder().String(want)
		if err != nil {
			t.Fatal(name, err)
		}
		if got := decode(t, c, strings.NewReader(source)); got != want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(want))
		}
		if len(want) < 200 {
			t.Errorf("%s was tried with %d bytes only", name, len(want))
		}
	}
}

func TestReaderPassesOnAnErrorAfterTheText(t *testing.T) {
	broken := errors.New("broken")
	r := GB18030.NewReader(io.MultiReader(strings.NewReader("\xcd\xb7\xcd"), iotest.ErrReader(broken)))
	got, err := io.ReadAll(r)
	if string(got) != "头" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", got, err)
	}
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("an empty read: %d, %v", n, err)
	}
}

func TestReaderGivesUpOnASourceWithoutProgress(t *testing.T) {
	idle := readerFunc(func([]byte) (int, error) { return 0, nil })
	if _, err := io.ReadAll(UTF8.NewReader(idle)); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

func TestTheZeroCharsetReadsNothing(t *testing.T) {
	if n, err := (Charset{}).NewReader(strings.NewReader("a")).Read(make([]byte, 4)); n != 0 || err == nil {
		t.Error(n, err)
	}
}

func TestReaderHoldsABoundedPartOfTheFile(t *testing.T) {
	r := Windows1252.NewReader(io.LimitReader(readerFunc(func(p []byte) (int, error) {
		for i := range p {
			p[i] = 0x80 // three bytes of UTF-8
		}
		return len(p), nil
	}), 4<<20)).(*reader)
	if n, err := io.Copy(io.Discard, struct{ io.Reader }{r}); n != 12<<20 || err != nil {
		t.Error(n, err)
	}
	if cap(r.source) > readSize || cap(r.buffer) > 6*readSize {
		t.Errorf("it holds %d and %d bytes", cap(r.source), cap(r.buffer))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// unmarked takes the marked bytes out of text.
func unmarked(text string) (valid string, invalid []byte) {
	var b bytes.Buffer
	for i := 0; i < len(text); i++ {
		if text[i] == Invalid && i+1 < len(text) {
			i++
			invalid = append(invalid, text[i])
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String(), invalid
}

// restored takes the marks out of text and leaves the bytes after them.
func restored(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == Invalid && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

var fuzzed = []string{
	"utf-8", "gb18030", "gbk", "euc-kr", "euc-jp", "big5", "shift_jis", "iso-2022-jp", "hz-gb-2312",
	"utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be", "windows-1252", "windows-1253", "ibm037",
}

func FuzzReader(f *testing.F) {
	for i := range fuzzed {
		for _, seed := range []string{
			"", "a,b\r\n", "\xff\xfea\x00", "头痛,x\n", "\xcd\xb7\xcd\n\xb4\x84\x31\xa4\x37\x84\x31", "\x8f\xb0\n\x8e\xb1\xc6", "\x1b$BF,D\n\x1b(Ix",
			"~{M7M\nM4~}~\n", "\x3d\xd8\x00\xde\x3d", "\xc0Y\xb5h\x88\x62", strings.Repeat("\xcd\xb7,", 40),
		} {
			f.Add(i, uint64(1), []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, index int, seed uint64, source []byte) {
		if index < 0 {
			index = -(index + 1)
		}
		c := charsetOf(t, fuzzed[index%len(fuzzed)])
		out := sameHoweverCut(t, c, string(source), seed)
		valid, invalid := unmarked(out)
		if !utf8.ValidString(valid) {
			t.Fatalf("%s: %q is not UTF-8 without its marks", c, out)
		}
		if utf8.ValidString(out) != (len(invalid) == 0) {
			t.Fatalf("%s: %q has %d invalid bytes", c, out, len(invalid))
		}
		switch c {
		case UTF16, UTF16LE, UTF16BE, UTF32, UTF32LE, UTF32BE, charsetOf(t, "ibm037"):
			return
		case UTF8:
			if got, want := restored(out), strings.TrimPrefix(string(source), "\ufeff"); got != want {
				t.Fatalf("%q is restored as %q", want, got)
			}
		}
		if got, want := strings.Count(out, "\n"), bytes.Count(source, []byte("\n")); got != want {
			t.Fatalf("%s: %q has %d line ends, %q has %d", c, source, want, out, got)
		}
		for _, b := range invalid {
			if b < utf8.RuneSelf && c.Name() != "ISO-2022-JP" && c.Name() != "HZ-GB-2312" {
				t.Fatalf("%s: the ASCII byte %q is invalid in %q", c, b, out)
			}
		}
		if len(invalid) == 0 && !strings.HasPrefix(c.Name(), "ISO-2022") && !strings.HasPrefix(c.Name(), "HZ") {
			want, err := encodingOf(t, c).NewDecoder().Bytes(source)
			if err != nil || out != strings.TrimPrefix(string(want), "\ufeff") {
				t.Fatalf("%s: %q, x/text %q, %v", c, out, want, err)
			}
		}
	})
}

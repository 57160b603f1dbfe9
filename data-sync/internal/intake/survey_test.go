package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func gb(t testing.TB, s string) string {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSurveyTellsTheEncoding(t *testing.T) {
	chinese := "STUDYID,AESPID,AETERM\nS,1,头痛\nS,2,恶心和呕吐\nS,3,皮疹（躯干）\n"
	tests := map[string]struct {
		file string
		want Encoding
	}{
		"ASCII":                                {"a,b\n1,2\n", UTF8},
		"empty":                                {"", UTF8},
		"UTF-8 Chinese":                        {chinese, UTF8},
		"UTF-8 with a 4-byte Han character":    {"S,1,\U0002C317\n", UTF8},
		"GB18030 Chinese":                      {gb(t, chinese), GB18030},
		"GB18030 with one rare character":      {gb(t, chinese+"S,4,\U0002C317\n"+strings.Repeat("S,5,皮肤瘙痒\n", 3)), GB18030},
		"GB18030 cut in the middle":            {gb(t, chinese+"S,4,头痛头")[:len(gb(t, chinese+"S,4,头痛头"))-1], GB18030},
		"GB18030 mark":                         {string(bomGB18030) + "a\n", GB18030},
		"one Latin-1 byte before a comma":      {"S,1,caf\xe9,N\n", UTF8},
		"one Latin-1 byte before a letter":     {"S,1,Sj\xf6gren syndrome\n", UTF8},
		"several Latin-1 bytes":                {"S,1,M\xe9ni\xe8re\nS,2,Gu\xe9rin\n", UTF8},
		"one Latin-1 byte in UTF-8 Chinese":    {chinese + "S,4,Sj\xf6gren\n", UTF8},
		"a GB18030 line in UTF-8 Chinese":      {chinese + gb(t, "S,4,头痛\n"), UTF8},
		"UTF-8 Chinese cut inside a character": {chinese + "S,4,\xe5\xa4", UTF8},
		"UTF-8 mark before bad bytes":          {string(bomUTF8) + gb(t, chinese), UTF8},
		"CESU surrogates are not UTF-8":        {"\xed\xa0\x80\n", UTF8},
		"overlong forms are not UTF-8":         {"\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf\n", UTF8},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := TakeSurvey(iotest.HalfReader(strings.NewReader(tt.file)))
			if err != nil {
				t.Fatal(err)
			}
			if got.Encoding != tt.want {
				t.Errorf("encoding = %s, want %s", got.Encoding, tt.want)
			}
			sum := sha256.Sum256([]byte(tt.file))
			if got.SHA256 != hex.EncodeToString(sum[:]) || got.Size != int64(len(tt.file)) {
				t.Errorf("hash %s and size %d are not the file's", got.SHA256, got.Size)
			}
		})
	}
}

func TestSurveyCountsLinesAndSeesAMissingLineEnd(t *testing.T) {
	for file, want := range map[string]Survey{
		"":               {},
		"a":              {Lines: 1, Unterminated: true},
		"a\n":            {Lines: 1},
		"a\r\nb\r\n":     {Lines: 2},
		"a\rb":           {Lines: 2, Unterminated: true},
		"\n\n\r\r\n":     {Lines: 4},
		"\ufeffa\nb\n":   {Lines: 2, BOM: true},
		"\"a\nb\"\n1,2,": {Lines: 3, Unterminated: true},
	} {
		got, err := TakeSurvey(iotest.OneByteReader(strings.NewReader(file)))
		if err != nil {
			t.Fatal(err)
		}
		got.SHA256, got.Size, got.Encoding = "", 0, ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", file, diff)
		}
	}
}

func TestSurveyRefusesWhatIsNoTextAndSaysWhatToDo(t *testing.T) {
	for name, tt := range map[string]struct{ file, want string }{
		"UTF-16 LE mark":         {"\xff\xfea\x00", "convert it to UTF-8"},
		"UTF-16 BE mark":         {"\xfe\xff\x00a", "convert it to UTF-8"},
		"UTF-16 without a mark":  {"S\x00,\x001\x00\n\x00", "convert it to UTF-8"},
		"spreadsheet":            {"PK\x03\x04....", "save it as CSV"},
		"gzip":                   {"\x1f\x8b\x08....", "unpack it"},
		"reader's error is told": {"", "disk gone"},
	} {
		t.Run(name, func(t *testing.T) {
			var r io.Reader = strings.NewReader(tt.file)
			if tt.file == "" {
				r = iotest.ErrReader(errors.New("disk gone"))
			}
			_, err := TakeSurvey(r)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error = %v, want one with %q", err, tt.want)
			}
			if got := errors.Is(err, ErrNotText); got != (tt.file != "") {
				t.Errorf("wraps ErrNotText: %t", got)
			}
		})
	}
}

func TestTheDetectorAgreesWithUTF8Valid(t *testing.T) {
	var d detector
	check := func(b []byte) {
		d = detector{}
		for _, c := range b {
			d.add(c)
		}
		d.endLine()
		if d.invalid == utf8.Valid(b) {
			t.Fatalf("%x: invalid = %t", b, d.invalid)
		}
	}
	for a := range 256 {
		for b := range 256 {
			check([]byte{byte(a), byte(b)})
			for _, c := range []byte{0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xE5} {
				check([]byte{byte(a), byte(b), c})
				check([]byte{byte(a), byte(b), c, 0x80})
			}
		}
	}
}

// transcode leaves undecodable pairs as they are; were two of them valid UTF-8
// they would pass for text.
func TestUndecodableGB18030NeverPassesForText(t *testing.T) {
	var bad [][]byte
	for a := 0x81; a <= 0xFE; a++ {
		for b := 0x40; b <= 0xFE; b++ {
			pair := []byte{byte(a), byte(b)}
			if gbLength(pair) != 2 {
				continue
			}
			if _, ok := GB18030.decode(pair); !ok {
				bad = append(bad, pair)
			}
		}
	}
	for _, a := range bad {
		if utf8.Valid(GB18030.transcode(a)) {
			t.Errorf("%x passes for text", a)
		}
		for _, b := range bad {
			if utf8.Valid(append(a[:2:2], b...)) {
				t.Fatalf("%x%x passes for text", a, b)
			}
		}
	}
	for _, s := range []string{"\xff", "\xb0,", "x\xb0", "\x84\x31\xa5\x30", "\xe5\xff\xff"} {
		if utf8.Valid(GB18030.transcode([]byte(s))) {
			t.Errorf("%x passes for text", s)
		}
	}
	if got := string(GB18030.transcode([]byte(gb(t, "头痛\U0002C317a")))); got != "头痛\U0002C317a" {
		t.Errorf("transcode = %q", got)
	}
}

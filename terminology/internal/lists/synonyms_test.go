package lists_test

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// dictionary is a release of four LLTs and an HLT.
type dictionary struct{}

func (dictionary) Version() string { return "1.0" }

func (dictionary) LLT(c meddra.Code) (meddra.LLT, bool) {
	llt, ok := map[meddra.Code]meddra.LLT{
		90000001: {Code: 90000001, PT: 90000001, Current: true},
		90000002: {Code: 90000002, PT: 90000001, Current: true},
		90000003: {Code: 90000003, PT: 90000003, Current: true},
		90000004: {Code: 90000004, PT: 90000003},
	}[c]
	return llt, ok
}

func (dictionary) Lookup(c meddra.Code) (meddra.Term, meddra.Level, bool) {
	return meddra.Term{Code: c}, meddra.LevelHLT, c == 90000100
}

var dictionaries = map[meddra.Language]dictionary{meddra.English: {}}

const header = "verbatim,language,llt_code,scope,approved_by,approved_at\n"

func parse(t *testing.T, rows ...string) (*lists.Synonyms, error) {
	t.Helper()
	return lists.ParseSynonyms("synonyms.csv", strings.NewReader(header+strings.Join(rows, "\n")), dictionaries)
}

func mustParse(t *testing.T, rows ...string) *lists.Synonyms {
	t.Helper()
	l, err := parse(t, rows...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestSynonymsAreFoundByFoldedWordingScopeAndLanguage(t *testing.T) {
	l := mustParse(t,
		`"Throwing-up",en,90000001,sponsor,A. Coder,2026-03-01`,
		`throwing up,en,90000003,study:ABC-1,A. Coder,2026-03-01T10:00:00Z`,
		`拉 肚子,zh,90000002,sponsor,A. Coder,2026-03-01`,
	)
	type answer struct {
		Code meddra.Code
		OK   bool
	}
	sponsor := func(lang meddra.Language, folded string) answer {
		c, ok := l.Sponsor(lang, folded)
		return answer{c, ok}
	}
	study := func(study string, lang meddra.Language, folded string) answer {
		c, ok := l.Study(study, lang, folded)
		return answer{c, ok}
	}
	for name, tc := range map[string]struct{ got, want answer }{
		"sponsor":                         {sponsor("en", "throwing up"), answer{90000001, true}},
		"sponsor, other language":         {sponsor("zh", "throwing up"), answer{}},
		"sponsor, Chinese":                {sponsor("zh", "拉肚子"), answer{90000002, true}},
		"study":                           {study("ABC-1", "en", "throwing up"), answer{90000003, true}},
		"study has no sponsor synonyms":   {study("ABC-1", "zh", "拉肚子"), answer{}},
		"other study":                     {study("ABC-2", "en", "throwing up"), answer{}},
		"no study":                        {study("", "en", "throwing up"), answer{}},
		"study names are taken literally": {study("abc-1", "en", "throwing up"), answer{}},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %v, want %v", name, tc.got, tc.want)
		}
	}
	if n := len(l.Entries()); n != 3 {
		t.Errorf("%d synonyms, want 3", n)
	}
}

func TestParseRefusesTheWholeListAndNamesEveryProblem(t *testing.T) {
	_, err := parse(t,
		"good one,en,90000001,sponsor,A. Coder,2026-03-01",               // 2
		"secret a,en,99999999,sponsor,A. Coder,2026-03-01",               // 3
		"secret b,en,90000100,sponsor,A. Coder,2026-03-01",               // 4
		"secret c,en,90000004,sponsor,A. Coder,2026-03-01",               // 5
		"secret d,fr,90000001,sponsor,A. Coder,2026-03-01",               // 6
		"secret e,en,90000001,site:1,A. Coder,2026-03-01",                // 7
		"secret e,en,90000001,study:,A. Coder,2026-03-01",                // 8
		" ,en,90000001,sponsor,A. Coder,2026-03-01",                      // 9
		strings.Repeat("x", 1001)+",en,90000001,sponsor,A. C,2026-03-01", // 10
		"sec\tret,en,90000001,sponsor,A. Coder,2026-03-01",               // 11
		"secret f,en,90000001,sponsor,A. Coder,01/03/2026",               // 12
		"Good One,en,90000003,sponsor,A. Coder,2026-03-01",               // 13
		"secret g,en,9000001,sponsor, ,2026-03-01",                       // 14
		"secret h,en,90000001",                                           // 15
		`secret "i",en,90000001,sponsor,A. Coder,2026-03-01`,             // 16
		"secret\xff,en,90000001,sponsor,A. Coder,2026-03-01",             // 17
		"GOOD  one,en,90000001,sponsor,A. Coder,2026-03-01",              // 18, the same code again: fine
		"good one,en,90000003,study:X,A. Coder,2026-03-01",               // 19, another scope: fine
	)
	want := []string{
		"synonyms.csv:3: llt_code: 99999999 does not exist in 1.0",
		"synonyms.csv:4: llt_code: 90000100 is not an LLT but a term of level HLT in 1.0",
		"synonyms.csv:5: llt_code: 90000004 is not a current LLT in 1.0",
		"synonyms.csv:6: language: is not supported, want en or zh",
		"synonyms.csv:7: scope: is neither sponsor nor study:<STUDYID>",
		"synonyms.csv:8: scope: is neither sponsor nor study:<STUDYID>",
		"synonyms.csv:9: verbatim: is empty",
		"synonyms.csv:10: verbatim: is longer than 1000 characters",
		"synonyms.csv:11: verbatim: holds a control character, such as a line break or a tab",
		"synonyms.csv:12: approved_at: is not an RFC 3339 date or date-time, such as 2026-03-01",
		"synonyms.csv:13: llt_code: conflicts with line 2: the same wording has another code there",
		"synonyms.csv:14: llt_code: is not an 8-digit MedDRA code",
		"synonyms.csv:14: approved_by: is empty or not printable: a synonym codes without a person and needs one who approved it",
		"synonyms.csv:15: has 3 fields, want 6",
		`synonyms.csv:16: bare " in non-quoted-field`,
		"synonyms.csv:17: verbatim: is not valid UTF-8",
	}
	var invalid *lists.ValidationError
	if !errors.As(err, &invalid) {
		t.Fatalf("Parse: %v, want a ValidationError", err)
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("a message quotes a verbatim")
	}
}

func TestParseRefusesAFaultyHeader(t *testing.T) {
	for name, text := range map[string]string{
		"empty file":     "",
		"missing column": "verbatim,language,llt_code,scope,approved_by\n",
		"extra column":   "verbatim,language,llt_code,scope,approved_by,approved_at,note\n",
		"other case":     "Verbatim,language,llt_code,scope,approved_by,approved_at\n",
	} {
		if _, err := lists.ParseSynonyms("synonyms.csv", strings.NewReader(text), dictionaries); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestParseTakesColumnsInAnyOrderAndAByteOrderMark(t *testing.T) {
	l, err := lists.ParseSynonyms("synonyms.csv", strings.NewReader(
		"\uFEFFllt_code,verbatim,scope,language,approved_at,approved_by\r\n90000001,throwing up,sponsor,en,2026-03-01,A. Coder\r\n"), dictionaries)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := l.Sponsor("en", "throwing up"); !ok {
		t.Error("synonym not found")
	}
}

func TestParseWithoutAReleaseRefusesCodesItCannotCheck(t *testing.T) {
	row := header + "throwing up,en,90000001,sponsor,A. Coder,2026-03-01\n"
	if _, err := lists.ParseSynonyms[dictionary]("synonyms.csv", strings.NewReader(row), nil); err == nil {
		t.Error("accepted a code that no release was there to check")
	}
}

func TestVersionFollowsContentNotForm(t *testing.T) {
	const a, b = "throwing up,en,90000001,sponsor,A. Coder,2026-03-01", "拉肚子,zh,90000002,sponsor,A. Coder,2026-03-01"
	base := mustParse(t, a, b).Version()
	if len(base) != 12 {
		t.Errorf("version %q, want 12 hex digits", base)
	}
	for name, tc := range map[string]struct {
		rows []string
		same bool
	}{
		"other order":      {[]string{b, a}, true},
		"repeated row":     {[]string{a, b, a}, true},
		"folded the same":  {[]string{"Throwing-Up,en,90000001,sponsor,A. Coder,2026-03-01", b}, true},
		"approved later":   {[]string{strings.Replace(a, "2026", "2027", 1), b}, true},
		"other code":       {[]string{strings.Replace(a, "90000001", "90000002", 1), b}, false},
		"other scope":      {[]string{strings.Replace(a, "sponsor", "study:X", 1), b}, false},
		"one row less":     {[]string{a}, false},
		"no rows":          {nil, false},
		"other language":   {[]string{strings.Replace(a, ",en,", ",zh,", 1), b}, false},
		"quoting the same": {[]string{`"throwing up",en,90000001,sponsor,A. Coder,2026-03-01`, b}, true},
	} {
		if got := mustParse(t, tc.rows...).Version(); (got == base) != tc.same {
			t.Errorf("%s: version %s, base %s, want same: %v", name, got, base, tc.same)
		}
	}
}

func TestAMissingFileIsNoEmptyList(t *testing.T) {
	path := filepath.Join(t.TempDir(), "synonyms.csv")
	if _, err := lists.LoadSynonyms(path, dictionaries); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("Load: %v, want an error that names the file", err)
	}
	l := lists.NoSynonyms()
	if l.Version() != lists.NoVersion || len(l.Entries()) != 0 {
		t.Errorf("the empty list has version %q and %d entries", l.Version(), len(l.Entries()))
	}
	if _, ok := l.Sponsor("en", "x"); ok {
		t.Error("the empty list has a synonym")
	}
}

func TestManyProblemsMakeABoundedMessage(t *testing.T) {
	rows := make([]string, 200)
	for i := range rows {
		rows[i] = fmt.Sprintf("v%d,en,1,sponsor,A. Coder,2026-03-01", i)
	}
	_, err := parse(t, rows...)
	var invalid *lists.ValidationError
	if !errors.As(err, &invalid) || len(invalid.Problems) != 200 {
		t.Fatalf("want 200 problems, got %v", err)
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 51 || lines[50] != "and 150 more" {
		t.Errorf("message has %d lines, ends %q", len(lines), lines[len(lines)-1])
	}
}

func FuzzParse(f *testing.F) {
	f.Add(header + "throwing up,en,90000001,sponsor,A. Coder,2026-03-01\n")
	f.Add(header + "\"a\nb\",en,90000001,study:X,A,2026-03-01T00:00:00Z\n\"")
	f.Add("\uFEFF" + header)
	f.Fuzz(func(t *testing.T, text string) {
		l, err := lists.ParseSynonyms("synonyms.csv", strings.NewReader(text), dictionaries)
		if (l == nil) == (err == nil) {
			t.Fatalf("list %v with error %v", l, err)
		}
		if err != nil && err.Error() == "" {
			t.Fatal("empty message")
		}
	})
}

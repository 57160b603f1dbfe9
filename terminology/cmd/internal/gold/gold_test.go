package gold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryGoldLineIsRead(t *testing.T) {
	long := strings.Repeat("long ", 20_000)
	for name, tc := range map[string]struct {
		text string
		want []Line
	}{
		"one code":                   {"ache\t90000101\t3\n", []Line{{1, "ache", []meddra.Code{90000101}, 3}}},
		"several codes, each once":   {"ache\t90000101| 90000102 |90000101\t1", []Line{{1, "ache", []meddra.Code{90000101, 90000102}, 1}}},
		"nothing fits":               {"ache\t\t3\n", []Line{{1, "ache", nil, 3}}},
		"nothing fits, no rows":      {"ache\t\n", []Line{{1, "ache", nil, 1}}},
		"rows are 1 if absent":       {"ache\t90000101\n", []Line{{1, "ache", []meddra.Code{90000101}, 1}}},
		"rows are 1 if empty":        {"ache\t90000101\t\n", []Line{{1, "ache", []meddra.Code{90000101}, 1}}},
		"rows with a fraction":       {"ache\t90000101\t0.5\n", []Line{{1, "ache", []meddra.Code{90000101}, 0.5}}},
		"byte order mark and CRLF":   {"\uFEFFache\t90000101\t2\r\nrash\t\t\r\n", []Line{{1, "ache", []meddra.Code{90000101}, 2}, {2, "rash", nil, 1}}},
		"blank lines and comments":   {"# gold\n\nache\t\n# a\tb\tc\n", []Line{{3, "ache", nil, 1}}},
		"a wording that begins in #": {"#1 tooth\t90000101\n", []Line{{1, "#1 tooth", []meddra.Code{90000101}, 1}}},
		"names of the columns":       {"\uFEFFverbatim\tpt_codes\trows\nache\t\n", []Line{{2, "ache", nil, 1}}},
		"the same wording twice":     {"ache\t\nache\t\n", []Line{{1, "ache", nil, 1}, {2, "ache", nil, 1}}},
		"what the coder refuses":     {long + "\t90000101\n \t\n\t\n", []Line{{1, long, []meddra.Code{90000101}, 1}, {2, " ", nil, 1}, {3, "", nil, 1}}},
	} {
		got, err := parse("gold.tsv", strings.NewReader(tc.text))
		if err != nil || !cmp.Equal(got, tc.want) {
			t.Errorf("%s: error %v, %s", name, err, cmp.Diff(tc.want, got))
		}
	}
}

func TestAFaultyGoldFileIsRefusedWithItsLine(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"no codes":         {"ache\t\nrash\n", "gold file gold.tsv:2: 1 fields"},
		"a field too many": {"ache\t\t1\tx\n", "gold file gold.tsv:1: 4 fields"},
		"no code":          {"ache\tpain\n", "gold file gold.tsv:1: PT codes: "},
		"another digit":    {"ache\t9000010\n", "is not an 8-digit MedDRA code"},
		"rows of 0":        {"ache\t\t0\n", "gold file gold.tsv:1: rows: "},
		"rows below 0":     {"ache\t\t-1\n", "rows: "},
		"rows without end": {"ache\t\tInf\n", "rows: "},
		"no number":        {"ache\t\tNaN\n", "rows: "},
		"endless line":     {"ache\t\n" + strings.Repeat("x", 1<<20+1), "gold file gold.tsv:2: line is longer"},
		"nothing":          {"# only this\n", "has no gold line"},
	} {
		if _, err := parse("gold.tsv", strings.NewReader(tc.text)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, tc.want)
		}
	}
}

func TestLoadNamesTheFileThatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gold.tsv")
	if _, err := Load(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one with %s", err, path)
	}
	if err := os.WriteFile(path, []byte("ache\t90000101\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load(path)
	if err != nil || len(got) != 1 || !got[0].Right(90000101) || got[0].Right(90000102) {
		t.Errorf("%v, error %v", got, err)
	}
}

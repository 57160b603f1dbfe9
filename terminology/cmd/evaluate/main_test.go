package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"aecode/terminology/cmd/internal/command"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// execute runs evaluate as a user would.
func execute(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

func measured(t *testing.T, args ...string) report {
	t.Helper()
	code, stdout, stderr := execute(append(args, "-json")...)
	if code != command.OK || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	var r report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	return r
}

func TestAGoldFileIsMeasuredOnAReleaseWithPastDecisions(t *testing.T) {
	r := measured(t, "-release", "testdata/release", "-gold", "testdata/gold.tsv", "-synonyms", "testdata/synonyms.csv")
	if r.Distinct.N != 8 || r.Rows.N != 27 || r.Release != "99.1" || r.Synonyms != 2 || r.NothingFits != 1 || r.Refused != 0 {
		t.Errorf("%+v", r)
	}
	// Right are Headache, HEAD PAIN, tummy trouble and "Pain, abdominal"; of the two PTs of
	// "flashes" the right one is second.
	if got := r.Distinct; got.Accuracy1 != 4.0/8 || got.Recall5 != 5.0/8 || got.Recall20 != 5.0/8 || got.Answerable != 6.0/8 || got.AutoCoded != 5.0/8 || got.AutoPrecision != 4.0/5 {
		t.Errorf("distinct: %+v", got)
	}
	if got := r.Rows; got.Accuracy1 != 17.0/27 || got.Recall5 != 18.0/27 || got.AutoCoded != 20.0/27 || got.AutoPrecision != 17.0/20 {
		t.Errorf("rows: %+v", got)
	}
	if len(r.False) != 1 || r.False[0].Line != 4 || r.False[0].Coded != "90000102 Abdominal pain" || !slices.Equal(r.False[0].Right, []string{"90000106 Rash"}) {
		t.Errorf("false auto-codes: %+v", r.False)
	}
	coded := map[string]int{}
	for _, m := range r.Methods {
		coded[m.Method] = m.Coded
	}
	if coded["exact"] != 3 || coded["folded"] != 1 || coded["sponsor_synonym"] != 1 || len(coded) != 3 {
		t.Errorf("by method: %v", coded)
	}
}

func TestAStudysSynonymsCountOnlyForTheStudy(t *testing.T) {
	args := []string{"-release", "testdata/release/en", "-gold", "testdata/gold.tsv", "-synonyms", "testdata/synonyms.csv"}
	without, with := measured(t, args...), measured(t, append(args, "-study", "S-1")...)
	if len(without.False) != 1 || without.False[0].Method != "exact" || len(with.False) != 1 || with.False[0].Method != "study_synonym" {
		t.Errorf("false auto-codes without the study %+v, with it %+v", without.False, with.False)
	}
}

func TestOneLanguagesFolderIsMeasuredAloneInItsLanguage(t *testing.T) {
	r := measured(t, "-release", "testdata/release/zh", "-gold", "testdata/gold_zh.tsv")
	if len(r.Languages) != 1 || r.Languages[0] != "zh" || r.Distinct.Accuracy1 != 2.0/3 || r.Rows.Accuracy1 != 3.0/4 {
		t.Errorf("%+v", r)
	}
}

func TestWhatTheCoderRefusesIsInTheDenominator(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gold.tsv")
	text := "Headache\t90000101\n" + strings.Repeat("pain ", 300) + "\t90000101\n \t90000101\na\x00b\t90000101\n\xff\t90000101\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := measured(t, "-release", "testdata/release", "-gold", file)
	if r.Distinct.N != 5 || r.Refused != 4 || r.Distinct.Accuracy1 != 1.0/5 || r.Distinct.AutoCoded != 1.0/5 {
		t.Errorf("%+v", r)
	}
}

func TestDistinctComesFirstInTheJSON(t *testing.T) {
	_, stdout, _ := execute("-release", "testdata/release", "-gold", "testdata/gold.tsv", "-json")
	if !strings.HasPrefix(stdout, `{"distinct":{"accuracy@1":0.`) || strings.Count(stdout, "\n") != 1 {
		t.Error(stdout)
	}
}

func TestMistakesAndPlotAreWritten(t *testing.T) {
	dir := t.TempDir()
	mistakes, plot := filepath.Join(dir, "mistakes.tsv"), filepath.Join(dir, "plot.png")
	code, _, stderr := execute("-release", "testdata/release", "-gold", "testdata/gold.tsv", "-errors", mistakes, "-plot", plot)
	if code != command.OK {
		t.Fatal(stderr)
	}
	text, err := os.ReadFile(mistakes)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0]+"\n" != mistakesHeader || len(lines) != 5 {
		t.Errorf("%q", lines)
	}
	for _, line := range lines {
		if strings.Count(line, "\t") != strings.Count(mistakesHeader, "\t") {
			t.Errorf("other columns than the header: %q", line)
		}
	}
	f, err := os.Open(plot)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if picture, err := png.Decode(f); err != nil || picture.Bounds().Dx() != plotWidth || picture.Bounds().Dy() != plotHeight {
		t.Errorf("no plot: %v", err)
	}
}

func TestFaultsEndWithOneLineAndACode(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := []string{"-release", "testdata/release", "-gold", "testdata/gold.tsv"}
	with := func(more ...string) []string { return append(slices.Clone(good), more...) }
	for name, tc := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no release":          {[]string{"-gold", "x"}, command.Usage, "-release"},
		"no gold":             {[]string{"-release", "x"}, command.Usage, "-gold"},
		"unknown flag":        {with("-fold", "3"), command.Usage, "-fold"},
		"a stray word":        {with("more"), command.Usage, `"more"`},
		"unknown language":    {with("-language", "fr"), command.Usage, "-language"},
		"plot of what":        {with("-plot", "plot.svg"), command.Usage, "-plot"},
		"release not there":   {[]string{"-release", filepath.Join(dir, "none"), "-gold", "x"}, command.Failed, "none"},
		"language not there":  {[]string{"-release", "testdata/release/en", "-gold", "testdata/gold.tsv", "-language", "zh"}, command.Failed, "-language zh"},
		"gold not there":      {[]string{"-release", "testdata/release", "-gold", filepath.Join(dir, "none.tsv")}, command.Failed, "none.tsv"},
		"faulty gold":         {[]string{"-release", "testdata/release", "-gold", write("g.tsv", "ache\t\nrash\n")}, command.Failed, "g.tsv:2: "},
		"faulty synonyms":     {with("-synonyms", write("s.csv", "verbatim,language,llt_code,scope,approved_by,approved_at\nx,en,90000999,sponsor,A,2026-03-01\n")), command.Failed, "s.csv:2: llt_code"},
		"synonyms not there":  {with("-synonyms", filepath.Join(dir, "none.csv")), command.Failed, "none.csv"},
		"mistakes to nowhere": {with("-errors", filepath.Join(dir, "no", "e.tsv")), command.Failed, "-errors: "},
		"plot to nowhere":     {with("-plot", filepath.Join(dir, "no", "p.png")), command.Failed, "-plot: "},
	} {
		code, stdout, stderr := execute(tc.args...)
		if code != tc.code || stdout != "" || !strings.HasPrefix(stderr, "evaluate: ") || !strings.Contains(stderr, tc.want) {
			t.Errorf("%s: exit code %d, stderr %q; want %d and %q", name, code, stderr, tc.code, tc.want)
		}
	}
}

func TestHelpGoesToStdoutAndNamesEveryFlag(t *testing.T) {
	code, stdout, stderr := execute("-h")
	if code != command.OK || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{"verbatim TAB pt_codes TAB rows", "Exit codes", "-release", "-gold", "-synonyms", "-study", "-language", "-json", "-errors", "-plot"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("-h does not tell %s", want)
		}
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aecode/terminology/cmd/internal/command"
	"aecode/terminology/internal/ranking"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The release and the gold lines are those of evaluate's tests.
const fixtures = "../evaluate/testdata"

func execute(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return code, out.String(), errs.String()
}

// small are flags of a training that takes no time.
func small(lang, gold, out string, more ...string) []string {
	return append([]string{
		"-release", filepath.Join(fixtures, "release", lang), "-lang", lang, "-gold", gold, "-out", out,
		"-folds", "2", "-trees", "3", "-depth", "2",
	}, more...)
}

func trained(t *testing.T, args []string, out string) (model []byte, stdout string) {
	t.Helper()
	code, stdout, stderr := execute(args...)
	if code != command.OK || stderr != "" {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	model, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return model, stdout
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	for lang, gold := range map[string]string{"en": "gold.tsv", "zh": "gold_zh.tsv"} {
		out := filepath.Join(t.TempDir(), "model.json")
		args := small(lang, filepath.Join(fixtures, gold), out)
		first, told := trained(t, args, out)
		second, _ := trained(t, args, out)
		if !bytes.Equal(first, second) {
			t.Errorf("%s: two models", lang)
		}
		var m ranking.Model
		if err := json.Unmarshal(first, &m); err != nil || len(m.Trees) != 3 || len(m.Calibration.Weights) == 0 {
			t.Errorf("%s: error %v, model %s", lang, err, first)
		}
		for _, want := range []string{"gold lines", "accuracy@1", "recall@5", "recall@20", "no name in these words", "fitted: 3 trees", "groupSize"} {
			if !strings.Contains(told, want) {
				t.Errorf("%s: %q is not told: %s", lang, want, told)
			}
		}
	}
}

func TestTheDefaultsAreThoseOfTheCompiledModels(t *testing.T) {
	for lang, want := range map[string]options{
		"en": {folds: 4, trees: 80, depth: 4, rate: 0.15, ridge: 3, self: 0.15, seed: 1},
		"zh": {folds: 8, trees: 60, depth: 2, rate: 0.15, ridge: 3, self: 0.02, seed: 1},
	} {
		o, err := parseFlags([]string{"-release", "r", "-gold", "g", "-out", "o", "-lang", lang}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if o.foldSeed() != 7 || o.syntheticSeed() != 3 || o.fitting().Seed != 1 || o.fitting().Share != 0.8 {
			t.Errorf("%s: other seeds than the compiled models have: %+v", lang, o)
		}
		o.Input, o.out = command.Input{}, ""
		if o != want {
			t.Errorf("%s: %+v, want %+v", lang, o, want)
		}
	}
	o, err := parseFlags([]string{"-release", "r", "-gold", "g", "-out", "o", "-lang", "zh", "-self", "0", "-seed", "0", "-trees", "5"}, nil)
	if err != nil || o.self != 0 || o.seed != 0 || o.trees != 5 || o.depth != 2 {
		t.Errorf("what is given must stand, 0 too: %+v, error %v", o, err)
	}
}

func TestFaultsEndWithOneLineAndACode(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "model.json")
	gold := filepath.Join(fixtures, "gold.tsv")
	other := filepath.Join(dir, "other.tsv")
	if err := os.WriteFile(other, []byte("Headache\t90000999\nwell\t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	faulty := filepath.Join(dir, "faulty.tsv")
	if err := os.WriteFile(faulty, []byte("Headache\t90000101\nx\ty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := small("en", gold, out)
	with := func(more ...string) []string { return append(slices.Clone(good), more...) }
	for name, tc := range map[string]struct {
		args []string
		code int
		want string
	}{
		"nothing":               {nil, command.Usage, "-release"},
		"no language":           {[]string{"-release", "r", "-gold", "g", "-out", "o"}, command.Usage, "-lang"},
		"unknown language":      {with("-lang", "fr"), command.Usage, "-lang"},
		"no gold":               {[]string{"-release", "r", "-lang", "en", "-out", "o"}, command.Usage, "-gold"},
		"no out":                {[]string{"-release", "r", "-lang", "en", "-gold", "g"}, command.Usage, "-out"},
		"one fold":              {with("-folds", "1"), command.Usage, "-folds"},
		"no trees":              {with("-trees", "0"), command.Usage, "-trees"},
		"no depth":              {with("-depth", "0"), command.Usage, "-depth"},
		"bottomless":            {with("-depth", "40"), command.Usage, "-depth"},
		"no rate":               {with("-rate", "NaN"), command.Usage, "-rate"},
		"negative ridge":        {with("-ridge", "-1"), command.Usage, "-ridge"},
		"endless weight":        {with("-self", "+Inf"), command.Usage, "-self"},
		"a stray word":          {with("more"), command.Usage, `"more"`},
		"release not there":     {with("-release", filepath.Join(dir, "none")), command.Failed, "none"},
		"language not there":    {with("-lang", "zh"), command.Failed, "-lang zh"},
		"gold not there":        {with("-gold", filepath.Join(dir, "none.tsv")), command.Failed, "none.tsv"},
		"faulty gold":           {with("-gold", faulty), command.Failed, "faulty.tsv:2: "},
		"nothing to learn from": {with("-gold", other), command.Failed, "none of its 2 lines"},
	} {
		code, stdout, stderr := execute(tc.args...)
		if code != tc.code || stdout != "" || !strings.HasPrefix(stderr, "train: ") || !strings.Contains(stderr, tc.want) {
			t.Errorf("%s: exit code %d, stderr %q; want %d and %q", name, code, stderr, tc.code, tc.want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a model is written all the same", name)
		}
	}
	if code, _, stderr := execute(with("-out", filepath.Join(dir, "no", "model.json"))...); code != command.Failed || !strings.Contains(stderr, "-out: ") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

func TestHelpGoesToStdoutAndNamesEveryFlag(t *testing.T) {
	code, stdout, stderr := execute("-h")
	if code != command.OK || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{"Exit codes", "-release", "-lang", "-gold", "-out", "-folds", "-trees", "-depth", "-rate", "-ridge", "-self", "-seed"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("-h does not tell %s", want)
		}
	}
}

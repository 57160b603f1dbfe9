package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const demoRelease, demoSynonyms = "../../../demo/release/ctcae-5.0", "../../../demo/synonyms.csv"

func demoVocabulary(t *testing.T) vocabulary {
	t.Helper()
	v, err := readVocabulary(demoRelease, demoSynonyms)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func load(t *testing.T, n int, seed uint64) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := generate(&b, demoVocabulary(t), n, seed); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rowsOf(t *testing.T, content []byte) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(header, rows[0]); diff != "" {
		t.Fatalf("header (-want +got):\n%s", diff)
	}
	return rows[1:]
}

func TestSameSeedGivesTheSameBytes(t *testing.T) {
	first := load(t, 2000, 7)
	if !bytes.Equal(first, load(t, 2000, 7)) {
		t.Error("two loads of the same seed differ")
	}
	if bytes.Equal(first, load(t, 2000, 8)) {
		t.Error("loads of different seeds are the same")
	}
}

func TestSmallerLoadIsTheStartOfALargerOne(t *testing.T) {
	if !bytes.HasPrefix(load(t, 5000, 1), load(t, 500, 1)) {
		t.Error("500 reports are not the first 500 of 5,000 of the same seed")
	}
}

func TestEveryReportHasAnIdentityOfItsOwn(t *testing.T) {
	rows := rowsOf(t, load(t, 50_000, 1))
	if len(rows) != 50_000 {
		t.Fatalf("%d reports, want 50,000", len(rows))
	}
	bySponsorID, bySequence, inStudies := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, r := range rows {
		study, subject, sequence, id := r[0], r[1], r[2], r[3]
		if bySponsorID[study+" "+id] || bySequence[study+" "+subject+" "+sequence] {
			t.Fatalf("report %d has the identity of an earlier one: %q", i+1, r)
		}
		bySponsorID[study+" "+id], bySequence[study+" "+subject+" "+sequence], inStudies[study] = true, true, true
	}
	if len(inStudies) != studies {
		t.Errorf("%d studies, want %d", len(inStudies), studies)
	}
}

func TestLoadIsComposedAsDocumented(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		rows := rowsOf(t, load(t, 50_000, seed))
		count := map[string]int{}
		frequency := map[string]int{}
		for i, r := range rows {
			verbatim, serious, language := r[4], r[5], r[6]
			count[language]++
			count["serious "+serious]++
			frequency[verbatim]++
			if strings.ContainsFunc(verbatim, func(c rune) bool { return unicode.Is(unicode.Han, c) }) != (language == "zh") {
				t.Fatalf("seed %d, report %d: the verbatim is not in its language: %q", seed, i+1, r)
			}
		}
		share := func(key string) float64 { return float64(count[key]) / float64(len(rows)) }
		if s := share("zh"); s < 0.095 || s > 0.105 {
			t.Errorf("seed %d: %.3f Chinese, want about 0.10", seed, s)
		}
		if s := share("serious Y"); s < 0.027 || s > 0.033 {
			t.Errorf("seed %d: %.3f serious, want about 0.03", seed, s)
		}
		if d := len(frequency); d < 5000 || d > 9000 {
			t.Errorf("seed %d: %d distinct verbatims, want 5,000 to 9,000", seed, d)
		}
		counts := make([]int, 0, len(frequency))
		for _, f := range frequency {
			counts = append(counts, f)
		}
		slices.Sort(counts)
		slices.Reverse(counts)
		common := 0
		for _, f := range counts[:len(counts)/10] {
			common += f
		}
		if s := float64(common) / float64(len(rows)); s < 0.4 {
			t.Errorf("seed %d: the commonest tenth of the verbatims makes up %.2f of the reports, want 0.4 at least", seed, s)
		}
	}
}

func TestAboutHalfOfTheReportsCanBeDecidedByTheCoderAlone(t *testing.T) {
	v := demoVocabulary(t)
	// The pools are the first thing that a load draws.
	r := rand.New(rand.NewPCG(1, 0))
	decided := map[string]bool{}
	for _, language := range []string{"en", "zh"} {
		p := makePools(language, v[language], r)
		for _, verbatim := range p.decided {
			decided[verbatim] = true
		}
		for _, verbatim := range p.suggested {
			if decided[verbatim] || decided[strings.ToLower(verbatim)] {
				t.Errorf("%q is in both pools", verbatim)
			}
		}
	}
	n := 0
	rows := rowsOf(t, load(t, 50_000, 1))
	for _, r := range rows {
		if decided[r[4]] {
			n++
		}
	}
	if s := float64(n) / float64(len(rows)); s < 0.48 || s > 0.52 {
		t.Errorf("%.3f of the reports can be decided, want about half", s)
	}
}

func TestEveryVerbatimMayBeSentToTheCoder(t *testing.T) {
	for i, r := range rowsOf(t, load(t, 50_000, 1)) {
		verbatim := r[4]
		n := utf8.RuneCountInString(verbatim)
		if n < 1 || n > 1000 || !utf8.ValidString(verbatim) || strings.ContainsFunc(verbatim, unicode.IsControl) || strings.TrimSpace(verbatim) != verbatim {
			t.Fatalf("report %d: %q", i+1, verbatim)
		}
	}
}

func TestMisspellChangesEveryName(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for _, name := range append(demoVocabulary(t)["en"].names, "ab", "oooo") {
		for range 20 {
			if misspell(name, r) == name {
				t.Errorf("%q came out as it was", name)
			}
		}
	}
}

func TestRunWritesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "load.csv")
	if err := run(300, 1, file, demoRelease, demoSynonyms); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, load(t, 300, 1)) {
		t.Error("the file is not the load of its seed")
	}
}

func TestBadArgumentsAreErrors(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.csv")
	if err := os.WriteFile(empty, []byte("verbatim,language,llt_code,scope\nx,fr,1,sponsor\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name                   string
		n                      int
		out, release, synonyms string
		want                   string
	}{
		{name: "no reports", n: 0, release: demoRelease, synonyms: demoSynonyms, want: "0 reports"},
		{name: "no release", n: 1, release: dir, synonyms: demoSynonyms, want: "read the en release"},
		{name: "no synonym list", n: 1, release: demoRelease, synonyms: filepath.Join(dir, "none"), want: "read the synonym list"},
		{name: "language of a synonym", n: 1, release: demoRelease, synonyms: empty, want: `row 2: language "fr"`},
		{name: "unwritable file", n: 1, out: filepath.Join(dir, "none", "f"), release: demoRelease, synonyms: demoSynonyms, want: "create the load file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := tt.out
			if out == "" {
				out = filepath.Join(dir, "out")
			}
			err := run(tt.n, 1, out, tt.release, tt.synonyms)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestAFullDiskIsAnError(t *testing.T) {
	full := errors.New("no space left")
	if err := generate(fails{full}, demoVocabulary(t), 5000, 1); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
}

type fails struct{ err error }

func (f fails) Write([]byte) (int, error) { return 0, f.err }

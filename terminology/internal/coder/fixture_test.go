package coder

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

//go:embed testdata/release.tsv
var fixtureTerms string

// fixture renders invented terms as a release in MedDRA's ASCII format: PTs with
// an even code under one SOC, the others under another.
type fixture struct {
	language meddra.Language
	files    map[string]*strings.Builder
	pts      map[string]bool
}

func newFixture(language meddra.Language) *fixture {
	f := &fixture{language: language, files: map[string]*strings.Builder{}, pts: map[string]bool{}}
	label := map[meddra.Language]string{meddra.English: "English", meddra.Chinese: "Chinese"}[language]
	f.line("meddra_release.asc", "1.0", label, "", "", "")
	for i := range 2 {
		soc, hlgt, hlt := f.upper(i)
		f.line("soc.asc", soc[0], soc[1], fmt.Sprintf("Abb%d", i), "", "", "", "", "", "", "")
		f.line("hlgt.asc", hlgt[0], hlgt[1], "", "", "", "", "", "", "")
		f.line("hlt.asc", hlt[0], hlt[1], "", "", "", "", "", "", "")
		f.line("soc_hlgt.asc", soc[0], hlgt[0])
		f.line("hlgt_hlt.asc", hlgt[0], hlt[0])
	}
	return f
}

// upper gives code and name of a SOC and the terms under it.
func (f *fixture) upper(i int) (soc, hlgt, hlt [2]string) {
	names := [2][3]string{{"Even disorders", "Even group", "Even high level"}, {"Odd disorders", "Odd group", "Odd high level"}}
	if f.language == meddra.Chinese {
		names = [2][3]string{{"偶数类疾病", "偶数组", "偶数高位"}, {"奇数类疾病", "奇数组", "奇数高位"}}
	}
	code := func(level int) string { return fmt.Sprintf("9000000%d", 3*i+level) }
	return [2]string{code(1), names[i][0]}, [2]string{code(2), names[i][1]}, [2]string{code(3), names[i][2]}
}

func (f *fixture) line(file string, fields ...string) {
	if f.files[file] == nil {
		f.files[file] = &strings.Builder{}
	}
	f.files[file].WriteString(strings.Join(fields, "$") + "$\n")
}

// llt adds an LLT, and its PT once, named as the LLT of the same code or, if
// that comes later, as this one.
func (f *fixture) llt(pt, code, current, name, ptName string) {
	f.line("llt.asc", code, name, pt, "", "", "", "", "", "", current, "")
	if f.pts[pt] {
		return
	}
	f.pts[pt] = true
	i := int(pt[len(pt)-1]-'0') % 2
	soc, hlgt, hlt := f.upper(i)
	f.line("pt.asc", pt, ptName, "", soc[0], "", "", "", "", "", "", "")
	f.line("hlt_pt.asc", hlt[0], pt)
	f.line("mdhier.asc", pt, hlt[0], hlgt[0], soc[0], ptName, hlt[1], hlgt[1], soc[1], fmt.Sprintf("Abb%d", i), "", soc[0], "Y")
}

func (f *fixture) load(t testing.TB) *meddra.Release {
	t.Helper()
	dir := t.TempDir()
	for name, b := range f.files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return read(t, dir, f.language)
}

// read loads one language from its folder.
func read(t testing.TB, dir string, lang meddra.Language) *meddra.Release {
	t.Helper()
	v, err := meddra.LoadVersion(dir)
	if err != nil {
		t.Fatal(err)
	}
	if v.Releases[lang] == nil {
		t.Fatalf("%s holds %v and not %s", dir, v.Languages(), lang)
	}
	return v.Releases[lang]
}

// fixtureReleases are the terms of testdata/release.tsv in both languages.
func fixtureReleases(t testing.TB) map[meddra.Language]*meddra.Release {
	t.Helper()
	releases := map[meddra.Language]*meddra.Release{}
	for column, lang := range map[int]meddra.Language{3: meddra.English, 4: meddra.Chinese} {
		f, rows, ptNames := newFixture(lang), [][]string{}, map[string]string{}
		for line := range strings.Lines(fixtureTerms) {
			if row := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(row) == 5 {
				rows = append(rows, row)
				if row[0] == row[1] {
					ptNames[row[0]] = row[column]
				}
			}
		}
		for _, row := range rows {
			f.llt(row[0], row[1], row[2], row[column], ptNames[row[0]])
		}
		releases[lang] = f.load(t)
	}
	return releases
}

const fixtureSynonyms = `verbatim,language,llt_code,scope,approved_by,approved_at
tummy trouble,en,90000102,sponsor,A. Coder,2026-03-01
tummy trouble,en,90000112,study:S-1,A. Coder,2026-03-01
discharge,en,90000106,sponsor,A. Coder,2026-03-01
Rash,en,90000122,study:S-1,A. Coder,2026-03-01
grippe,en,90000224,sponsor,A. Coder,2026-03-01
"Rash, syncope",en,90000138,sponsor,A. Coder,2026-03-01
拉肚子,zh,90000112,sponsor,A. Coder,2026-03-01
肚子疼,zh,90000204,study:S-1,A. Coder,2026-03-01
`

func fixtureList(t testing.TB, releases map[meddra.Language]*meddra.Release) *lists.Synonyms {
	t.Helper()
	list, err := lists.ParseSynonyms("synonyms.csv", strings.NewReader(fixtureSynonyms), releases)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func newCoder(t testing.TB, o Options) *Coder {
	t.Helper()
	releases := fixtureReleases(t)
	c, err := New(releases, fixtureList(t, releases), nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

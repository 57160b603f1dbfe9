package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestCommittedReleaseIsWhatTheSourceGives(t *testing.T) {
	out := t.TempDir()
	if err := run("../../../demo/source", out); err != nil {
		t.Fatal(err)
	}
	got := readTree(t, filepath.Join(out, version))
	want := readTree(t, filepath.Join("../../../demo/release", version))
	if len(want) == 0 {
		t.Fatal("no committed release: run go run ./deploy/dev/demo/genrelease")
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("files (-committed +generated), run go run ./deploy/dev/demo/genrelease:\n%s", diff)
	}
	for name, content := range want {
		if got[name] != content {
			t.Errorf("%s differs from what the source gives: run go run ./deploy/dev/demo/genrelease", name)
		}
	}
}

func readTree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(path)))
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// releaseFiles is every file of a language: lines and columns.
var releaseFiles = map[string][2]int{
	"meddra_release.asc": {1, 5},
	"llt.asc":            {811, 11},
	"pt.asc":             {811, 11},
	"hlt.asc":            {26, 9},
	"hlgt.asc":           {26, 9},
	"soc.asc":            {26, 10},
	"hlt_pt.asc":         {811, 2},
	"hlgt_hlt.asc":       {26, 2},
	"soc_hlgt.asc":       {26, 2},
	"mdhier.asc":         {811, 12},
	"intl_ord.asc":       {26, 2},
}

func TestReleaseHasTheColumnsOfTheFormatAndAllTerms(t *testing.T) {
	for _, l := range languages {
		for name, want := range releaseFiles {
			rows := readASC(t, l.code, name)
			if len(rows) != want[0] {
				t.Errorf("%s/%s: %d lines, want %d", l.code, name, len(rows), want[0])
			}
			for i, r := range rows {
				if len(r) != want[1] {
					t.Errorf("%s/%s:%d: %d columns, want %d", l.code, name, i+1, len(r), want[1])
				}
			}
		}
	}
}

func TestCodesAndNamesAreUnique(t *testing.T) {
	for _, l := range languages {
		codes := map[string]string{}
		for _, name := range []string{"pt.asc", "hlt.asc", "hlgt.asc", "soc.asc"} {
			names := map[string]bool{}
			for i, r := range readASC(t, l.code, name) {
				if before := codes[r[0]]; before != "" {
					t.Errorf("%s/%s:%d: code %s is in %s already", l.code, name, i+1, r[0], before)
				}
				codes[r[0]] = name
				if names[strings.ToLower(r[1])] {
					t.Errorf("%s/%s:%d: the name %q stands twice", l.code, name, i+1, r[1])
				}
				names[strings.ToLower(r[1])] = true
			}
		}
	}
}

func TestEachTermIsItsOwnCurrentPTWithOnePrimaryPath(t *testing.T) {
	for _, l := range languages {
		socOf := map[string]string{}
		for i, r := range readASC(t, l.code, "pt.asc") {
			if socOf[r[0]] != "" {
				t.Errorf("%s/pt.asc:%d: code %s stands twice", l.code, i+1, r[0])
			}
			socOf[r[0]] = r[3]
		}
		for i, r := range readASC(t, l.code, "llt.asc") {
			if r[0] != r[2] || r[9] != "Y" || socOf[r[0]] == "" {
				t.Errorf("%s/llt.asc:%d: want a current term that is its own PT, got %q", l.code, i+1, r)
			}
		}
		paths := map[string]int{}
		for i, r := range readASC(t, l.code, "mdhier.asc") {
			paths[r[0]]++
			if r[3] != socOf[r[0]] || r[10] != r[3] || r[11] != "Y" {
				t.Errorf("%s/mdhier.asc:%d: the path is not the primary one of its PT: %q", l.code, i+1, r)
			}
		}
		for code, n := range paths {
			if n != 1 {
				t.Errorf("%s/mdhier.asc: PT %s has %d paths, want 1", l.code, code, n)
			}
		}
	}
}

func TestBothLanguagesHaveTheSameCodesInTheSameOrder(t *testing.T) {
	for _, name := range []string{"llt.asc", "pt.asc", "hlt.asc", "hlgt.asc", "soc.asc", "intl_ord.asc"} {
		if diff := cmp.Diff(codesOf(readASC(t, "en", name)), codesOf(readASC(t, "zh", name))); diff != "" {
			t.Errorf("%s (-en +zh):\n%s", name, diff)
		}
	}
}

func TestEnglishIsTheCTCAETableWithoutItsCatchAllRows(t *testing.T) {
	content, err := os.ReadFile("../../../demo/source/" + ctcaeFile)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	dropped := 0
	for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n")[1:] {
		cells := strings.Split(line, "\t")
		if cells[0] == cells[2] {
			dropped++
			continue
		}
		want = append(want, []string{cells[0], cells[1], cells[2]})
	}
	if dropped != 26 {
		t.Errorf("%d rows have their SOC's code, want 26", dropped)
	}
	var got [][]string
	for _, r := range readASC(t, "en", "pt.asc") {
		got = append(got, []string{r[0], r[1], r[3]})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("code, name, SOC (-CTCAE +release):\n%s", diff)
	}
}

func TestFaultySourceIsRefusedWithFileAndLine(t *testing.T) {
	const (
		ctcae = "llt_code\tterm\tsoc_code\tsoc_name\n10000001\tAche\t10000009\tBody\n10000002\tItch\t10000009\tBody\n10000009\tBody - Other, specify\t10000009\tBody\n"
		zh    = "llt_code\tname\n10000001\t疼\n10000002\t痒\n"
		socs  = "soc_code\tabbrev\tname_zh\n10000009\tBody\t身体\n"
	)
	tests := []struct {
		name            string
		ctcae, zh, socs string
		want            string // part of the error; empty: none
	}{
		{name: "sound", ctcae: ctcae, zh: zh, socs: socs},
		{name: "code twice", ctcae: strings.Replace(ctcae, "10000002", "10000001", 1), zh: zh, socs: socs, want: "ctcae_v5.0.tsv:3: code 10000001 stands twice"},
		{name: "name twice in another case", ctcae: strings.Replace(ctcae, "Itch", "ACHE", 1), zh: zh, socs: socs, want: "ctcae_v5.0.tsv:3: the name of code 10000002 stands twice"},
		{name: "separator in a name", ctcae: strings.Replace(ctcae, "Itch", "It$ch", 1), zh: zh, socs: socs, want: "ctcae_v5.0.tsv:3: column 2"},
		{name: "no code", ctcae: strings.Replace(ctcae, "10000002", "none", 1), zh: zh, socs: socs, want: "ctcae_v5.0.tsv:3: column 1"},
		{name: "short line", ctcae: strings.Replace(ctcae, "\tBody\n10000002", "\n10000002", 1), zh: zh, socs: socs, want: "ctcae_v5.0.tsv:2: 3 columns instead of 4"},
		{name: "catch-all with a code of its own", ctcae: strings.Replace(ctcae, "10000009\tBody -", "10000003\tBody -", 1), zh: zh, socs: socs, want: "ctcae_v5.0.tsv:4: a catch-all row"},
		{name: "two names of a SOC", ctcae: strings.Replace(ctcae, "Itch\t10000009\tBody", "Itch\t10000009\tMind", 1), zh: zh, socs: socs, want: "ctcae_v5.0.tsv:3: SOC 10000009 has two names"},
		{name: "no Chinese name", ctcae: ctcae, zh: "llt_code\tname\n10000001\t疼\n", socs: socs, want: "ctcae_v5.0.tsv:3: code 10000002 has no row"},
		{name: "Chinese name twice", ctcae: ctcae, zh: strings.Replace(zh, "痒", "疼", 1), socs: socs, want: "zh_names.tsv:3: the name of code 10000002 stands twice"},
		{name: "Chinese name that is not Chinese", ctcae: ctcae, zh: strings.Replace(zh, "痒", "itch", 1), socs: socs, want: "zh_names.tsv:3: the name has no Chinese character"},
		{name: "Chinese name of no term", ctcae: ctcae, zh: zh + "10000003\t酸\n", socs: socs, want: "3 names for 2 terms"},
		{name: "unknown SOC", ctcae: ctcae, zh: zh, socs: strings.Replace(socs, "10000009", "10000008", 1), want: "ctcae_v5.0.tsv:2: SOC 10000009 has no row"},
		{name: "long abbreviation", ctcae: ctcae, zh: zh, socs: strings.Replace(socs, "\tBody\t", "\tBodies\t", 1), want: "socs.tsv:2: the abbreviation is longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readTable(fstest.MapFS{
				ctcaeFile:   {Data: []byte(tt.ctcae)},
				zhNamesFile: {Data: []byte(tt.zh)},
				socsFile:    {Data: []byte(tt.socs)},
			})
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("error %v, want none", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func readASC(t *testing.T, language, name string) [][]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../../demo/release", version, language, "MedAscii", name))
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for i, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
		body, ok := strings.CutSuffix(line, "$")
		if !ok {
			t.Errorf("%s/%s:%d does not end with $", language, name, i+1)
		}
		rows = append(rows, strings.Split(body, "$"))
	}
	return rows
}

func codesOf(rows [][]string) []string {
	codes := make([]string, len(rows))
	for i, r := range rows {
		codes[i] = r[0]
	}
	return codes
}

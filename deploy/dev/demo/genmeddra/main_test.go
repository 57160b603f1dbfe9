package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aecode/deploy/dev/demo/fullsize"
)

func TestAReleaseAndItsVerbatimsAreWritten(t *testing.T) {
	dir := t.TempDir()
	o := options{out: filepath.Join(dir, fullsize.Label), queries: filepath.Join(dir, "q.csv"), n: 100, seed: 1, size: fullsize.Part(50)}
	if err := run(o); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"en/MedAscii/llt.asc", "zh/MedAscii/smq_content.asc"} {
		if info, err := os.Stat(filepath.Join(o.out, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	f, err := os.Open(o.queries)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 101 || len(rows[0]) != 5 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestTheVersionIsTheFlagsOrTheFoldersOrTheComposedOne(t *testing.T) {
	for _, tc := range []struct{ version, folder, want string }{
		{"", "99.0", "99.0"},
		{"", "30.1", "30.1"},
		{"", "release", "99.0"},
		{"30.1", "release", "30.1"},
		{"30.1", "30.1", "30.1"},
		{"trial-2", "release", "trial-2"},
		{"30.1", "30.0", ""},
		{"../x", "release", ""},
	} {
		o := options{out: filepath.Join(t.TempDir(), tc.folder), version: tc.version, seed: 1, size: fullsize.Part(50)}
		err := run(o)
		if tc.want == "" {
			if _, there := os.Stat(o.out); err == nil || there == nil {
				t.Errorf("-version %q in %s: %v, want an error and no folder", tc.version, tc.folder, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("-version %q in %s: %v", tc.version, tc.folder, err)
			continue
		}
		for _, language := range []string{"en", "zh"} {
			content, err := os.ReadFile(filepath.Join(o.out, language, "MedAscii", "meddra_release.asc"))
			if got, _, _ := strings.Cut(string(content), "$"); err != nil || got != tc.want {
				t.Errorf("-version %q in %s: the release in %s is %q, %v, want %s", tc.version, tc.folder, language, got, err, tc.want)
			}
		}
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []options{{out: filepath.Join(file, "x")}, {queries: filepath.Join(file, "x")}} {
		o.size = fullsize.Part(50)
		if err := run(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	if err := run(options{}); err == nil {
		t.Error("a release of no size is written")
	}
}

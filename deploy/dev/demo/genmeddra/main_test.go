package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
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

package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheFirstBuildSaysThatItTakesMinutesBeforeItBegins(t *testing.T) {
	folder := t.TempDir()
	// In place of the go command.
	stand := filepath.Join(folder, "go")
	if err := os.WriteFile(stand, []byte("#!/bin/sh\n[ \"$1\" = env ] || echo \"go $1\" >&2\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	build := func() string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "build", "BIN="+filepath.Join(folder, "bin"))
		cmd.Dir, cmd.Env = root, append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if out, err := cmd.Output(); err != nil || len(out) > 0 {
			t.Fatalf("make build: %v\n%s%s", err, out, &stderr)
		}
		return stderr.String()
	}
	if said, want := build(), "This is the first build: it downloads Go modules and takes minutes.\ngo build\n"; said != want {
		t.Errorf("the first build says %q, want %q", said, want)
	}
	if err := os.MkdirAll(filepath.Join(folder, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "bin", "terminology"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, want := build(), "go build\n"; said != want {
		t.Errorf("a later build says %q, want %q", said, want)
	}
}

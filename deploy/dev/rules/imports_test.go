package rules_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// imported lists the imports of every package of the repository, its tests
// left out, by folder.
func imported(t *testing.T) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && file != root || entry.Name() == "testdata" || nestedModule(file) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			packages[folder] = append(packages[folder], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages found: the walk is broken", len(packages))
	}
	return packages
}

func nestedModule(folder string) bool {
	if folder == root {
		return false
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

func TestNoPackageIsCalledUtilOrHelper(t *testing.T) {
	for folder := range imported(t) {
		switch path.Base(folder) {
		case "util", "utils", "helper", "helpers", "manager", "misc":
			t.Errorf("%s: a package's name says what it is for", folder)
		}
	}
}

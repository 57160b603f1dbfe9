package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	required = regexp.MustCompile(`(?m)^\t(\S+) (v\S+)$`) // an indirect one has a comment behind it
	reasoned = regexp.MustCompile(`(?m)^\| (\S+) \| (v\d\S*) \| \S.* \|$`)
)

func TestThePageOfDependenciesHasEachDirectOneWithItsVersionAndReason(t *testing.T) {
	read := func(name string) string {
		content, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	table := read("docs/dependencies.md")
	told := map[string]string{}
	for _, row := range reasoned.FindAllStringSubmatch(table, -1) {
		told[row[1]] = row[2]
	}
	direct := required.FindAllStringSubmatch(read("go.mod"), -1)
	if len(direct) < 10 {
		t.Fatalf("only %d requirements found in go.mod: the pattern is broken", len(direct))
	}
	for _, module := range direct {
		if told[module[1]] != module[2] {
			t.Errorf("%s %s: the table of docs/dependencies.md has %q", module[1], module[2], told[module[1]])
		}
		delete(told, module[1])
	}
	for module := range told {
		t.Errorf("%s is in the table of docs/dependencies.md and not in go.mod", module)
	}
}

package rules_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	goRun      = regexp.MustCompile(`go run \./([A-Za-z0-9_./-]+)`)
	makeTarget = regexp.MustCompile("(?:^|`)make ([a-z][a-z0-9-]*)")
	rule       = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)
)

// brokenCommands lists the commands of a text that cannot work: packages that
// are not there, and targets that the Makefile lacks.
func (d documents) brokenCommands(text string, targets []string) []string {
	var broken []string
	for i, line := range strings.Split(text, "\n") {
		for _, found := range goRun.FindAllStringSubmatch(line, -1) {
			if folder := path.Clean(found[1]); !d.paths[folder+"/main.go"] {
				broken = append(broken, fmt.Sprintf("%d: go run ./%s: there is no main.go in this folder", i+1, found[1]))
			}
		}
		for _, found := range makeTarget.FindAllStringSubmatch(line, -1) {
			if !slices.Contains(targets, found[1]) {
				broken = append(broken, fmt.Sprintf("%d: make %s: the Makefile has no such target", i+1, found[1]))
			}
		}
	}
	return broken
}

func TestEveryCommandOfTheDocumentsNamesAProgramOrATargetThatIsThere(t *testing.T) {
	d := readDocuments(t)
	content, err := os.ReadFile(filepath.Join(repository(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, found := range rule.FindAllStringSubmatch(string(content), -1) {
		targets = append(targets, found[1])
	}
	if len(targets) < 10 {
		t.Fatalf("only %d targets found in the Makefile: the pattern is broken", len(targets))
	}
	for file, text := range d.texts {
		for _, command := range d.brokenCommands(text, targets) {
			t.Errorf("%s:%s", file, command)
		}
	}
	with := newDocuments(nil, "deploy/cmd/verify/main.go")
	if broken := with.brokenCommands("`make test`, go run ./deploy/cmd/verify -db X\nmake run AE=x", []string{"test", "run"}); len(broken) > 0 {
		t.Errorf("commands that work are taken for broken: %q", broken)
	}
	if broken := with.brokenCommands("go run ./deploy/verify\n`make tset`", targets); len(broken) != 2 {
		t.Errorf("of two commands that cannot work these were found: %q", broken)
	}
}

// longest is the limit for README.md, in lines: what is longer is not read.
const longest = 250

func TestTheReadmeIsShortAndLeadsToEveryPage(t *testing.T) {
	d := readDocuments(t)
	readme := d.texts["README.md"]
	if n := strings.Count(readme, "\n"); n >= longest {
		t.Errorf("README.md has %d lines, want fewer than %d: move what is for one reader to a page of docs/", n, longest)
	}
	pages := 0
	for file, text := range d.texts {
		if !strings.HasPrefix(file, "docs/") {
			continue
		}
		pages++
		if !strings.Contains(readme, "]("+file+")") {
			t.Errorf("README.md has no link to %s", file)
		}
		lines := strings.SplitN(text, "\n", 4)
		if len(lines) < 4 || !strings.HasPrefix(lines[0], "# ") || lines[1] != "" || !strings.HasPrefix(lines[2], "For the ") {
			t.Errorf("%s: its first line is to be a title, and the third to name its reader: For the ...", file)
		}
	}
	if pages == 0 {
		t.Error("there is no page in docs/")
	}
}

// The folders whose packages each have a row in the tables of the architecture
// page.
var rooms = []string{"common", "data-sync/internal", "terminology/internal"}

func TestTheArchitecturePageHasEveryRoom(t *testing.T) {
	d := readDocuments(t)
	page := d.texts["docs/architecture.md"]
	found := 0
	for folder := range imported(t) {
		if !slices.Contains(rooms, path.Dir(folder)) {
			continue
		}
		found++
		if !strings.Contains(page, "](../"+folder+")") {
			t.Errorf("docs/architecture.md has no row for %s: say in one line what it is for", folder)
		}
	}
	if found < 20 {
		t.Errorf("only %d packages found: the search is broken", found)
	}
}

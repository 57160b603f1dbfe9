package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// setting is a key of a shipped configuration file: its value where no variable
// is set ("none" for an empty one), and the variable.
type setting struct{ value, variable string }

var variable = regexp.MustCompile(`^\$\{([A-Za-z0-9_]+):-(.*)\}$`)

// shippedSettings reads a service's file, by the keys' paths.
func shippedSettings(t *testing.T, file string) map[string]setting {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository(t), filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(content, &root); err != nil {
		t.Fatal(err)
	}
	all := map[string]setting{}
	var walk func(at string, node *yaml.Node)
	walk = func(at string, node *yaml.Node) {
		if node.Kind != yaml.MappingNode {
			s := setting{value: node.Value}
			if found := variable.FindStringSubmatch(node.Value); found != nil {
				s = setting{value: found[2], variable: found[1]}
			}
			if s.value == "" {
				s.value = "none"
			}
			all[at] = s
			return
		}
		for i := 0; i < len(node.Content); i += 2 {
			walk(strings.TrimPrefix(at+"."+node.Content[i].Value, "."), node.Content[i+1])
		}
	}
	walk("", root.Content[0])
	return all
}

// row is one row of a table in Markdown, its cells without blanks and backquotes
// at their ends.
type row []string

func tableRows(text string) []row {
	var rows []row
	for _, line := range strings.Split(text, "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		var cells row
		for _, cell := range strings.Split(strings.Trim(line, "|"), " |") {
			cells = append(cells, strings.Trim(cell, " `"))
		}
		rows = append(rows, cells)
	}
	return rows
}

// documentedSettings reads the reference's tables for a service: the table of
// both services, in which its value is in the column given, and its own tables.
func documentedSettings(t *testing.T, page, service string, column int) map[string]setting {
	t.Helper()
	section := func(name string) string {
		_, rest, found := strings.Cut(page, "\n## "+name+"\n")
		if !found {
			t.Fatalf("docs/configuration.md has no section %q", name)
		}
		text, _, _ := strings.Cut(rest, "\n## ")
		return text
	}
	all := map[string]setting{}
	read := func(text string, value, width int) {
		for _, cells := range tableRows(text) {
			if len(cells) != width {
				t.Errorf("docs/configuration.md: the row of %s has %d cells, want %d", cells[0], len(cells), width)
				continue
			}
			if _, twice := all[cells[0]]; twice {
				t.Errorf("docs/configuration.md has %s twice for %s", cells[0], service)
			}
			if cells[width-1] == "" {
				t.Errorf("docs/configuration.md does not say what %s means", cells[0])
			}
			all[cells[0]] = setting{value: cells[value], variable: cells[width-2]}
		}
	}
	read(section("Both services"), column, 6)
	read(section(service), 1, 5)
	return all
}

// differingSettings lists what the reference says otherwise than the file.
func differingSettings(shipped, documented map[string]setting) []string {
	var differ []string
	for key, want := range shipped {
		got, ok := documented[key]
		names := strings.Split(strings.ReplaceAll(got.variable, "`", ""), ", ")
		switch {
		case !ok:
			differ = append(differ, key+" has no row")
		case got.value != want.value:
			differ = append(differ, key+" has the default "+got.value+", the shipped file "+want.value)
		case want.variable == "" && got.variable != "":
			differ = append(differ, key+" has the variable "+got.variable+", the shipped file none")
		case want.variable != "" && !slices.Contains(names, want.variable):
			differ = append(differ, key+" lacks the variable "+want.variable)
		}
	}
	for key := range documented {
		if _, ok := shipped[key]; !ok {
			differ = append(differ, key+" is not in the shipped file")
		}
	}
	slices.Sort(differ)
	return differ
}

func TestTheConfigurationReferenceHasEveryKeyWithItsDefaultAndVariable(t *testing.T) {
	page := readDocuments(t).texts["docs/configuration.md"]
	for service, at := range map[string]struct {
		file   string
		column int
	}{
		"data-sync":   {"data-sync/etc/datasync.yaml", 1},
		"terminology": {"terminology/etc/terminology.yaml", 2},
	} {
		shipped := shippedSettings(t, at.file)
		if len(shipped) < 20 {
			t.Fatalf("only %d keys found in %s: the search is broken", len(shipped), at.file)
		}
		for _, difference := range differingSettings(shipped, documentedSettings(t, page, service, at.column)) {
			t.Errorf("docs/configuration.md, %s: %s", service, difference)
		}
	}
}

func TestADifferenceBetweenReferenceAndFileIsFound(t *testing.T) {
	shipped := map[string]setting{"A": {"1", ""}, "B.C": {"none", "B_C"}}
	if differ := differingSettings(shipped, map[string]setting{"A": {"1", ""}, "B.C": {"none", "B_C`, `D_C"}}); len(differ) > 0 {
		t.Errorf("equal settings are taken for different: %q", differ)
	}
	for want, documented := range map[string]map[string]setting{
		"B.C has no row":                {"A": {"1", ""}},
		"A has the default 2":           {"A": {"2", ""}, "B.C": {"none", "B_C"}},
		"A has the variable X":          {"A": {"1", "X"}, "B.C": {"none", "B_C"}},
		"B.C lacks the variable B_C":    {"A": {"1", ""}, "B.C": {"none", "B_D"}},
		"E is not in the shipped file":  {"A": {"1", ""}, "B.C": {"none", "B_C"}, "E": {"1", ""}},
		"B.C has the default something": {"A": {"1", ""}, "B.C": {"something", "B_C"}},
	} {
		if differ := differingSettings(shipped, documented); len(differ) != 1 || !strings.HasPrefix(differ[0], want) {
			t.Errorf("%q, want %q", differ, want)
		}
	}
}

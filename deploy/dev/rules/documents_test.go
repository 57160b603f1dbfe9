package rules_test

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// repository is the root of the repository: the nearest folder above the tests
// that has the module's go.mod.
func repository(t *testing.T) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if content, err := os.ReadFile(filepath.Join(folder, "go.mod")); err == nil && strings.HasPrefix(string(content), "module aecode\n") {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			t.Fatal("no go.mod of the module aecode above the tests")
		}
		folder = above
	}
}

// tracked lists the files that git tracks, or would after `git add`, by their
// paths from the root, with slashes.
func tracked(t *testing.T, root string) []string {
	t.Helper()
	git := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	out, err := git.Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	files := slices.DeleteFunc(strings.Split(strings.TrimRight(string(out), "\x00"), "\x00"), func(file string) bool {
		_, err := os.Stat(filepath.Join(root, filepath.FromSlash(file)))
		return err != nil // deleted, and not yet so for git
	})
	slices.Sort(files)
	return slices.Compact(files)
}

// documents are the repository's files as links may name them, and the text of
// those that are Markdown.
type documents struct {
	// paths has every file, and every folder with a file in it.
	paths map[string]bool
	texts map[string]string
}

func newDocuments(texts map[string]string, others ...string) documents {
	d := documents{paths: map[string]bool{".": true}, texts: texts}
	add := func(file string) {
		for ; file != "."; file = path.Dir(file) {
			d.paths[file] = true
		}
	}
	for file := range texts {
		add(file)
	}
	for _, file := range others {
		add(file)
	}
	return d
}

func readDocuments(t *testing.T) documents {
	t.Helper()
	root := repository(t)
	files := tracked(t, root)
	texts := map[string]string{}
	for _, file := range files {
		if !strings.HasSuffix(file, ".md") {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(content)
	}
	return newDocuments(texts, files...)
}

var (
	codeSpan   = regexp.MustCompile("`[^`]*`")
	inlineLink = regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`)
	definition = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?`)
	heading    = regexp.MustCompile(`^#{1,6}\s+(.+?)\s*#*$`)
	linkText   = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	absolute   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*:`)
)

// prose gives each line of a Markdown text that is outside a fenced block; a
// line within one is empty.
func prose(text string) []string {
	lines := strings.Split(text, "\n")
	fence := ""
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence != "":
			if strings.HasPrefix(trimmed, fence) && strings.Trim(trimmed, fence[:1]) == "" {
				fence = ""
			}
			lines[i] = ""
		case strings.HasPrefix(trimmed, "```"), strings.HasPrefix(trimmed, "~~~"):
			fence = trimmed[:3]
			lines[i] = ""
		}
	}
	return lines
}

// anchors are the ids that GitHub gives the headings of a Markdown text.
func anchors(text string) map[string]bool {
	ids := map[string]bool{}
	seen := map[string]int{}
	for _, line := range prose(text) {
		found := heading.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		var id strings.Builder
		for _, r := range strings.ToLower(linkText.ReplaceAllString(found[1], "$1")) {
			switch {
			case r == ' ':
				id.WriteByte('-')
			case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r):
				id.WriteRune(r)
			}
		}
		name := id.String()
		if n := seen[name]; n > 0 {
			ids[fmt.Sprintf("%s-%d", name, n)] = true
		} else {
			ids[name] = true
		}
		seen[name]++
	}
	return ids
}

// brokenLinks lists the links that lead nowhere, with file, line and reason.
// Links to other hosts are not followed.
func (d documents) brokenLinks() []string {
	var broken []string
	for file, text := range d.texts {
		for i, line := range prose(text) {
			line = codeSpan.ReplaceAllString(line, "")
			found := inlineLink.FindAllStringSubmatch(line, -1)
			found = append(found, definition.FindAllStringSubmatch(line, -1)...)
			for _, link := range found {
				if why := d.follow(file, link[1]); why != "" {
					broken = append(broken, fmt.Sprintf("%s:%d: %s: %s", file, i+1, link[1], why))
				}
			}
		}
	}
	slices.Sort(broken)
	return broken
}

// follow says why a link in file leads nowhere; empty if it leads somewhere.
func (d documents) follow(file, link string) string {
	if absolute.MatchString(link) {
		return ""
	}
	to, anchor, anchored := strings.Cut(link, "#")
	target := file
	switch {
	case strings.HasPrefix(to, "/"):
		return "write the path from the file's own folder"
	case to != "":
		target = path.Join(path.Dir(file), to)
	}
	if !d.paths[target] {
		return "there is no tracked file or folder of this name"
	}
	if !anchored {
		return ""
	}
	text, ok := d.texts[target]
	switch {
	case !ok:
		return "only a Markdown file has headings to link to"
	case !anchors(text)[anchor]:
		return "the file has no heading for this anchor"
	}
	return ""
}

func TestEveryLinkOfTheDocumentsLeadsSomewhere(t *testing.T) {
	d := readDocuments(t)
	if len(d.texts) < 10 {
		t.Fatalf("only %d Markdown files found: the search is broken", len(d.texts))
	}
	for _, link := range d.brokenLinks() {
		t.Error(link)
	}
}

func TestABrokenLinkIsFound(t *testing.T) {
	texts := map[string]string{
		"README.md": "# One\n\n[a](docs/a.md) [b](docs/a.md#two-words) [c](docs) [d](#one) [e](https://example.com/x#y) `[f](nowhere.md)`\n\n" +
			"```text\n[g](nowhere.md)\n# No heading\n```\n\n![h](docs/picture.png) [i][ref]\n\n[ref]: docs/a.md#two-words-1\n",
		"docs/a.md": "# A\n\n## Two words\n\n## Two `words`\n\n## What [links](x.md) say: all, 2\n\n[up](../README.md#one) [say](#what-links-say-all-2)\n",
	}
	d := newDocuments(texts, "docs/picture.png", "docs/x.md")
	if broken := d.brokenLinks(); len(broken) > 0 {
		t.Errorf("links that lead somewhere are taken for broken: %q", broken)
	}
	for link, reason := range map[string]string{
		"docs/b.md":             "no tracked file",
		"../README.md":          "no tracked file",
		"docs/a.md#three":       "no heading",
		"#no-heading":           "no heading",
		"docs/picture.png#here": "only a Markdown file",
		"/docs/a.md":            "own folder",
	} {
		for _, form := range []string{"x [y](%s) z", "| [y](%s) |", "![y](%s)", "[y]: %s", `[y](%s "title")`} {
			with := newDocuments(map[string]string{"README.md": "# One\n\n" + fmt.Sprintf(form, link) + "\n", "docs/a.md": texts["docs/a.md"]},
				"docs/picture.png", "docs/x.md")
			broken := with.brokenLinks()
			if len(broken) != 1 || !strings.HasPrefix(broken[0], "README.md:3: "+link) || !strings.Contains(broken[0], reason) {
				t.Errorf("%s: %q, want line 3 and %q", fmt.Sprintf(form, link), broken, reason)
			}
		}
	}
}

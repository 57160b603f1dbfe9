package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aecode/deploy/dev/local/stack"
)

// examplePages are the documents with grpcurl examples, by their paths from the
// root. Each has at least one command, and at least one output.
var examplePages = []string{"README.md", "docs/calling.md"}

// example is a command of a page, and the JSON shown after it.
type example struct {
	line    int
	command string
	// output is nil where none is shown.
	output *string
}

// examples takes the grpcurl commands out of the ```sh blocks of a Markdown
// text. A ```json block that comes next after a block of one command is that
// command's output.
func examples(text string) []example {
	var found []example
	fence, open, alone := "", "", false
	var block strings.Builder
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case fence == "" && strings.HasPrefix(trimmed, "```"):
			fence, open = "```", strings.TrimPrefix(trimmed, "```")
			block.Reset()
			if open != "json" {
				alone = false
			}
		case fence != "" && trimmed == fence:
			fence = ""
			switch open {
			case "sh":
				before := len(found)
				found = append(found, commands(block.String(), i)...)
				alone = len(found) == before+1
			case "json":
				if alone {
					output := block.String()
					found[len(found)-1].output = &output
				}
				alone = false
			}
		case fence != "":
			block.WriteString(line + "\n")
		}
	}
	return found
}

// commands joins continued lines and picks grpcurl's; end is the line of the
// block's end.
func commands(block string, end int) []example {
	var found []example
	lines := strings.Split(strings.TrimSuffix(block, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		at := end - len(lines) + i + 1
		command := lines[i]
		// A quoted argument may go over several lines too.
		for i+1 < len(lines) && (strings.HasSuffix(command, "\\") || strings.Count(command, "'")%2 == 1) {
			i++
			command += "\n" + lines[i]
		}
		if strings.HasPrefix(command, "grpcurl ") {
			found = append(found, example{line: at, command: command})
		}
	}
	return found
}

func TestExamplesAreTakenFromShellBlocksWithTheOutputThatFollows(t *testing.T) {
	t.Parallel()
	text := "```sh\nmake serve\ngrpcurl -plaintext \\\n  -d '{\n  \"a\": 1}' host x.Y/Z\n```\nprints\n```json\n{\"b\": 2}\n```\n" +
		"```text\ngrpcurl not this\n```\n```sh\ngrpcurl one\ngrpcurl two\n```\n```json\n{}\n```\n"
	got := examples(text)
	if len(got) != 3 || got[0].line != 3 || got[0].output == nil || strings.TrimSpace(*got[0].output) != `{"b": 2}` ||
		!strings.HasSuffix(got[0].command, "\"a\": 1}' host x.Y/Z") || got[2].command != "grpcurl two" || got[2].output != nil {
		t.Errorf("%+v", got)
	}
}

func TestTheDocumentsGrpcurlExamplesWorkAsPrinted(t *testing.T) {
	t.Parallel()
	found := map[string][]example{}
	for _, page := range examplePages {
		found[page] = examples(readFile(t, filepath.Join(root, filepath.FromSlash(page))))
		if len(found[page]) == 0 {
			t.Fatalf("%s has no command that begins with grpcurl in a ```sh block", page)
		}
	}
	bin := filepath.Join(scratch, "grpcurl")
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := goBuild(filepath.Join(root, "deploy/dev/tools"), bin+string(filepath.Separator), "github.com/fullstorydev/grpcurl/cmd/grpcurl"); err != nil {
		t.Fatal(err)
	}
	s := begun(t, func(o *stack.Options) { o.Dev = true })
	addresses := strings.NewReplacer(serveTerminology, s.TerminologyAddr, serveDataSync, s.DataSyncAddr)
	for _, page := range examplePages {
		if shown := checkExamples(t, page, found[page], bin, addresses); shown == 0 {
			t.Errorf("%s shows the output of no grpcurl command in a ```json block right after it", page)
		}
	}
}

// checkExamples runs the examples of a page in their order, with the programs in
// the folder bin, and gives the number of those whose output is shown.
func checkExamples(t *testing.T, page string, found []example, bin string, addresses *strings.Replacer) (shown int) {
	t.Helper()
	for _, e := range found {
		name := fmt.Sprintf("%s:%d", page, e.line)
		if !strings.Contains(e.command, serveTerminology) && !strings.Contains(e.command, serveDataSync) {
			t.Errorf("%s calls neither %s nor %s: %s", name, serveTerminology, serveDataSync, e.command)
			continue
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", addresses.Replace(e.command))
		cmd.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
		cmd.Dir = root
		var stderr strings.Builder
		cmd.Stderr = &stderr
		stdout, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v\n%s\n%s", name, err, e.command, stderr.String())
			continue
		}
		if e.output == nil {
			continue
		}
		shown++
		var want, got any
		if err := json.Unmarshal([]byte(*e.output), &want); err != nil {
			t.Errorf("%s: the output shown is not JSON: %v", name, err)
			continue
		}
		if err := json.Unmarshal(stdout, &got); err != nil {
			t.Errorf("%s prints something other than JSON: %v\n%s", name, err, stdout)
			continue
		}
		for _, difference := range differences("", want, got) {
			t.Errorf("%s: %s\nit printed\n%s", name, difference, stdout)
		}
	}
	return shown
}

// differences compares JSON values; "..." in want stands for any value, and as
// the last element of a list for any further ones.
func differences(path string, want, got any) []string {
	if want == "..." {
		return nil
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, shown is an object", path, got)}
		}
		var out []string
		for name := range w {
			if _, ok := g[name]; !ok {
				out = append(out, fmt.Sprintf("%s.%s is shown and not there", path, name))
				continue
			}
			out = append(out, differences(path+"."+name, w[name], g[name])...)
		}
		for name := range g {
			if _, ok := w[name]; !ok {
				out = append(out, fmt.Sprintf("%s.%s is there and not shown", path, name))
			}
		}
		return out
	case []any:
		g, ok := got.([]any)
		more := ok && len(w) > 0 && w[len(w)-1] == "..."
		if more {
			w = w[:len(w)-1]
		}
		if !ok || len(g) < len(w) || len(g) > len(w) && !more {
			return []string{fmt.Sprintf("%s is %v, shown is %v", path, got, want)}
		}
		var out []string
		for i := range w {
			out = append(out, differences(fmt.Sprintf("%s[%d]", path, i), w[i], g[i])...)
		}
		return out
	}
	if want != got {
		return []string{fmt.Sprintf("%s is %v, shown is %v", path, got, want)}
	}
	return nil
}

func TestADifferenceFromTheOutputShownIsSeen(t *testing.T) {
	t.Parallel()
	parse := func(text string) (v any) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tc := range []struct {
		want, got string
		n         int
	}{
		{`{"a": 1, "b": ["x"]}`, `{"b": ["x"], "a": 1}`, 0},
		{`{"a": "..."}`, `{"a": {"b": 2}}`, 0},
		{`["x", "..."]`, `["x", "y", "z"]`, 0},
		{`{"a": 1}`, `{"a": 2}`, 1},
		{`{"a": 1}`, `{"a": 1, "b": 2}`, 1},
		{`{"a": 1, "b": 2}`, `{"a": 1}`, 1},
		{`["x"]`, `["x", "y"]`, 1},
		{`{"a": {"b": "..."}}`, `{"a": 1}`, 1},
	} {
		if got := differences("", parse(tc.want), parse(tc.got)); len(got) != tc.n {
			t.Errorf("%s shown, %s printed: %v, want %d differences", tc.want, tc.got, got, tc.n)
		}
	}
}

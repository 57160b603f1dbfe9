package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"aecode/common/configerr"
)

// parseYAML returns the root node of the only document in content.
func parseYAML(name string, content []byte) (*yaml.Node, error) {
	fail := func(line int, problem string) (*yaml.Node, error) {
		return nil, &configerr.FieldError{File: name, Line: line, Problem: problem}
	}
	if len(content) > maxSize {
		return fail(0, fmt.Sprintf("the file is larger than %d bytes: is it the configuration file?", maxSize))
	}
	if !utf8.Valid(content) {
		return fail(1+bytes.Count(content[:validPrefix(content)], []byte("\n")), "the file is not valid UTF-8")
	}
	dec := yaml.NewDecoder(bytes.NewReader(content))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return fail(0, "the file is empty")
	case err != nil:
		return fail(yamlError(err))
	}
	var second yaml.Node
	switch err := dec.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return fail(yamlError(err))
	default:
		return fail(second.Line, "a second YAML document starts here: remove it, only one is allowed")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || isNull(doc.Content[0]) {
		return fail(0, "the file is empty")
	}
	return doc.Content[0], nil
}

// validPrefix returns the number of bytes before the first invalid UTF-8 in b.
func validPrefix(b []byte) int {
	n := 0
	for n < len(b) {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		n += size
	}
	return n
}

var yamlPosition = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// yamlError splits an error of the YAML parser into its line, 0 if it has none,
// and a message.
func yamlError(err error) (int, string) {
	text := err.Error()
	m := yamlPosition.FindStringSubmatch(text)
	if m == nil {
		return 0, "not valid YAML: " + text
	}
	line, _ := strconv.Atoi(m[1])
	return line, "not valid YAML: " + text[len(m[0]):]
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// describe names the kind of value that was found. It never quotes the value,
// which may be a secret.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	default:
		return "a string"
	}
}

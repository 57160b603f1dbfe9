// Package samplefile checks what a sample configuration file says of each key: that
// the value shown is what the code takes where the key is left out, or that the
// comment on its line says otherwise:
//
//	Name: data-sync # required
//	Path: aecode.db # required without URL
//	Timeout: 10000 # left out: 2000
package samplefile

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"aecode/common/configfile"
)

// The marks in comments.
const (
	required = "# required"
	leftOut  = "# left out: "
)

// Differences loads the sample into a C once whole, and once for each key without that
// key. It returns what the sample says otherwise than the code does, and the number of
// keys. Its error is that the sample cannot be loaded.
func Differences[C any](sample []byte) (differences []string, keys int, err error) {
	var root yaml.Node
	if err := yaml.Unmarshal(sample, &root); err != nil {
		return nil, 0, err
	}
	whole, err := load[C](&root)
	if err != nil {
		return nil, 0, err
	}
	var walk func(path string, section *yaml.Node)
	walk = func(path string, section *yaml.Node) {
		all := section.Content
		for i := 0; i < len(all); i += 2 {
			key, value := all[i], all[i+1]
			at := strings.TrimPrefix(path+"."+key.Value, ".")
			if value.Kind == yaml.MappingNode {
				walk(at, value)
				continue
			}
			keys++
			section.Content = append(append([]*yaml.Node{}, all[:i]...), all[i+2:]...)
			without, err := load[C](&root)
			section.Content = all
			if wrong := check[C](&root, value, whole, without, err); wrong != "" {
				differences = append(differences, at+": "+wrong)
			}
		}
	}
	walk("", root.Content[0])
	return differences, keys, nil
}

// check says what is wrong with the comment of a key's value, empty for nothing.
// without is what is loaded without the key, or err.
func check[C any](root, value *yaml.Node, whole, without string, err error) string {
	said := value.LineComment
	instead, saysInstead := strings.CutPrefix(said, leftOut)
	switch {
	case strings.HasPrefix(said, required+" without "):
		return "" // one of several keys: the sample alone does not show whether it holds
	case err != nil && said != required:
		return fmt.Sprintf("cannot be left out (%v): write %q", err, required)
	case err != nil:
		return ""
	case said == required:
		return fmt.Sprintf("can be left out: do not write %q", required)
	case !saysInstead && without != whole:
		return fmt.Sprintf("is not the default: write %q with the default", leftOut)
	case !saysInstead:
		return ""
	case without == whole:
		return fmt.Sprintf("is the default: do not write %q", said)
	}
	shown := *value
	defer func() { *value = shown }()
	var other yaml.Node
	if err := yaml.Unmarshal([]byte(instead), &other); err != nil || len(other.Content) != 1 {
		return fmt.Sprintf("%q is not a value", instead)
	}
	*value = *other.Content[0]
	if with, err := load[C](root); err != nil || with != without {
		return fmt.Sprintf("%q is not the default (%v)", said, err)
	}
	return ""
}

// load gives a configuration as text, in which an empty list and none are the same.
func load[C any](root *yaml.Node) (string, error) {
	var text bytes.Buffer
	if err := yaml.NewEncoder(&text).Encode(root); err != nil {
		return "", err
	}
	var c C
	if err := configfile.Parse("sample", text.Bytes(), &c); err != nil {
		return "", err
	}
	return fmt.Sprintf("%+v", c), nil
}

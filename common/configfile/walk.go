package configfile

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"aecode/common/configerr"
)

// maxDepth is the deepest nesting accepted in a file.
const maxDepth = 64

// walker compares a YAML tree with the Go types of the configuration. It collects
// all problems and builds the map that go-zero's mapping reads.
type walker struct {
	file   string
	lookup func(string) (string, bool)
	errs   []error
	lines  map[string]int // path -> line
}

func (w *walker) failf(line int, path, format string, args ...any) {
	w.errs = append(w.errs, &configerr.FieldError{File: w.file, Line: line, Path: path, Problem: fmt.Sprintf(format, args...)})
}

// structure reads a mapping for the struct type t. A null is an empty section.
func (w *walker) structure(n *yaml.Node, t reflect.Type, path string, depth int) map[string]any {
	if depth > maxDepth {
		w.failf(n.Line, path, "is nested deeper than %d levels", maxDepth)
		return nil
	}
	fields, err := fieldsOf(t)
	if err != nil {
		w.failf(n.Line, path, "the Go type of the configuration cannot be used: %v", err)
		return nil
	}
	values := make(map[string]any, len(fields))
	if !isNull(n) && !w.isMapping(n, path) {
		return values
	}
	byName := make(map[string]*field, len(fields))
	for i := range fields {
		byName[fields[i].name] = &fields[i]
	}
	given := make(map[string]bool, len(fields))
	w.pairs(n, path, func(key, value *yaml.Node) {
		name := key.Value
		f := byName[name]
		at := configerr.Join(path, name)
		if f == nil {
			w.failf(key.Line, at, "unknown key%s", suggestion(name, fields))
			return
		}
		given[name] = true
		w.lines[at] = key.Line
		if v, ok := w.value(value, f, f.typ, at, depth+1); ok {
			values[name] = v
		}
	})
	for i := range fields {
		if f := &fields[i]; f.required && !given[f.name] {
			w.missing(n.Line, f.typ, configerr.Join(path, f.name), depth+1)
		}
	}
	return values
}

// missing reports an absent required field. For a section it reports the
// required fields inside.
func (w *walker) missing(line int, t reflect.Type, path string, depth int) {
	t = deref(t)
	if t.Kind() != reflect.Struct || takesText(t) {
		w.failf(line, path, "is required")
		return
	}
	fields, err := fieldsOf(t)
	if err != nil || depth > maxDepth {
		w.failf(line, path, "is required")
		return
	}
	for _, f := range fields {
		if f.required {
			w.missing(line, f.typ, configerr.Join(path, f.name), depth+1)
		}
	}
}

// pairs calls each for the keys of a mapping and their values. It reports a key
// that occurs again, and calls each for the first one only.
func (w *walker) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		return
	}
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind == yaml.AliasNode || key.ShortTag() == "!!merge":
			w.failf(key.Line, path, "aliases and merge keys are not supported: write the values out")
			continue
		case key.Kind != yaml.ScalarNode || isNull(key):
			w.failf(key.Line, path, "a key must be a plain word")
			continue
		}
		if line, dup := first[key.Value]; dup {
			w.failf(key.Line, configerr.Join(path, key.Value), "duplicate key, first given on line %d", line)
			continue
		}
		first[key.Value] = key.Line
		each(key, value)
	}
}

// value reads n as a value of type t. f has the options and the range of the
// field that n belongs to.
func (w *walker) value(n *yaml.Node, f *field, t reflect.Type, path string, depth int) (any, bool) {
	t = deref(t)
	switch {
	case depth > maxDepth:
		w.failf(n.Line, path, "is nested deeper than %d levels", maxDepth)
		return nil, false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		w.failf(n.Line, path, "anchors and aliases are not supported: write the value out")
		return nil, false
	case takesText(t):
		return w.scalar(n, f, t, path)
	}
	switch t.Kind() {
	case reflect.Struct:
		return w.structure(n, t, path, depth), true
	case reflect.Map:
		return w.mapping(n, f, t, path, depth)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return w.scalar(n, f, reflect.TypeFor[string](), path)
		}
		return w.list(n, f, t, path, depth)
	case reflect.Interface:
		return w.free(n, path, depth)
	default:
		return w.scalar(n, f, t, path)
	}
}

func (w *walker) mapping(n *yaml.Node, f *field, t reflect.Type, path string, depth int) (any, bool) {
	if t.Key().Kind() != reflect.String {
		w.failf(n.Line, path, "the Go type of the configuration cannot be used: %v has keys that are not strings", t)
		return nil, false
	}
	if !isNull(n) && !w.isMapping(n, path) {
		return nil, false
	}
	values := make(map[string]any, len(n.Content)/2)
	w.pairs(n, path, func(key, value *yaml.Node) {
		at := configerr.Join(path, key.Value)
		w.lines[at] = key.Line
		if v, ok := w.value(value, f, t.Elem(), at, depth+1); ok {
			values[key.Value] = element(t.Elem(), v)
		}
	})
	return values, true
}

func (w *walker) list(n *yaml.Node, f *field, t reflect.Type, path string, depth int) (any, bool) {
	if n.Kind == yaml.ScalarNode && t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String {
		return w.joinedList(n, f, t, path)
	}
	if n.Kind != yaml.SequenceNode {
		w.failf(n.Line, path, "must be a list, is %s", describe(n))
		return nil, false
	}
	values := make([]any, 0, len(n.Content))
	for i, item := range n.Content {
		at := configerr.Join(path, fmt.Sprintf("[%d]", i))
		w.lines[at] = item.Line
		if v, ok := w.value(item, f, t.Elem(), at, depth+1); ok {
			values = append(values, element(t.Elem(), v))
		}
	}
	return values, true
}

// joinedList reads a list of strings from one comma-separated value: an
// environment variable has no other way to give a list.
func (w *walker) joinedList(n *yaml.Node, f *field, t reflect.Type, path string) (any, bool) {
	if isNull(n) {
		w.failf(n.Line, path, "has no value: give one or remove the key")
		return nil, false
	}
	text, expanded, err := expand(n.Value, w.lookup)
	if err != nil {
		w.failf(n.Line, path, "%v", err)
		return nil, false
	}
	values := []any{}
	if strings.TrimSpace(text) == "" {
		return values, true
	}
	for i, part := range strings.Split(text, ",") {
		at := configerr.Join(path, fmt.Sprintf("[%d]", i))
		w.lines[at] = n.Line
		part = strings.TrimSpace(part)
		if part == "" {
			w.failf(n.Line, at, "is empty: remove the extra comma")
			continue
		}
		if v, ok := w.plain(n.Line, part, expanded, f, t.Elem(), at); ok {
			values = append(values, v)
		}
	}
	return values, true
}

// free reads a value for a field of type any.
func (w *walker) free(n *yaml.Node, path string, depth int) (any, bool) {
	if depth > maxDepth {
		w.failf(n.Line, path, "is nested deeper than %d levels", maxDepth)
		return nil, false
	}
	f := &field{}
	switch n.Kind {
	case yaml.MappingNode:
		return w.mapping(n, f, reflect.TypeFor[map[string]any](), path, depth)
	case yaml.SequenceNode:
		return w.list(n, f, reflect.TypeFor[[]any](), path, depth)
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!bool":
			return w.scalar(n, f, reflect.TypeFor[bool](), path)
		case "!!int":
			return w.scalar(n, f, reflect.TypeFor[int64](), path)
		case "!!float":
			return w.scalar(n, f, reflect.TypeFor[float64](), path)
		}
		return w.scalar(n, f, reflect.TypeFor[string](), path)
	default:
		w.failf(n.Line, path, "anchors and aliases are not supported: write the value out")
		return nil, false
	}
}

func (w *walker) isMapping(n *yaml.Node, path string) bool {
	if n.Kind == yaml.MappingNode {
		return true
	}
	w.failf(n.Line, path, "must be a section of key: value lines, is %s", describe(n))
	return false
}

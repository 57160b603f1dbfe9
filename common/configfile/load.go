package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/zeromicro/go-zero/core/mapping"
	"go.yaml.in/yaml/v3"
)

// MaxSize is the largest configuration file read, in bytes.
const MaxSize = 1 << 20

// validator is what Load calls last.
type validator interface{ Validate() error }

// Load reads the YAML file at path into the struct that into points to, fills
// defaults, and validates. On an error into is left as it was. The error joins
// every problem found, each a *FieldError where it concerns a field.
func Load(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("configuration: reading %s: %w", path, err)
	}
	return Parse(path, content, into)
}

// Parse is Load for content that is already read; name stands for the file in
// errors.
func Parse(name string, content []byte, into any) error {
	ptr := reflect.ValueOf(into)
	if ptr.Kind() != reflect.Pointer || ptr.IsNil() || ptr.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("configuration: the target must be a non-nil pointer to a struct, is %T", into)
	}
	root, err := parseYAML(name, content)
	if err != nil {
		return err
	}
	w := walker{file: name, lookup: os.LookupEnv, lines: make(map[string]int)}
	values := w.structure(root, ptr.Type().Elem(), "", 1)
	if len(w.errs) > 0 {
		return errors.Join(w.errs...)
	}
	fresh := reflect.New(ptr.Type().Elem())
	if err := mapping.UnmarshalJsonMap(values, fresh.Interface()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := validate(fresh.Interface()); err != nil {
		return locate(err, name, w.lines)
	}
	ptr.Elem().Set(fresh.Elem())
	return nil
}

// validate calls Validate, and refuses a target whose embedded structs have one
// that Go does not promote because there are several.
func validate(v any) error {
	if val, ok := v.(validator); ok {
		return val.Validate()
	}
	t := reflect.TypeOf(v).Elem()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct && reflect.PointerTo(f.Type).Implements(reflect.TypeFor[validator]()) {
			return fmt.Errorf("%v embeds %v, whose Validate is hidden by another embedded one: give %v a Validate that calls both", t, f.Type, t)
		}
	}
	return nil
}

// parseYAML returns the root of the one document in content.
func parseYAML(name string, content []byte) (*yaml.Node, error) {
	fail := func(line int, problem string) (*yaml.Node, error) {
		return nil, &FieldError{File: name, Line: line, Problem: problem}
	}
	if len(content) > MaxSize {
		return fail(0, fmt.Sprintf("the file is larger than %d bytes", MaxSize))
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
		return fail(second.Line, "a second YAML document starts here; only one is allowed")
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || isNull(doc.Content[0]) {
		return fail(0, "the file is empty")
	}
	return doc.Content[0], nil
}

// validPrefix is how many bytes of b are valid UTF-8.
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

// yamlError splits the parser's message into line and text.
func yamlError(err error) (int, string) {
	text := err.Error()
	m := yamlPosition.FindStringSubmatch(text)
	if m == nil {
		return 0, "not valid YAML: " + text
	}
	line, _ := strconv.Atoi(m[1])
	return line, "not valid YAML: " + text[len(m[0]):]
}

package configfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/zeromicro/go-zero/core/mapping"
)

// maxSize is the size of the largest configuration file accepted, in bytes.
const maxSize = 1 << 20

// validator is a target or a section that checks itself.
type validator interface{ Validate() error }

// Load reads the YAML file at path, at most 1 MiB, into the struct that into
// points to. It fills in defaults and calls Validate. On an error it does not
// change into. The error joins all problems; each one that concerns a field is a
// *configerr.FieldError.
func Load(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("configuration: reading %s: %w", path, err)
	}
	return Parse(path, content, into)
}

// Parse is Load for content that is already read. Errors use name as the name of
// the file.
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

// validate calls the Validate of v. It refuses a v that has several embedded
// structs with a Validate and none of its own: Go promotes none of them.
func validate(v any) error {
	if val, ok := v.(validator); ok {
		return val.Validate()
	}
	t := reflect.TypeOf(v).Elem()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct && reflect.PointerTo(f.Type).Implements(reflect.TypeFor[validator]()) {
			return fmt.Errorf("%v embeds %v, whose Validate is hidden by that of another embedded struct: give %v a Validate that calls both", t, f.Type, t)
		}
	}
	return nil
}

package configfile

import (
	"errors"
	"fmt"
	"strings"
)

// FieldError is one thing wrong with one setting.
type FieldError struct {
	// File and Line say where; Load fills them in. Line is 0 where the field
	// is not in the file.
	File string
	Line int
	// Path is the field's path from the root, for instance
	// "Store.Replicas[2].Addr"; empty for the file as a whole.
	Path string
	// Problem says what is wrong and what would be right. It must not quote a
	// secret.
	Problem string
}

// Error returns "file:line: path: problem", without the parts that are unknown.
func (e *FieldError) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File)
		if e.Line > 0 {
			fmt.Fprintf(&b, ":%d", e.Line)
		}
		b.WriteString(": ")
	} else if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Fieldf returns a *FieldError, for Validate methods:
//
//	configfile.Fieldf("Nightly.Workers", "must be between 1 and 256, is %d", n)
func Fieldf(path, format string, args ...any) error {
	return &FieldError{Path: path, Problem: fmt.Sprintf(format, args...)}
}

// Errors collects what is wrong, so that one start shows every mistake. The
// zero value is ready.
type Errors struct{ list []error }

// Addf adds a FieldError.
func (e *Errors) Addf(path, format string, args ...any) {
	e.list = append(e.list, Fieldf(path, format, args...))
}

// Check adds a FieldError unless ok.
func (e *Errors) Check(ok bool, path, format string, args ...any) {
	if !ok {
		e.Addf(path, format, args...)
	}
}

// Add adds err unless it is nil, with prefix put before the path of every
// FieldError in it; "" leaves it as it is. Use it for the Validate of a nested
// section: errs.Add("Redis", c.Redis.Validate()).
func (e *Errors) Add(prefix string, err error) {
	if err == nil {
		return
	}
	for _, one := range flatten(err) {
		e.list = append(e.list, underPrefix(prefix, one))
	}
}

// Err returns nil if nothing was added, else all of it joined, one a line.
func (e *Errors) Err() error { return errors.Join(e.list...) }

func underPrefix(prefix string, err error) error {
	if prefix == "" {
		return err
	}
	//nolint:errorlint // Text wrapped around a FieldError must stay.
	fe, ok := err.(*FieldError)
	if !ok {
		return fmt.Errorf("%s: %w", prefix, err)
	}
	moved := *fe
	moved.Path = join(prefix, fe.Path)
	return &moved
}

// flatten takes joined errors apart.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	// Only a join at the top is taken apart; text wrapped around one must stay.
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, flatten(e)...)
		}
		return all
	}
	return []error{err}
}

// locate adds file and, where known, line to what a Validate returned.
func locate(err error, file string, lines map[string]int) error {
	all := flatten(err)
	for i, e := range all {
		//nolint:errorlint // As above: a FieldError inside other text stays as it is.
		if fe, ok := e.(*FieldError); ok {
			at := *fe
			at.File = file
			if at.Line == 0 {
				at.Line = lines[at.Path]
			}
			all[i] = &at
		} else {
			all[i] = fmt.Errorf("%s: %w", file, e)
		}
	}
	return errors.Join(all...)
}

func join(parent, name string) string {
	switch {
	case parent == "":
		return name
	case name == "" || name[0] == '[':
		return parent + name
	default:
		return parent + "." + name
	}
}

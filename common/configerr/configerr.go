// Package configerr is how a configuration says which of its fields are faulty:
// errors that name a field by its path. A package that is configured uses it in
// the Validate of its own configuration, without the reader of files, common/configfile,
// which adds the file and the line.
package configerr

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// FieldError is one problem of one setting.
type FieldError struct {
	// File and Line say where the setting is. The reader of the file fills them
	// in. Line is 0 if the field is not in the file.
	File string
	Line int
	// Path is the path of the field from the root, such as
	// "Store.Replicas[2].Addr". It is empty for a problem of the whole file.
	Path string
	// Problem says what is wrong and what to do. It must not quote a secret.
	Problem string
}

// Error returns "file:line: path: problem". It leaves out unknown parts.
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
//	configerr.Fieldf("Nightly.Workers", "must be between 1 and 256, is %d", n)
func Fieldf(path, format string, args ...any) error {
	return &FieldError{Path: path, Problem: fmt.Sprintf(format, args...)}
}

// Errors collects problems, so that one start shows all of them. The zero value
// is ready to use.
type Errors struct{ list []error }

// Addf adds a FieldError.
func (e *Errors) Addf(path, format string, args ...any) {
	e.list = append(e.list, Fieldf(path, format, args...))
}

// Check adds a FieldError if ok is false.
func (e *Errors) Check(ok bool, path, format string, args ...any) {
	if !ok {
		e.Addf(path, format, args...)
	}
}

// Count adds a FieldError if the number v is not least to most.
func (e *Errors) Count(path string, v, least, most int) {
	e.Check(v >= least && v <= most, path, "must be %d to %d, is %d", least, most, v)
}

// Span adds a FieldError if the duration d is not least to most.
func (e *Errors) Span(path string, d, least, most time.Duration) {
	e.Check(d >= least && d <= most, path, "must be %v to %v, is %v", least, most, d)
}

// Add adds err, unless it is nil. It puts prefix before the path of every
// FieldError in err; the prefix "" changes nothing. Use it for the Validate of a
// nested section: errs.Add("Redis", c.Redis.Validate()).
func (e *Errors) Add(prefix string, err error) {
	if err == nil {
		return
	}
	for _, one := range Split(err) {
		e.list = append(e.list, underPrefix(prefix, one))
	}
}

// Err returns nil if nothing was added, else all problems joined, one per line.
func (e *Errors) Err() error { return errors.Join(e.list...) }

func underPrefix(prefix string, err error) error {
	if prefix == "" {
		return err
	}
	//nolint:errorlint // Only a FieldError itself: one inside other text keeps that text.
	fe, ok := err.(*FieldError)
	if !ok {
		return fmt.Errorf("%s: %w", prefix, err)
	}
	moved := *fe
	moved.Path = Join(prefix, fe.Path)
	return &moved
}

// Split returns the errors that errors.Join joined, none for nil. A join inside
// other text stays as it is.
func Split(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, Split(e)...)
		}
		return all
	}
	return []error{err}
}

// Join returns the path of the field or list element name below parent.
func Join(parent, name string) string {
	switch {
	case parent == "":
		return name
	case name == "" || name[0] == '[':
		return parent + name
	default:
		return parent + "." + name
	}
}

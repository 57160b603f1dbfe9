package configfile

import (
	"errors"
	"fmt"

	"aecode/common/configerr"
)

// locate adds the file, and the line if it is known, to the errors that a
// Validate returned.
func locate(err error, file string, lines map[string]int) error {
	all := configerr.Split(err)
	for i, e := range all {
		//nolint:errorlint // Only a FieldError itself: one inside other text keeps that text.
		if fe, ok := e.(*configerr.FieldError); ok {
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

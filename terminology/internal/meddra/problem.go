package meddra

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one fault of a release. Line counts from 1; 0 means the whole file. Message
// quotes codes and damaged fields, and never a term name, which may be licensed.
//
//nolint:errname // a Problem is a warning as often as an error
type Problem struct {
	File    string
	Line    int
	Message string
}

// Error returns "file:line: message", or "file: message" for a whole file.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// bounds are the maximum numbers of problems that are listed. They keep the report
// readable if every line of a file is damaged, and leave room for the faults of others.
type bounds struct{ all, perFile int }

var (
	listed = bounds{all: 50, perFile: 20}
	// listedToCheck is for a person who repairs a release and needs the whole list.
	listedToCheck = bounds{all: 100_000, perFile: 20_000}
)

// ValidationError says why a release was refused. Problems is sorted by file and line. It
// has at most 50 problems, and at most 20 of one file; from [CheckVersion] it has up to
// 100,000 and 20,000. Total counts all that were found.
type ValidationError struct {
	Dir      string // the folder that was loaded; empty when it has no name
	Problems []Problem
	Total    int
}

// Error lists the problems, one on each line.
func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString("MedDRA release")
	if e.Dir != "" {
		b.WriteString(" in " + e.Dir)
	}
	b.WriteString(" refused: ")
	if e.Total == 1 && len(e.Problems) == 1 {
		b.WriteString(e.Problems[0].Error())
		return b.String()
	}
	fmt.Fprintf(&b, "%d problems", e.Total)
	if e.Total > len(e.Problems) {
		fmt.Fprintf(&b, ", %d listed", len(e.Problems))
	}
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.Error())
	}
	return b.String()
}

// Unwrap gives the listed problems to errors.As.
func (e *ValidationError) Unwrap() []error {
	errs := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		errs[i] = p
	}
	return errs
}

// problemList collects problems within its bounds.
type problemList struct {
	bounds bounds
	listed []Problem
	total  int
	byFile map[string]int
}

func (l *problemList) addf(file string, line int, format string, args ...any) {
	l.total++
	if len(l.listed) >= l.bounds.all || l.byFile[file] >= l.bounds.perFile {
		return
	}
	if l.byFile == nil {
		l.byFile = make(map[string]int)
	}
	l.byFile[file]++
	l.listed = append(l.listed, Problem{File: file, Line: line, Message: fmt.Sprintf(format, args...)})
}

// merge adds the problems of another list, up to the bounds.
func (l *problemList) merge(other *problemList) {
	l.total += other.total
	l.listed = append(l.listed, other.listed[:min(len(other.listed), l.bounds.all-len(l.listed))]...)
}

func (l *problemList) sorted() []Problem {
	slices.SortStableFunc(l.listed, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return l.listed
}

// err returns a ValidationError, or nil when nothing was collected.
func (l *problemList) err(dir string) error {
	if l.total == 0 {
		return nil
	}
	return &ValidationError{Dir: dir, Problems: l.sorted(), Total: l.total}
}

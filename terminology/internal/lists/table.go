package lists

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// maxBytes is the maximum size of a list file, enough for a million synonyms.
const maxBytes = 128 << 20

// table reads a CSV file with a fixed set of named columns, in any order.
type table struct {
	file     string
	csv      *csv.Reader
	columns  []string
	at       []int // column -> position in the row
	row      []string
	line     int
	problems []Problem
}

// key is what a list is looked up by. Each kind of list sets the fields it needs.
type key struct {
	study    string
	language meddra.Language
	folded   string
}

// openTable reads the header. The error is a [*ValidationError] if the file is too large
// or its header is faulty.
func openTable(file string, r io.Reader, columns []string) (*table, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	t := &table{file: file, columns: columns}
	if len(data) > maxBytes {
		t.problem(0, "", fmt.Sprintf("is larger than %d MiB", maxBytes>>20))
		return nil, t.err()
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	t.csv = csv.NewReader(bytes.NewReader(data))
	t.csv.FieldsPerRecord = -1
	header, err := t.csv.Read()
	if err != nil {
		t.problem(1, "", "has no header, want "+strings.Join(columns, ","))
		return nil, t.err()
	}
	for _, c := range columns {
		i := slices.Index(header, c)
		if i < 0 {
			t.problem(1, c, "column is missing")
		}
		t.at = append(t.at, i)
	}
	if len(header) != len(columns) && len(t.problems) == 0 {
		t.problem(1, "", "want exactly the columns "+strings.Join(columns, ","))
	}
	if err := t.err(); err != nil {
		return nil, err
	}
	return t, nil
}

// next reads the next row; false at the end. A row that is not valid CSV is a problem.
func (t *table) next() bool {
	for {
		row, err := t.csv.Read()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			var parse *csv.ParseError
			if !errors.As(err, &parse) {
				t.problem(t.line+1, "", "cannot be read")
				return false
			}
			t.problem(parse.StartLine, "", parse.Err.Error())
			continue
		}
		t.line, _ = t.csv.FieldPos(0)
		if len(row) != len(t.columns) {
			t.problem(t.line, "", fmt.Sprintf("has %d fields, want %d", len(row), len(t.columns)))
			continue
		}
		t.row = row
		return true
	}
}

// field returns a column of the current row.
func (t *table) field(column string) string { return t.row[t.at[slices.Index(t.columns, column)]] }

// language reads the language column.
func (t *table) language() meddra.Language {
	s := t.field("language")
	for _, l := range meddra.Languages() {
		if s == string(l) {
			return l
		}
	}
	t.problem(t.line, "language", "is not supported, want en or zh")
	return ""
}

// verbatim reads the verbatim column.
func (t *table) verbatim() string {
	s := t.field("verbatim")
	var e *verbatim.Error
	if err := verbatim.Validate(s); errors.As(err, &e) {
		t.problem(t.line, "verbatim", strings.TrimPrefix(e.Error(), "verbatim "))
		return ""
	}
	return s
}

func (t *table) problem(line int, field, reason string) {
	t.problems = append(t.problems, Problem{t.file, line, field, reason})
}

func (t *table) err() error {
	if len(t.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(t.problems, func(a, b Problem) int { return a.Line - b.Line })
	return &ValidationError{t.problems}
}

// approval checks the columns approved_by and approved_at.
func (t *table) approval() {
	if by := t.field("approved_by"); strings.TrimSpace(by) == "" || !printable(by) {
		t.problem(t.line, "approved_by", "is empty or not printable: a synonym codes without a person and needs one who approved it")
	}
	at := t.field("approved_at")
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if _, err := time.Parse(layout, at); err == nil {
			return
		}
	}
	t.problem(t.line, "approved_at", "is not an RFC 3339 date or date-time, such as 2026-03-01")
}

// printable reports whether a text is valid UTF-8 without control characters.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7F })
}

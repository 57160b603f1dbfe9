// Package gold reads gold files: wordings with their right PTs. The coder is measured and
// its model is trained on them.
package gold

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"aecode/terminology/internal/meddra"
)

// maxLine is the maximum length of a line in bytes. It is far above what the coder accepts
// as a verbatim, so that the coder refuses a verbatim that is too long.
const maxLine = 1 << 20

// maxRows is the maximum number of rows of a line, with which sums stay exact.
const maxRows = 1e9

// Line is one line of a gold file.
type Line struct {
	Number   int // in the file, from 1
	Verbatim string
	Codes    []meddra.Code // the right PTs, each once; none: nothing fits
	Rows     float64       // number of reports with this wording
}

// Right reports whether a PT is one of the right ones.
func (l Line) Right(pt meddra.Code) bool { return slices.Contains(l.Codes, pt) }

// Load reads a gold file, see [parse].
func Load(path string) ([]Line, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open gold file: %w", err)
	}
	defer f.Close()
	return parse(path, f)
}

// parse reads gold lines: a verbatim, its right PT codes separated by |, and its number
// of rows, separated by tabs. An empty list of codes says that nothing fits; missing or
// empty rows count as 1. The text may begin with a byte order mark, and its lines may
// end with CRLF.
//
// Blank lines, a first line with the names of the columns, and comments are ignored. A
// comment begins with # and is not a gold line: "#1 tooth painful" with a code is a
// wording. Any other line that cannot be read is an error with name and line, and so is a
// file without a gold line.
func parse(name string, r io.Reader) ([]Line, error) {
	var all []Line
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	number := 0
	for scanner.Scan() {
		number++
		text := scanner.Text()
		if number == 1 {
			text = strings.TrimPrefix(text, "\uFEFF")
		}
		if text == "" || number == 1 && isHeader(text) {
			continue
		}
		line, err := parseLine(text)
		if err != nil {
			if text[0] == '#' {
				continue
			}
			return nil, fmt.Errorf("gold file %s:%d: %w", name, number, err)
		}
		line.Number = number
		all = append(all, line)
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("gold file %s:%d: line is longer than %d bytes", name, number+1, maxLine)
	case err != nil:
		return nil, fmt.Errorf("read gold file %s: %w", name, err)
	case len(all) == 0:
		return nil, fmt.Errorf("gold file %s has no gold line", name)
	}
	return all, nil
}

// isHeader reports whether a line has the names of the columns.
func isHeader(text string) bool {
	fields := strings.Split(text, "\t")
	return len(fields) > 1 && strings.EqualFold(strings.TrimSpace(fields[1]), "pt_codes")
}

func parseLine(text string) (Line, error) {
	fields := strings.Split(text, "\t")
	if len(fields) < 2 || len(fields) > 3 {
		return Line{}, fmt.Errorf("%d fields, want verbatim, PT codes and rows, separated by tabs", len(fields))
	}
	l := Line{Verbatim: fields[0], Rows: 1}
	for c := range strings.SplitSeq(fields[1], "|") {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		code, err := meddra.ParseCode(c)
		if err != nil {
			return Line{}, fmt.Errorf("PT codes: %w", err)
		}
		if !slices.Contains(l.Codes, code) {
			l.Codes = append(l.Codes, code)
		}
	}
	if len(fields) < 3 {
		return l, nil
	}
	if rows := strings.TrimSpace(fields[2]); rows != "" {
		n, err := strconv.ParseFloat(rows, 64)
		if err != nil || !(n > 0) || n > maxRows {
			return Line{}, fmt.Errorf("rows: want a number above 0, at most %.0f", maxRows)
		}
		l.Rows = n
	}
	return l, nil
}

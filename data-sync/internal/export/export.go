// Package export writes the two files that go out: every report with its coding
// in SDTM AE columns, and what a person must decide.
//
// Both are CSV as in RFC 4180 with LF line ends, in the order of the reports
// given, and byte for byte the same for the same reports. They hold verbatims:
// these files and the API's reports are where verbatims leave the system.
//
// Cells that a spreadsheet would run as a formula are neutralised, see
// Neutralise.
package export

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"aecode/data-sync/internal/intake/lossless"
	"aecode/data-sync/internal/report"
)

// Each calls yield for every item in stable order, and stops with the error
// that yield gives.
type Each[T any] func(ctx context.Context, yield func(T) error) error

// table writes one CSV file.
type table struct {
	csv *csv.Writer
	out []string
}

func newTable(w io.Writer) *table { return &table{csv: csv.NewWriter(w)} }

func (t *table) write(cells []string) error {
	t.out = t.out[:0]
	for _, c := range cells {
		t.out = append(t.out, Neutralise(c))
	}
	if err := t.csv.Write(t.out); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	return nil
}

// end writes out what is buffered.
func (t *table) end() error {
	t.csv.Flush()
	if err := t.csv.Error(); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	return nil
}

// verbatim gives the report's text, and held bytes in a printable form that loses
// none.
func verbatim(r report.Report) string {
	if len(r.VerbatimRaw) > 0 {
		return lossless.Encode(r.VerbatimRaw)
	}
	return r.Verbatim
}

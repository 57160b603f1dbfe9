package export

import (
	"context"
	"io"
	"slices"
	"strings"

	"aecode/data-sync/internal/report"
)

const (
	studyColumn    = "STUDYID"
	recordIDColumn = "AESPID"
	verbatimColumn = "AETERM"
)

// CodingColumns are the SDTM AE columns that a coding fills, in order. The codes
// are integers, the names in the dictionary's own case. AEBODSYS and AEBDSYCD
// are the body system of the path that was coded, AESOC and AESOCCD the primary
// one; aecode codes on the primary path, so that they are equal.
func CodingColumns() []string {
	return []string{
		"AELLT", "AELLTCD", "AEDECOD", "AEPTCD", "AEHLT", "AEHLTCD", "AEHLGT", "AEHLGTCD",
		"AEBODSYS", "AEBDSYCD", "AESOC", "AESOCCD",
	}
}

func codingCells(c report.Coding) []string {
	return []string{
		c.LLT.Name, c.LLT.Code, c.PT.Name, c.PT.Code, c.HLT.Name, c.HLT.Code, c.HLGT.Name, c.HLGT.Code,
		c.SOC.Name, c.SOC.Code, c.SOC.Name, c.SOC.Code,
	}
}

// WriteCoded writes every report that each gives: the columns of the sources as
// they came, then CodingColumns, which are empty unless the report is CODED.
//
// columns are those of all sources in order; they should name every field that
// is to be written. Names are matched without regard to case. An input column
// named like a coding column is left out: the coding's column is written instead.
// STUDYID and AETERM are added where no source had them. If there are no columns at
// all, AESPID is added too, so that a report received through the API can be
// identified. Such a report fills these three from its identity and verbatim.
//
// An input's own AETERM cell is written as it came, before trimming.
//
// It ends at the first error of each, of w or of ctx; what is written by then is
// not a whole file.
func WriteCoded(ctx context.Context, w io.Writer, columns []string, each Each[report.Report]) error {
	source := sourceColumns(columns)
	index := make(map[string]int, 2*len(source))
	for i, name := range source {
		index[fold(name)] = i
	}
	place := func(name string) (int, bool) {
		at, ok := index[name]
		if !ok {
			at, ok = index[fold(name)]
		}
		return at, ok
	}
	// Most fields come by the very name.
	for i, name := range source {
		index[name] = i
	}

	study, _ := place(studyColumn)
	term, _ := place(verbatimColumn)

	coding := CodingColumns()
	t := newTable(w)
	if err := t.write(append(slices.Clone(source), coding...)); err != nil {
		return err
	}
	cells := make([]string, len(source)+len(coding))
	has := make([]bool, len(source))
	err := each(ctx, func(r report.Report) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		clear(cells)
		clear(has)
		for _, f := range r.Fields {
			if at, ok := place(f.Name); ok {
				cells[at], has[at] = f.Value, true
			}
		}
		// A report with a study column came from a file, where a record id that is
		// not AESPID stands in columns of its own.
		if !has[study] {
			cells[study] = r.Identity.Study
			if at, ok := place(recordIDColumn); ok && !has[at] {
				cells[at] = r.Identity.RecordID
			}
		}
		if !has[term] {
			cells[term] = verbatim(r)
		}
		if r.Status == report.Coded && r.Coding != nil {
			copy(cells[len(source):], codingCells(*r.Coding))
		}
		return t.write(cells)
	})
	if err != nil {
		return err
	}
	return t.end()
}

// sourceColumns gives the columns to write before the coding's.
func sourceColumns(columns []string) []string {
	taken := make(map[string]bool, len(columns))
	for _, name := range CodingColumns() {
		taken[fold(name)] = true
	}
	ensured := []string{studyColumn, verbatimColumn}
	if len(columns) == 0 {
		ensured = []string{studyColumn, recordIDColumn, verbatimColumn}
	}
	var source []string
	for _, name := range slices.Concat(columns, ensured) {
		if !taken[fold(name)] {
			taken[fold(name)] = true
			source = append(source, name)
		}
	}
	return source
}

func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

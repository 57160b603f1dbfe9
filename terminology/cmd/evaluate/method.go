package main

import (
	"cmp"
	"slices"

	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
)

// methodTally counts the lines that one step coded without a person.
type methodTally struct {
	Method    string  `json:"method"`
	Coded     int     `json:"coded"` // lines
	Right     int     `json:"right"`
	Share     float64 `json:"share"` // of all lines
	Precision float64 `json:"precision"`

	Rows          float64 `json:"rows"`
	RowsRight     float64 `json:"rows_right"`
	RowsShare     float64 `json:"rows_share"`
	RowsPrecision float64 `json:"rows_precision"`
}

// byMethod counts the lines that each step coded, the step with the most lines first.
func byMethod(all []judged) []methodTally {
	tallies := map[coder.Method]*methodTally{}
	lines, sum := float64(len(all)), 0.0
	for _, j := range all {
		sum += j.Rows
		if !j.coded() {
			continue
		}
		t, ok := tallies[j.result.Method]
		if !ok {
			t = &methodTally{Method: string(j.result.Method)}
			tallies[j.result.Method] = t
		}
		t.Coded++
		t.Rows += j.Rows
		if j.within(1) {
			t.Right++
			t.RowsRight += j.Rows
		}
	}
	out := make([]methodTally, 0, len(tallies))
	for _, t := range tallies {
		t.Share, t.Precision = ratio(float64(t.Coded), lines), ratio(float64(t.Right), float64(t.Coded))
		t.RowsShare, t.RowsPrecision = ratio(t.Rows, sum), ratio(t.RowsRight, t.Rows)
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b methodTally) int {
		return cmp.Or(cmp.Compare(b.Coded, a.Coded), cmp.Compare(a.Method, b.Method))
	})
	return out
}

// falseCode is a gold line that the machine coded wrongly.
type falseCode struct {
	Line     int      `json:"line"` // of the gold file
	Verbatim string   `json:"verbatim"`
	Method   string   `json:"method"`
	Coded    string   `json:"coded"`
	Right    []string `json:"right"` // none: nothing fits
}

// falseCodes lists every wrong code that the machine gave without a person.
func falseCodes(v *meddra.Version, all []judged) []falseCode {
	out := []falseCode{} // [] and not null
	for _, j := range all {
		if j.coded() && !j.within(1) {
			out = append(out, falseCode{
				j.Number, j.Verbatim, string(j.result.Method), shown(v, j.result.Choice.Path.PT.Code), shownAll(v, j.Codes),
			})
		}
	}
	return out
}

package main

import (
	"slices"

	"aecode/terminology/internal/meddra"
)

// report holds all results. Programs read distinct, which comes first.
type report struct {
	Distinct measures `json:"distinct"`
	Rows     measures `json:"rows"`
	// Answerable counts only the lines with a right PT that the release has, and Not only
	// the others, none of which can be coded rightly.
	Answerable byWeight `json:"answerable_only"`
	Not        byWeight `json:"not_answerable"`

	Methods []methodTally `json:"auto_coded_by_method"`
	False   []falseCode   `json:"false_auto_codes"`
	// Coverage is for all lines, ByLikeness for those that no safe step codes.
	Coverage   coverages `json:"coverage"`
	ByLikeness coverages `json:"coverage_by_likeness"`

	NothingFits int               `json:"nothing_fits"` // lines without a code
	Refused     int               `json:"refused"`      // lines whose verbatim cannot be coded
	Release     string            `json:"release"`
	Languages   []meddra.Language `json:"languages"`
	Synonyms    int               `json:"synonyms"`

	curves [2][]point // distinct, rows: what is drawn
}

// byWeight holds the measures of both ways to count.
type byWeight struct {
	Distinct measures `json:"distinct"`
	Rows     measures `json:"rows"`
}

func newReport(v *meddra.Version, synonyms int, all []judged) report {
	both := func(keep func(judged) bool) byWeight {
		return byWeight{measure(all, distinct, keep), measure(all, rows, keep)}
	}
	whole := both(every)
	r := report{
		Distinct: whole.Distinct, Rows: whole.Rows, Answerable: both(answerable), Not: both(unanswerable),
		Methods: byMethod(all), False: falseCodes(v, all),
		Coverage:   newCoverages(all, judged.confidence),
		ByLikeness: newCoverages(all, judged.likeness),
		Release:    v.Label, Languages: slices.Clone(v.Languages()), Synonyms: synonyms,
		curves: [2][]point{curve(all, judged.confidence, distinct), curve(all, judged.confidence, rows)},
	}
	for _, j := range all {
		if len(j.Codes) == 0 {
			r.NothingFits++
		}
		if j.refused() {
			r.Refused++
		}
	}
	return r
}

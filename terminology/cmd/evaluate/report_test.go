package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"aecode/terminology/cmd/internal/gold"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
)

func fixtureVersion(t *testing.T) *meddra.Version {
	t.Helper()
	v, err := meddra.LoadVersion("testdata/release")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The answers are made by hand, so that the report does not depend on a model.

func coding(pt meddra.Code) *coder.Coding {
	return &coder.Coding{LLT: meddra.LLT{Code: pt, PT: pt, Current: true}, Path: meddra.Path{PT: meddra.Term{Code: pt}}}
}

func codedAs(method coder.Method, likelihood float64, pt meddra.Code, rivals ...coder.Candidate) coder.Result {
	return coder.Result{Status: coder.Coded, Method: method, Score: 1, Likelihood: likelihood, Choice: coding(pt), Candidates: rivals}
}

func suggested(reason coder.Reason, candidates ...coder.Candidate) coder.Result {
	return coder.Result{Status: coder.Suggested, Method: coder.MethodRanked, Reason: reason, Score: candidates[0].Score, Candidates: candidates}
}

func candidate(pt meddra.Code, score float64) coder.Candidate {
	return coder.Candidate{Coding: *coding(pt), Score: score, Method: coder.MethodRanked}
}

// judgements gives a line of each kind.
func judgements(v *meddra.Version) []judged {
	nothing := coder.Result{Status: coder.NoMatch, Reason: coder.ReasonNothingNear}
	lines := []struct {
		verbatim string
		codes    []meddra.Code
		rows     float64
		result   coder.Result
	}{
		{"headache", []meddra.Code{90000101}, 20, codedAs(coder.MethodExact, 0.98, 90000101, candidate(90000102, 0.01))},
		{"HEADACHE", []meddra.Code{90000101}, 5, codedAs(coder.MethodExact, 0.98, 90000101, candidate(90000102, 0.01))},
		{"belly ache", []meddra.Code{90000102, 90000106}, 4, codedAs(coder.MethodExact, 0.9, 90000102)},
		{"rash", []meddra.Code{90000107}, 3, codedAs(coder.MethodFolded, 0.6, 90000106, candidate(90000107, 0.3))},
		{"giddy <head>", []meddra.Code{90000107}, 6, codedAs(coder.MethodSponsorSynonym, 0.4, 90000107)},
		{"sick", []meddra.Code{90000103}, 2, suggested(coder.ReasonNoSafeMatch, candidate(90000103, 0.95), candidate(90000102, 0.03))},
		{"flushed", []meddra.Code{90000104}, 2, suggested(coder.ReasonNoSafeMatch, candidate(90000106, 0.7), candidate(90000105, 0.2), candidate(90000104, 0.05))},
		{"flashes", []meddra.Code{90000105}, 1, suggested(coder.ReasonAmbiguous, candidate(90000104, 1), candidate(90000105, 1))},
		{"discharge", []meddra.Code{90000106}, 1, suggested(coder.ReasonDoNotAutocode, candidate(90000106, 0.9))},
		{"well", nil, 4, suggested(coder.ReasonNoSafeMatch, candidate(90000102, 0.2))},
		{"xyz", []meddra.Code{90000999}, 1, nothing},
		{"", []meddra.Code{90000101}, 1, coder.Result{Status: coder.NoMatch, Reason: "EMPTY"}},
	}
	all := make([]judged, len(lines))
	for i, l := range lines {
		all[i] = judge(gold.Line{Number: i + 1, Verbatim: l.verbatim, Codes: l.codes, Rows: l.rows}, l.result)
		all[i].answerable = len(l.codes) > 0 && ptName(v, l.codes[0]) != ""
	}
	return all
}

// golden compares a text with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test -update writes it anew): %s", path, diff)
	}
}

func TestTheReportsAreAsPrinted(t *testing.T) {
	v := fixtureVersion(t)
	all := judgements(v)
	r := newReport(v, 3, all)
	golden(t, "report.txt", r.String())
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", string(text)+"\n")
	golden(t, "mistakes.tsv", mistakes(v, all))
}

func TestNothingMeasuredIsNoNumberThatJSONLacks(t *testing.T) {
	line := gold.Line{Number: 1, Verbatim: "xyz", Rows: 1}
	r := newReport(fixtureVersion(t), 0, []judged{judge(line, coder.Result{Status: coder.NoMatch})})
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if r.False == nil || r.Methods == nil {
		t.Error("an empty list is null in JSON")
	}
	if r.Distinct.AutoPrecision != 0 || r.Coverage.Distinct[0] != (coverage{Wanted: 0.99}) {
		t.Errorf("%+v", r)
	}
}

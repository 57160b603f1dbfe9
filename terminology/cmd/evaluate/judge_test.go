package main

import (
	"testing"

	"aecode/terminology/cmd/internal/gold"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
)

func TestRanksCountDistinctPTsWhateverTheStatus(t *testing.T) {
	line := gold.Line{Codes: []meddra.Code{90000103, 90000105}}
	c := func(pt meddra.Code) coder.Candidate { return candidate(pt, 0.5) }
	for name, tc := range map[string]struct {
		result coder.Result
		want   int
	}{
		"the choice":                    {codedAs(coder.MethodExact, 1, 90000103, c(90000101)), 1},
		"a rival of the choice":         {codedAs(coder.MethodExact, 1, 90000101, c(90000102), c(90000103)), 3},
		"a candidate":                   {suggested(coder.ReasonNoSafeMatch, c(90000101), c(90000103)), 2},
		"the first of several right":    {suggested(coder.ReasonNoSafeMatch, c(90000105), c(90000103)), 1},
		"LLTs of one PT count once":     {suggested(coder.ReasonNonCurrent, c(90000101), c(90000101), c(90000101), c(90000103)), 2},
		"not there":                     {suggested(coder.ReasonNoSafeMatch, c(90000101)), 0},
		"no answer":                     {coder.Result{Status: coder.NoMatch}, 0},
		"on the do-not-autocode list":   {suggested(coder.ReasonDoNotAutocode, c(90000103)), 1},
		"the choice again among rivals": {codedAs(coder.MethodExact, 1, 90000101, c(90000101), c(90000103)), 2},
	} {
		if got := judge(line, tc.result).rank; got != tc.want {
			t.Errorf("%s: rank %d, want %d", name, got, tc.want)
		}
	}
}

func TestNothingIsRightWhereNothingFits(t *testing.T) {
	j := judge(gold.Line{}, suggested(coder.ReasonNoSafeMatch, candidate(90000101, 0.9)))
	if j.rank != 0 || j.within(20) {
		t.Errorf("rank %d", j.rank)
	}
}

func TestAPersonsLinesAreNeverCoveredByAThreshold(t *testing.T) {
	first := candidate(90000101, 1)
	for _, tc := range []struct {
		result           coder.Result
		sure, byLikeness float64
	}{
		{suggested(coder.ReasonAmbiguous, first), 0, 0},
		{suggested(coder.ReasonNonCurrent, first), 0, 0},
		{suggested(coder.ReasonDoNotAutocode, first), 0, 0},
		{suggested(coder.ReasonNoSafeMatch, candidate(90000101, 0.7)), 0.7, 0.7},
		{coder.Result{Status: coder.NoMatch, Reason: coder.ReasonNothingNear}, 0, 0},
		{codedAs(coder.MethodExact, 0.8, 90000101), 0.8, 0},
		{codedAs(coder.MethodStudySynonym, 0.1, 90000101), 1, 0},
		{codedAs(coder.MethodSponsorSynonym, 0.1, 90000101), 1, 0},
	} {
		j := judged{result: tc.result}
		if j.confidence() != tc.sure || j.likeness() != tc.byLikeness {
			t.Errorf("%s %s: %v and by likeness %v, want %v and %v", tc.result.Method, tc.result.Reason, j.confidence(), j.likeness(), tc.sure, tc.byLikeness)
		}
	}
}

func TestTheMarginIsTheLeadOverTheSecond(t *testing.T) {
	for _, tc := range []struct {
		result coder.Result
		want   float64
	}{
		{suggested(coder.ReasonNoSafeMatch, candidate(90000101, 0.75), candidate(90000102, 0.25)), 0.5},
		{suggested(coder.ReasonNoSafeMatch, candidate(90000101, 0.75)), 0.75},
		{codedAs(coder.MethodExact, 0.75, 90000101, candidate(90000102, 0.25)), 0.5},
		{coder.Result{Status: coder.NoMatch}, 0},
	} {
		if got := (judged{result: tc.result}).margin(); got != tc.want {
			t.Errorf("%+v: %v, want %v", tc.result, got, tc.want)
		}
	}
}

package coder

import (
	"strings"
	"testing"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
)

func TestACodedAnswerExplainsItselfWithItsRivals(t *testing.T) {
	c := newCoder(t, Options{})
	r := c.Code(Request{Verbatim: "pancreatitis", Explain: true})
	if r.Status != Coded || r.Method != MethodExact || r.Likelihood <= 0.5 || r.Score != 1 {
		t.Errorf("%+v", r)
	}
	if len(r.Candidates) == 0 || r.Candidates[0].LLT.Code != 90000119 || !strings.Contains(r.Candidates[0].Reason, "adds acute") {
		t.Errorf("rivals: %+v, want acute pancreatitis for what it adds", r.Candidates)
	}
	for _, k := range r.Candidates {
		if k.LLT.PT == r.Choice.LLT.PT {
			t.Error("the choice is among its rivals")
		}
	}
}

func TestAFoldedNameThatAnotherPTHasInOtherWordsIsLeftToAPerson(t *testing.T) {
	f := newFixture(meddra.English)
	f.llt("90001001", "90001001", "Y", "Liver cancer", "Liver cancer")
	f.llt("90001002", "90001002", "Y", "Hepatic cancer", "Hepatic cancer")
	c, err := New(map[meddra.Language]*meddra.Release{meddra.English: f.load(t)}, nil, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r := c.Code(Request{Verbatim: "liver cancer"}); r.Status != Coded || r.Choice.LLT.Code != 90001001 {
		t.Errorf("liver cancer: %s, it is a name as it stands", r.Status)
	}
	r := c.Code(Request{Verbatim: "liver cancers"})
	if r.Status != Suggested || r.Reason != ReasonAmbiguous || len(r.Candidates) != 2 || r.Candidates[0].LLT.Code != 90001001 {
		t.Errorf("liver cancers: %s %s %+v, want both to choose from", r.Status, r.Reason, r.Candidates)
	}
}

func TestPastDecisionsAreFoundByLikenessInTheirStudyOnly(t *testing.T) {
	releases := fixtureReleases(t)
	list, err := lists.ParseSynonyms("synonyms.csv", strings.NewReader(`verbatim,language,llt_code,scope,approved_by,approved_at
wobbly gubbins,en,90000132,sponsor,j.doe,2026-11-01
bluish crumpets,en,90000106,study:S-1,j.doe,2026-11-01
`), releases)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(releases, list, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		verbatim, study string
		want            meddra.Code
	}{
		{"severe wobbly gubbins", "", 90000132},
		{"wobbly gubbins again", "S-2", 90000132},
		{"slightly bluish crumpets", "S-1", 90000106},
		{"slightly bluish crumpets", "S-2", 0},
		{"slightly bluish crumpets", "", 0},
	} {
		r := c.Code(Request{Verbatim: tc.verbatim, Study: tc.study})
		var got meddra.Code
		if len(r.Candidates) > 0 && strings.Contains(r.Candidates[0].Reason, "past decision") {
			got = r.Candidates[0].LLT.Code
		}
		if got != tc.want || r.Status == Coded && r.Method != MethodSponsorSynonym {
			t.Errorf("%q in study %q: %s, past decision %d; want %d", tc.verbatim, tc.study, r.Status, got, tc.want)
		}
	}
}

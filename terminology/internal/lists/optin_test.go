package lists_test

import (
	"strings"
	"testing"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
)

const optInHeader = "study,language,min_score,min_margin,approved_by,approved_at\n"

func TestOptInHoldsForItsStudyAndLanguageOnly(t *testing.T) {
	list, err := lists.ParseOptIn("optin.csv", strings.NewReader(optInHeader+"ABC-1,en,0.97,0.5,j.doe,2026-11-01\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := list.Threshold("ABC-1", meddra.English); !ok || got != (lists.Threshold{MinScore: 0.97, MinMargin: 0.5}) {
		t.Errorf("ABC-1 in English: %v, %v", got, ok)
	}
	for study, language := range map[string]meddra.Language{"ABC-1": meddra.Chinese, "ABC-2": meddra.English, "": meddra.English} {
		if _, ok := list.Threshold(study, language); ok {
			t.Errorf("study %q, %s: has opted in", study, language)
		}
	}
	if _, ok := lists.NoOptIn().Threshold("ABC-1", meddra.English); ok || lists.NoOptIn().Version() != lists.NoVersion {
		t.Error("the empty list lets a study in")
	}
}

func TestOptInRefusesWhatNobodyCanHaveMeant(t *testing.T) {
	for name, tc := range map[string]struct{ row, want string }{
		"no study":       {",en,0.9,0,j,2026-11-01", "optin.csv:2: study: is empty"},
		"language":       {"S,fr,0.9,0,j,2026-11-01", "optin.csv:2: language: is not supported"},
		"score of 0":     {"S,en,0,0,j,2026-11-01", "optin.csv:2: min_score: is 0"},
		"score above 1":  {"S,en,97,0,j,2026-11-01", "optin.csv:2: min_score: is not a number from 0 to 1"},
		"margin no text": {"S,en,0.9,x,j,2026-11-01", "optin.csv:2: min_margin: is not a number"},
		"NaN":            {"S,en,NaN,0,j,2026-11-01", "optin.csv:2: min_score: is not a number"},
		"not approved":   {"S,en,0.9,0,,2026-11-01", "optin.csv:2: approved_by: is empty"},
		"no date":        {"S,en,0.9,0,j,soon", "optin.csv:2: approved_at: is not an RFC 3339"},
		"twice":          {"S,en,0.9,0,j,2026-11-01\nS,en,0.8,0,j,2026-11-01", "optin.csv:3: study: already has its threshold in line 2"},
	} {
		_, err := lists.ParseOptIn("optin.csv", strings.NewReader(optInHeader+tc.row+"\n"))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

package main

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The sample synonyms name terms of the release, so that they are checked beside
// it.
func TestSampleSynonymsNameTermsOfTheRelease(t *testing.T) {
	f, err := os.Open("../../../demo/synonyms.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"verbatim", "language", "llt_code", "scope", "approved_by", "approved_at"}, rows[0]); diff != "" {
		t.Fatalf("header (-want +got):\n%s", diff)
	}

	known, names := map[string]bool{}, map[string]map[string]bool{}
	for _, l := range languages {
		names[l.code] = map[string]bool{}
		for _, r := range readASC(t, l.code, "llt.asc") {
			known[r[0]] = true
			names[l.code][strings.ToLower(r[1])] = true
		}
	}

	seen, count := map[string]int{}, map[string]int{}
	for i, r := range rows[1:] {
		line := i + 2
		verbatim, language, code, scope, by, at := r[0], r[1], r[2], r[3], r[4], r[5]
		key := strings.ToLower(verbatim) + "\t" + language + "\t" + scope
		if before := seen[key]; before != 0 {
			t.Errorf("line %d: the same verbatim, language and scope as line %d", line, before)
		}
		seen[key] = line
		count[language]++
		if names[language] == nil {
			t.Errorf("line %d: language %q is not in the release", line, language)
		}
		if verbatim == "" || strings.Join(strings.Fields(verbatim), " ") != verbatim {
			t.Errorf("line %d: the verbatim is empty or has stray spaces", line)
		}
		if names[language][strings.ToLower(verbatim)] {
			t.Errorf("line %d: the verbatim is the name of a term, which needs no synonym", line)
		}
		if strings.ContainsFunc(verbatim, isHan) != (language == "zh") {
			t.Errorf("line %d: the verbatim is not in language %s", line, language)
		}
		if !known[code] {
			t.Errorf("line %d: code %s is not in the release", line, code)
		}
		if study, ok := strings.CutPrefix(scope, "study:"); scope != "sponsor" && (!ok || study == "") {
			t.Errorf("line %d: scope %q is neither sponsor nor study:<STUDYID>", line, scope)
		}
		if by == "" {
			t.Errorf("line %d: nobody approved it", line)
		}
		if _, err := time.Parse(time.RFC3339, at); err != nil {
			t.Errorf("line %d: approved_at: %v", line, err)
		}
	}
	if count["en"] < 250 || count["zh"] < 120 {
		t.Errorf("%d English and %d Chinese synonyms, want at least 250 and 120", count["en"], count["zh"])
	}
}

package coder

import (
	"fmt"
	"strings"
	"testing"

	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
)

func TestSearchRanksPrefixThenWordsThenSimilar(t *testing.T) {
	c := newCoder(t, Options{})
	for name, tc := range map[string]struct {
		query  string
		lang   meddra.Language
		levels []meddra.Level
		want   []string
	}{
		"the name":            {"Headache", "", nil, []string{"PT 90000101 same name", "LLT 90000203 begins the name", "LLT 90000201 similar wording"}},
		"prefix":              {"hea", "", nil, []string{"PT 90000101 begins the name", "LLT 90000201 begins the name", "LLT 90000203 begins the name"}},
		"words in any order":  {"pain abd", "", nil, []string{"PT 90000102 words of the name"}},
		"words, folded":       {"Pains, ABD", "", nil, []string{"PT 90000102 words of the name"}},
		"misspelled":          {"hypertenshon", "", nil, []string{"PT 90000107 similar wording"}},
		"within a word":       {"ache", "", nil, []string{"LLT 90000204 words of the name"}},
		"upper levels":        {"even", "", nil, []string{"HLGT 90000002 begins the name", "SOC 90000001 begins the name", "HLT 90000003 begins the name"}},
		"SOC only":            {"even", "", []meddra.Level{meddra.LevelSOC}, []string{"SOC 90000001 begins the name"}},
		"LLT only":            {"headache", "", []meddra.Level{meddra.LevelLLT}, []string{"LLT 90000101 same name", "LLT 90000203 begins the name"}},
		"PT only":             {"head", "", []meddra.Level{meddra.LevelPT}, []string{"PT 90000101 begins the name"}},
		"code of an LLT":      {" 90000201 ", "", nil, []string{"LLT 90000201 code"}},
		"code of a PT":        {"90000101", "", nil, []string{"PT 90000101 code"}},
		"code of a HLT":       {"90000003", "", nil, []string{"HLT 90000003 code"}},
		"unknown code":        {"99999999", "", nil, nil},
		"Chinese prefix":      {"头", "", nil, []string{"PT 90000101 begins the name", "LLT 90000203 begins the name", "LLT 90000201 begins the name"}},
		"Chinese, within":     {"血压", "", nil, []string{"PT 90000107 words of the name", "PT 90000108 words of the name", "PT 90000123 words of the name"}},
		"Chinese, two parts":  {"疼痛 头", "", nil, []string{"LLT 90000201 words of the name"}},
		"Chinese, upper":      {"偶数类", "", nil, []string{"SOC 90000001 begins the name"}},
		"other language":      {"headache", "zh", nil, nil},
		"language not loaded": {"mal de tête", "fr", nil, nil},
		"kana":                {"カゼ", "", nil, nil},
		"empty":               {" ", "", nil, nil},
		"control character":   {"a\x00", "", nil, nil},
		"signs":               {"temperature >", "", nil, []string{"PT 90000131 begins the name"}},
	} {
		var got []string
		for _, f := range c.Search(tc.query, tc.lang, tc.levels, 3) {
			got = append(got, fmt.Sprintf("%s %s %s", f.Level, f.Term.Code, f.Reason))
		}
		// Weaker hits after those wanted do no harm, unless none are wanted.
		if len(tc.want) > 0 && len(got) > len(tc.want) && strings.HasSuffix(got[len(tc.want)], "similar wording") {
			got = got[:len(tc.want)]
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestSearchGivesPathsFromTheTermUp(t *testing.T) {
	c := newCoder(t, Options{})
	llt := c.Search("Head pain", "en", nil, 1)[0]
	if llt.Path.PT.Name != "Headache" || llt.Path.SOC.Name != "Odd disorders" || !llt.Current || llt.Score != 1 {
		t.Errorf("LLT: %+v", llt)
	}
	if old := c.Search("Cephalgia", "en", nil, 1)[0]; old.Current || old.Path.PT.Name != "Headache" {
		t.Errorf("non-current LLT: %+v", old)
	}
	hlt := c.Search("Even high level", "en", nil, 1)[0]
	if hlt.Path.PT != (meddra.Term{}) || hlt.Path.HLT.Code != hlt.Term.Code || hlt.Path.HLGT.Name != "Even group" || !hlt.Current {
		t.Errorf("HLT: %+v", hlt)
	}
	soc := c.Search("Even disorders", "en", nil, 1)[0]
	if soc.Path.HLGT != (meddra.Term{}) || soc.Path.SOC.Code != soc.Term.Code || soc.Path.SOCAbbrev != "Abb0" {
		t.Errorf("SOC: %+v", soc)
	}
}

func TestSearchLimits(t *testing.T) {
	c, err := New(map[meddra.Language]*meddra.Release{meddra.English: generated(t, 500)}, nil, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]int{-1: 20, 0: 20, 1: 1, 50: 50, 1000: 100} {
		found := c.Search("a", "en", nil, limit)
		if len(found) != want {
			t.Errorf("limit %d: %d found, want %d", limit, len(found), want)
		}
		for i := range found[1:] {
			if found[i].Score < found[i+1].Score {
				t.Errorf("limit %d: %v ranks above %v", limit, found[i], found[i+1])
			}
		}
	}
}

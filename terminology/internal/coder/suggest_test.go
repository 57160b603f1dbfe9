package coder

import (
	"slices"
	"testing"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

func TestEachStepNamesWhatItDid(t *testing.T) {
	c := newCoder(t, Options{})
	for _, tc := range []struct {
		verbatim string
		method   Method
		first    string // LLT
	}{
		{"pain abdominal", MethodWordOrder, "90000102"},
		{"severe abdominal pain", MethodQualifier, "90000102"},
		{"moderate to severe headache", MethodQualifier, "90000101"},
		{"worsening of left headache grade 2", MethodQualifier, "90000101"},
		{"重度头痛", MethodQualifier, "90000101"},
		{"头痛加重", MethodQualifier, "90000101"},
		{"hedache", MethodSpelling, "90000101"},
		{"abdomnal pain", MethodSpelling, "90000102"},
		{"belly ache", MethodExact, "90000204"},
	} {
		r := c.Code(Request{Verbatim: tc.verbatim})
		got := ""
		switch {
		case r.Choice != nil:
			got = r.Choice.LLT.Code.String()
		case len(r.Candidates) > 0:
			got = r.Candidates[0].LLT.Code.String()
		}
		if r.Method != tc.method || got != tc.first {
			t.Errorf("%q: %s by %s, want %s by %s", tc.verbatim, got, r.Method, tc.first, tc.method)
		}
	}
}

func TestAWholeTermIsLookedUpBeforeASplitIsProposed(t *testing.T) {
	c := newCoder(t, Options{})
	if r := c.Code(Request{Verbatim: "cough syncope"}); r.Status != Coded {
		t.Errorf("cough syncope: %s, it is a name", r.Status)
	}
	for verbatim, want := range map[string][]meddra.Code{
		"headache and vomiting":         {90000101, 90000135},
		"nausea with severe headache":   {90000127, 90000101},
		"vomiting secondary to anaemia": {90000135, 90000103},
		"头痛、呕吐":                         {90000101, 90000135},
		"咳嗽伴发皮疹":                        {90000137},
		"rash/cough":                    {90000106, 90000137},
	} {
		r := c.Code(Request{Verbatim: verbatim, Limit: 20})
		if r.Status != Suggested {
			t.Errorf("%q: %s, a split is for a person", verbatim, r.Status)
		}
		for _, pt := range want {
			if !slices.ContainsFunc(r.Candidates, func(k Candidate) bool { return k.LLT.PT == pt && k.Method == MethodSplit }) {
				t.Errorf("%q: %s is not proposed as a part: %+v", verbatim, pt, r.Candidates)
			}
		}
	}
}

func TestQualifiersAreTakenOffTheEndsOnly(t *testing.T) {
	for _, tc := range []struct {
		lang     meddra.Language
		verbatim string
		want     []string
	}{
		{"en", "severe rash", []string{"rash"}},
		{"en", "left leg pain", []string{"leg pain"}},
		{"en", "rash, mild", []string{"rash"}},
		{"en", "pain in left leg", nil},
		{"en", "grade 3 rash", []string{"rash"}},
		{"en", "severe", nil},
		{"en", "severe left", nil},
		{"zh", "重度皮疹", []string{"皮疹"}},
		{"zh", "左侧重度皮疹", []string{"重度皮疹", "皮疹"}},
		{"zh", "重度", nil},
	} {
		if got := unqualified(tc.lang, verbatim.Fold(tc.lang, tc.verbatim)); !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q, want %q", tc.verbatim, got, tc.want)
		}
	}
}

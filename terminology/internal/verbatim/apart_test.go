package verbatim_test

import (
	"testing"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestApartNamesTheStretchesThatFoldingJoins(t *testing.T) {
	for _, tc := range []struct {
		lang      meddra.Language
		plain     string
		form      string
		stretches []string
	}{
		{meddra.English, "pain, abdominal", "pain, abdominal", []string{"pain", "abdominal"}},
		{meddra.English, "headaches,hot flushes.", "headache,hot flush", []string{"headache", "hot flush"}},
		{meddra.English, "headaches", "headache", nil},
		{meddra.English, "fever, no rash", "fever, no rash", nil},
		{meddra.English, "nausea, vomiting, fever", "nausea, vomiting, fever", nil},
		{meddra.Chinese, "咳嗽 晕厥。", "咳嗽 晕厥", []string{"咳嗽", "晕厥"}},
		{meddra.Chinese, "hiv 感染 a b 型", "hiv 感染 a b 型", []string{"hiv", "感染", "a b", "型"}},
		{meddra.Chinese, "咳嗽", "咳嗽", nil},
		{"", "pain, abdominal", "pain, abdominal", nil},
	} {
		form, stretches := verbatim.Apart(tc.lang, tc.plain)
		if form != tc.form || !cmp.Equal(stretches, tc.stretches) {
			t.Errorf("Apart(%q, %q) = %q, %q; want %q, %q", tc.lang, tc.plain, form, stretches, tc.form, tc.stretches)
		}
	}
}

func TestApartIsFoldWhereNothingIsJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := verbatim.Plain(awkward().Draw(t, "s"))
		for _, lang := range languages {
			form, stretches := verbatim.Apart(lang, plain)
			if folded := verbatim.FoldPlain(lang, plain); stretches == nil && form != folded {
				t.Fatalf("%q: Apart(%q) = %q, Fold gives %q", lang, plain, form, folded)
			}
			if len(stretches) == 1 {
				t.Fatalf("%q: Apart(%q) gives a single stretch", lang, plain)
			}
		}
	})
}

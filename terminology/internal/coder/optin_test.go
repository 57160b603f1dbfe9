package coder

import (
	"strings"
	"testing"

	"aecode/terminology/internal/lists"
)

func optIn(t *testing.T, rows string) *lists.OptIn {
	t.Helper()
	list, err := lists.ParseOptIn("optin.csv", strings.NewReader("study,language,min_score,min_margin,approved_by,approved_at\n"+rows))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestLikenessCodesOnlyForAStudyThatHasOptedInAndAboveItsThreshold(t *testing.T) {
	c := newCoder(t, Options{OptIn: optIn(t, "S-9,en,0.9,0.5,j.doe,2026-11-01\nS-9,zh,0.9,0.5,j.doe,2026-11-01\nS-8,en,0.9999,0.5,j.doe,2026-11-01\n")})
	for _, tc := range []struct {
		study, verbatim string
		want            Status
	}{
		{"S-9", "severe headache", Coded},
		{"S-9", "hedache", Coded},
		{"S-9", "剧烈头痛", Coded},
		{"S-8", "hedache", Suggested}, // below its threshold
		{"S-7", "severe headache", Suggested},
		{"", "severe headache", Suggested},
		{"S-9", "Flashes", Suggested},   // a name of two PTs
		{"S-9", "Cephalgia", Suggested}, // not current
		{"S-9", "cold", Suggested},      // on the do-not-autocode list
	} {
		r := c.Code(Request{Verbatim: tc.verbatim, Study: tc.study})
		if r.Status != tc.want {
			t.Errorf("%q in study %q: %s %s, want %s", tc.verbatim, tc.study, r.Status, r.Reason, tc.want)
		}
		if r.Status == Coded && (r.Score >= 1 || r.Choice == nil || r.Reason != "" || r.Method == MethodExact) {
			t.Errorf("%q: %+v", tc.verbatim, r)
		}
	}
	if v := c.Versions().Engine; strings.Count(v, "+") != 2 {
		t.Errorf("engine version %q does not name the opt-in list", v)
	}
}

func TestOptingInCodesNothingThatAGuardSpeaksAgainst(t *testing.T) {
	c := newCoder(t, Options{OptIn: optIn(t, "S-9,en,0.01,0,j.doe,2026-11-01\nS-9,zh,0.01,0,j.doe,2026-11-01\n")})
	for verbatim, why := range map[string]string{
		"possible pancreatitis":        "provisional",
		"suspected influenza":          "provisional",
		"pancreatitis?":                "provisional",
		"疑似胰腺炎":                        "provisional",
		"可能癫痫":                         "provisional",
		"syncope, cough":               "several complaints",
		"headache and diarrhoea today": "several complaints",
		"咳嗽、头痛":                        "several complaints",
		"vomiting without rash":        "negated",
		"HIV-":                         "signs",
		"temperature < 38":             "signs",
		"temperature > 39":             "signs",
	} {
		r := c.Code(Request{Verbatim: verbatim, Study: "S-9"})
		if r.Status == Coded || !strings.Contains(r.Detail, why) {
			t.Errorf("%q: %s, %q; want it left to a person as %s", verbatim, r.Status, r.Detail, why)
		}
	}
	for _, verbatim := range []string{"blood glucose 12 raised headache", "no rash", "zzz qqq"} {
		if r := c.Code(Request{Verbatim: verbatim, Study: "S-9"}); r.Status == Coded {
			t.Errorf("%q is coded to %s", verbatim, r.Choice.LLT.Name)
		}
	}
}

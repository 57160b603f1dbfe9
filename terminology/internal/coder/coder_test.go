package coder

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
)

func TestNewRefusesWhatCannotBeServed(t *testing.T) {
	releases := fixtureReleases(t)
	en, zh := releases[meddra.English], releases[meddra.Chinese]
	for name, tc := range map[string]struct {
		releases map[meddra.Language]*meddra.Release
		options  Options
		want     string
	}{
		"no release":       {nil, Options{}, "no release"},
		"languages mixed":  {map[meddra.Language]*meddra.Release{"en": zh, "zh": en}, Options{}, `release 1.0 given for language "en" is in "zh"`},
		"default language": {releases, Options{DefaultLanguage: "fr"}, `DefaultLanguage "fr" is not supported`},
	} {
		if _, err := New(tc.releases, nil, nil, tc.options); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", name, err, tc.want)
		}
	}
}

func TestNewRefusesSynonymsOfAnotherRelease(t *testing.T) {
	releases := fixtureReleases(t)
	other := newFixture(meddra.English)
	other.llt("90000999", "90000999", "Y", "Another complaint", "Another complaint")
	list, err := lists.ParseSynonyms("synonyms.csv", strings.NewReader(
		"verbatim,language,llt_code,scope,approved_by,approved_at\nsecret words,en,90000999,sponsor,A. Coder,2026-03-01\n"),
		map[meddra.Language]*meddra.Release{meddra.English: other.load(t)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = New(releases, list, nil, Options{})
	if err == nil || !strings.Contains(err.Error(), "90000999, which is not a current LLT") {
		t.Errorf("error %v, want the unknown code named", err)
	}
	if err != nil && strings.Contains(err.Error(), "secret") {
		t.Error("the error quotes a verbatim")
	}
}

func TestAnswersCarryTheVersionsThatDecided(t *testing.T) {
	c := newCoder(t, Options{})
	got := c.Code(Request{Verbatim: "headache"}).Versions
	if got != c.Versions() || got.Dictionary != "1.0" || len(got.Synonyms) != 12 || !strings.HasPrefix(got.Engine, engineVersion+"+") {
		t.Errorf("versions %+v", got)
	}
	own, err := lists.ParseDoNotAutocode("do_not_autocode.csv", strings.NewReader("verbatim,language,reason\nheadache,en,which?\n"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.WithLists(nil, own, nil)
	if err != nil {
		t.Fatal(err)
	}
	changed := other.Versions()
	if changed.Synonyms != lists.NoVersion || changed.Engine == got.Engine || changed.Dictionary != got.Dictionary {
		t.Errorf("other lists: versions %+v, before %+v", changed, got)
	}
	if r := other.Code(Request{Verbatim: "Headache"}); r.Reason != ReasonDoNotAutocode || r.Detail != "which?" {
		t.Errorf("other lists: %+v", r)
	}
	if r := c.Code(Request{Verbatim: "Headache"}); r.Status != Coded {
		t.Errorf("the first coder has changed: %+v", r)
	}
}

func TestChoiceHasTheDictionarysOwnNamesAndThePrimaryPath(t *testing.T) {
	r := newCoder(t, Options{}).Code(Request{Verbatim: "BLOOD IN URINE"})
	want := &Coding{
		LLT: meddra.LLT{Code: 90000209, Name: "Blood in urine", PT: 90000109, Current: true},
		Path: meddra.Path{
			PT: meddra.Term{Code: 90000109, Name: "Haematuria"}, HLT: meddra.Term{Code: 90000006, Name: "Odd high level"},
			HLGT: meddra.Term{Code: 90000005, Name: "Odd group"}, SOC: meddra.Term{Code: 90000004, Name: "Odd disorders"},
			SOCAbbrev: "Abb1", Primary: true,
		},
	}
	if diff := cmp.Diff(want, r.Choice); diff != "" {
		t.Errorf("choice (-want +got):\n%s", diff)
	}
	if r.Score != 1 || r.Candidates != nil {
		t.Errorf("score %v, candidates %v", r.Score, r.Candidates)
	}
}

func TestCandidatesAreBoundedByTheLimitAndOnePerPT(t *testing.T) {
	f := newFixture(meddra.English)
	for i := range 40 {
		pt := fmt.Sprint(90001000 + i)
		f.llt(pt, pt, "Y", fmt.Sprintf("Strange ache kind %c%c", 'a'+i%26, 'a'+i/26), fmt.Sprintf("Strange ache kind %c%c", 'a'+i%26, 'a'+i/26))
		f.llt(pt, fmt.Sprint(90002000+i), "Y", fmt.Sprintf("Ache of kind %c%c", 'a'+i%26, 'a'+i/26), "")
	}
	c, err := New(map[meddra.Language]*meddra.Release{meddra.English: f.load(t)}, nil, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[int]int{-1: 5, 0: 5, 1: 1, 7: 7, 20: 20, 1000: 20} {
		r := c.Code(Request{Verbatim: "strange ache", Limit: limit})
		if len(r.Candidates) != want {
			t.Errorf("limit %d: %d candidates, want %d", limit, len(r.Candidates), want)
		}
		pts := map[meddra.Code]bool{}
		for i, k := range r.Candidates {
			if pts[k.LLT.PT] {
				t.Errorf("limit %d: PT %s twice", limit, k.LLT.PT)
			}
			pts[k.LLT.PT] = true
			if !k.LLT.Current || k.Reason == "" || k.Method == "" || k.Path.PT.Code != k.LLT.PT {
				t.Errorf("limit %d: candidate %+v", limit, k)
			}
			if i > 0 && k.Score > r.Candidates[i-1].Score {
				t.Errorf("limit %d: candidate %d ranks above a better one", limit, i)
			}
		}
	}
}

func TestReasonsNameWhatAPersonMustKnow(t *testing.T) {
	c := newCoder(t, Options{})
	for verbatim, want := range map[string]string{
		"pancreatitiss":         "another spelling; adds acute",
		"chest pains now":       "similar wording; adds a negation",
		"cephalgie":             `spelling repaired as the non-current term "Cephalgia" of this PT`,
		"vomiting without rash": "similar wording; leaves out a negation",
		"pain abdominal":        "same words in another order",
		"Headache NOS":          `current term of the PT of "Headache NOS", which is not current`,
		"高血压病":                  "similar wording; adds 恶性",
		"Flashes":               "same name, one of several PTs",
	} {
		r := c.Code(Request{Verbatim: verbatim})
		found := false
		for _, k := range r.Candidates {
			found = found || k.Reason == want
		}
		if !found {
			t.Errorf("%q: no candidate with reason %q: %+v", verbatim, want, r.Candidates)
		}
	}
}

func TestTheCacheNeverChangesAnAnswer(t *testing.T) {
	verbatims := []string{
		"headaches bad", "Headaches, bad", "pancreatitiss", "cold", "COLD", "flashes", "cephalgia", "tummy trouble", "剧烈头痛",
		"severe headache", "zzz", "no rash", strings.Repeat("very bad headache ", 40), "頭痛がする",
	}
	none, small, whole := newCoder(t, Options{CacheEntries: -1}), newCoder(t, Options{CacheEntries: 1}), newCoder(t, Options{})
	for range 3 {
		for _, v := range verbatims {
			for _, study := range []string{"", "S-1"} {
				for _, limit := range []int{1, 20, 3} {
					req := Request{Verbatim: v, Study: study, Limit: limit}
					want := none.Code(req)
					for name, c := range map[string]*Coder{"small": small, "whole": whole} {
						if diff := cmp.Diff(want, c.Code(req)); diff != "" {
							t.Fatalf("%s cache, %q: (-without +with)\n%s", name, v, diff)
						}
					}
				}
			}
		}
	}
	if n := held(whole.rankers[meddra.English].cache); n == 0 {
		t.Error("the cache was not used")
	}
}

func TestCodeIsSafeForConcurrentUse(t *testing.T) {
	c := newCoder(t, Options{CacheEntries: 2})
	verbatims := []string{"severe headache", "pancreatitiss", "chest pains now", "剧烈头痛", "headaches", "weight increase"}
	want := make([]Result, len(verbatims))
	for i, v := range verbatims {
		want[i] = c.Code(Request{Verbatim: v})
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				for i, v := range verbatims {
					if diff := cmp.Diff(want[i], c.Code(Request{Verbatim: v})); diff != "" {
						t.Errorf("%q: (-first +now)\n%s", v, diff)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestANonCurrentLLTIsNeverGiven(t *testing.T) {
	c := newCoder(t, Options{})
	for line := range strings.Lines(fixtureTerms) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 5 {
			continue
		}
		for _, name := range []string{f[3], f[3] + "s", "bad " + f[3], f[4], f[4] + "症"} {
			r := c.Code(Request{Verbatim: name, Limit: 20})
			if r.Choice != nil && !r.Choice.LLT.Current {
				t.Errorf("%q coded to non-current %s", name, r.Choice.LLT.Code)
			}
			for _, k := range r.Candidates {
				if !k.LLT.Current {
					t.Errorf("%q: non-current candidate %s", name, k.LLT.Code)
				}
			}
		}
	}
}

func TestSafeStepsAllocateLittle(t *testing.T) {
	c := newCoder(t, Options{})
	for verbatim, most := range map[string]float64{"headache": 1, "头痛": 4, "headaches": 3} {
		got := testing.AllocsPerRun(100, func() {
			if c.Code(Request{Verbatim: verbatim}).Status != Coded {
				t.Fatal("not coded")
			}
		})
		if got > most {
			t.Errorf("%q: %v allocations, want at most %v", verbatim, got, most)
		}
	}
}

func FuzzCode(f *testing.F) {
	for _, v := range []string{
		"headache", "pain, abdominal", "no rash", "cold", "頭痛がする", "肚子疼", "HIV-", strings.Repeat("a", 1000),
		strings.Repeat("e\u0301", 400), strings.Repeat("\U0002C317", 1000), "\xff", "a\x00b", "🤕", "", "Ｆｌｕ", "'s", "-", ",",
	} {
		f.Add(v, "", "S-1", 5)
		f.Add(v, "zh", "", 20)
	}
	releases := fixtureReleases(f)
	list := fixtureList(f, releases)
	fresh, err := New(releases, list, nil, Options{CacheEntries: -1})
	if err != nil {
		f.Fatal(err)
	}
	cached, err := New(releases, list, nil, Options{CacheEntries: 8})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, verbatim, lang, study string, limit int) {
		req := Request{Verbatim: verbatim, Language: meddra.Language(lang), Study: study, Limit: limit}
		r := fresh.Code(req)
		if diff := cmp.Diff(r, cached.Code(req)); diff != "" {
			t.Fatalf("the cache changed the answer:\n%s", diff)
		}
		switch r.Status {
		case Coded:
			if r.Choice == nil || !r.Choice.LLT.Current || r.Reason != "" || r.Candidates != nil || r.Choice.Path.PT.Code != r.Choice.LLT.PT {
				t.Fatalf("coded: %+v", r)
			}
		case Suggested, NoMatch:
			if r.Choice != nil || r.Reason == "" || len(r.Candidates) > MaxLimit {
				t.Fatalf("not coded: %+v", r)
			}
			if (r.Status == NoMatch) != (len(r.Candidates) == 0 && r.Reason != ReasonDoNotAutocode) {
				t.Fatalf("status does not fit the candidates: %+v", r)
			}
		default:
			t.Fatalf("status %q", r.Status)
		}
		for _, k := range r.Candidates {
			if !k.LLT.Current || k.Score < 0 || k.Score > 1 {
				t.Fatalf("candidate %+v", k)
			}
		}
		fresh.Search(verbatim, meddra.Language(lang), nil, limit)
	})
}

func TestAWordingOnTheDoNotAutocodeListIsFoundInEveryFormOfIt(t *testing.T) {
	avoid, err := lists.ParseDoNotAutocode("avoid.csv", strings.NewReader(
		"verbatim,language,reason\n\"syncope, cough\",en,one or two?\n咳嗽 晕厥,zh,一项还是两项？\n"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(fixtureReleases(t), nil, avoid, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"syncope, cough", "Cough syncope", "Syncope,  coughs", "咳嗽 晕厥", "咳嗽晕厥"} {
		if r := c.Code(Request{Verbatim: v}); r.Reason != ReasonDoNotAutocode {
			t.Errorf("%q: %s %s, want it left to a person", v, r.Status, r.Reason)
		}
	}
}

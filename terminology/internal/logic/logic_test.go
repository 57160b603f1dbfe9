package logic_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/proto/terminology"
	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/logic"
	"aecode/terminology/internal/svc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

// demo is the demo release with its sample synonyms, read once.
var demo = sync.OnceValues(func() (*svc.ServiceContext, error) {
	return serving(catalog.Config{
		Dictionaries: catalog.Dictionaries{Release: "../../../deploy/demo/release/ctcae-5.0"}, Synonyms: "../../../deploy/demo/synonyms.csv",
	})
})

// serving gives a context whose releases and lists are read.
func serving(c catalog.Config) (*svc.ServiceContext, error) {
	s := &svc.ServiceContext{Catalog: catalog.NewKeeper(c, func(catalog.Event) {})}
	_, err := s.Catalog.Load()
	return s, err
}

func service(t *testing.T) *svc.ServiceContext {
	t.Helper()
	s, err := demo()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encode(t *testing.T, in *terminology.EncodeReq) (*terminology.EncodeResp, error) {
	t.Helper()
	return logic.NewEncodeTermLogic(t.Context(), service(t)).EncodeTerm(in)
}

func encodes(ctx context.Context, t *testing.T, in *terminology.EncodeTermsReq) (*terminology.EncodeTermsResp, error) {
	t.Helper()
	return logic.NewEncodeTermsLogic(ctx, service(t)).EncodeTerms(in)
}

// fieldOf gives the field that an InvalidArgument's details name.
func fieldOf(t *testing.T, err error) string {
	t.Helper()
	if status.Code(err) != codes.InvalidArgument {
		t.Fatalf("%v, want InvalidArgument", err)
	}
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok && len(bad.GetFieldViolations()) == 1 {
			return bad.GetFieldViolations()[0].GetField()
		}
	}
	t.Fatalf("%v has no field violation", err)
	return ""
}

func items(n int) []*terminology.EncodeItem {
	out := make([]*terminology.EncodeItem, n)
	for i := range out {
		out[i] = &terminology.EncodeItem{Term: "Headache"}
	}
	return out
}

func TestAnAnswerExplainsItselfWhenAsked(t *testing.T) {
	for _, explain := range []bool{false, true} {
		got, err := encode(t, &terminology.EncodeReq{Term: "headache", Explain: explain})
		if err != nil {
			t.Fatal(err)
		}
		if (got.GetLikelihood() > 0.5) != explain || (len(got.GetCandidates()) > 0) != explain {
			t.Errorf("explain %v: likelihood %v, %d rivals", explain, got.GetLikelihood(), len(got.GetCandidates()))
		}
		for _, c := range got.GetCandidates() {
			if c.GetReason() == "" || c.GetPath().GetPt().GetCode() == got.GetPath().GetPt().GetCode() {
				t.Errorf("rival %v", c)
			}
		}
	}
	if got, err := encode(t, &terminology.EncodeReq{Term: "discharge"}); err != nil || got.GetMethod() != "do_not_autocode" || got.GetDetail() == "" {
		t.Errorf("%v, %v; want the detail of the do-not-autocode list", got, err)
	}
}

func TestACodedTermComesWithItsPathAndTheVersionsThatDecided(t *testing.T) {
	got, err := encode(t, &terminology.EncodeReq{Term: "  headACHE "})
	if err != nil {
		t.Fatal(err)
	}
	path, versions := got.GetPath(), got.GetVersions()
	if got.GetCode() != "10019211" || got.GetStatus() != terminology.EncodeStatus_CODED || got.GetMethod() == "" || got.GetScore() != 1 || got.GetReason() != "" {
		t.Errorf("%v", got)
	}
	for level, term := range map[string]*terminology.TermRef{"LLT": path.GetLlt(), "PT": path.GetPt(), "HLT": path.GetHlt(), "HLGT": path.GetHlgt(), "SOC": path.GetSoc()} {
		if len(term.GetCode()) != 8 || term.GetName() == "" {
			t.Errorf("%s is %v", level, term)
		}
	}
	if versions.GetDictionary() != "ctcae-5.0" || versions.GetLanguage() != "en" || versions.GetSynonymVersion() == "" || versions.GetEngineVersion() == "" {
		t.Errorf("versions %v", versions)
	}
	// A pin with the versions of an answer gives the same answer.
	again, err := encode(t, &terminology.EncodeReq{Term: "headache", Pin: &terminology.Pin{
		Dictionary: versions.GetDictionary(), SynonymVersion: versions.GetSynonymVersion(), EngineVersion: versions.GetEngineVersion(),
	}})
	if err != nil || again.GetCode() != got.GetCode() {
		t.Errorf("pinned: %v, %v", again, err)
	}
}

func TestASuggestionHasCandidatesAndNoCode(t *testing.T) {
	for limit, most := range map[int32]int{0: 5, 1: 1, 20: 20} {
		got, err := encode(t, &terminology.EncodeReq{Term: "severe sort of headache pain", Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		n := len(got.GetCandidates())
		if got.GetStatus() != terminology.EncodeStatus_SUGGESTED || got.GetCode() != "" || got.GetPath() != nil || got.GetReason() == "" || n == 0 || n > most {
			t.Errorf("limit %d: %d candidates, %v", limit, n, got)
		}
		for _, c := range got.GetCandidates() {
			if c.GetPath().GetLlt().GetCode() == "" || c.GetReason() == "" || c.GetScore() <= 0 || c.GetScore() > 1 {
				t.Errorf("candidate %v", c)
			}
		}
	}
}

func TestAWrongRequestNamesItsFieldAndQuotesNothing(t *testing.T) {
	const secret = "Secret"
	long := strings.Repeat(secret, 200)
	search := func(in *terminology.SearchTermsReq) error {
		_, err := logic.NewSearchTermsLogic(t.Context(), service(t)).SearchTerms(in)
		return err
	}
	one := func(in *terminology.EncodeReq) error { _, err := encode(t, in); return err }
	batch := func(in *terminology.EncodeTermsReq) error { _, err := encodes(t.Context(), t, in); return err }
	term := func(code string) error {
		_, err := logic.NewGetTermLogic(t.Context(), service(t)).GetTerm(&terminology.GetTermReq{Code: code})
		return err
	}
	for _, tc := range []struct {
		name  string
		err   error
		field string
	}{
		{"empty term", one(&terminology.EncodeReq{}), "term"},
		{"1,200 runes", one(&terminology.EncodeReq{Term: long}), "term"},
		{"control character", one(&terminology.EncodeReq{Term: secret + "\a"}), "term"},
		{"invalid UTF-8", one(&terminology.EncodeReq{Term: secret + "\xff"}), "term"},
		{"study too long", one(&terminology.EncodeReq{Term: secret, Study: long}), "study"},
		{"language too long", one(&terminology.EncodeReq{Term: secret, Language: long}), "language"},
		{"limit below 0", one(&terminology.EncodeReq{Term: secret, Limit: -1}), "limit"},
		{"limit over 20", one(&terminology.EncodeReq{Term: secret, Limit: 21}), "limit"},
		{"no items", batch(&terminology.EncodeTermsReq{}), "items"},
		{"257 items", batch(&terminology.EncodeTermsReq{Items: items(257)}), "items"},
		{"limit of a batch", batch(&terminology.EncodeTermsReq{Items: items(1), Limit: 21}), "limit"},
		{"no query", search(&terminology.SearchTermsReq{}), "query"},
		{"query with a line end", search(&terminology.SearchTermsReq{Query: secret + "\n"}), "query"},
		{"level that is none", search(&terminology.SearchTermsReq{Query: secret, Levels: []terminology.Level{terminology.Level_PT, 9}}), "levels[1]"},
		{"language without a release", search(&terminology.SearchTermsReq{Query: secret, Language: "tlh"}), "language"},
		{"limit of a search", search(&terminology.SearchTermsReq{Query: secret, Limit: 101}), "limit"},
		{"code of seven digits", term("1001921"), "code"},
		{"code that is a term", term(secret), "code"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := fieldOf(t, tc.err); got != tc.field {
				t.Errorf("field %s, want %s", got, tc.field)
			}
			if strings.Contains(fmt.Sprint(status.Convert(tc.err).Proto()), secret) {
				t.Errorf("%v quotes the request", tc.err)
			}
		})
	}
}

func TestAVersionThatIsNotHereIsNotFoundOrUnavailable(t *testing.T) {
	for name, tc := range map[string]struct {
		pin  *terminology.Pin
		want codes.Code
	}{
		"a release that exists nowhere":                {&terminology.Pin{Dictionary: "29.9"}, codes.NotFound},
		"a release that another replica answered with": {&terminology.Pin{Dictionary: "29.9", SynonymVersion: "s"}, codes.Unavailable},
		"other synonyms":                               {&terminology.Pin{SynonymVersion: "s"}, codes.Unavailable},
		"another engine":                               {&terminology.Pin{EngineVersion: "0"}, codes.Unavailable},
	} {
		if _, err := encode(t, &terminology.EncodeReq{Term: "Headache", Pin: tc.pin}); status.Code(err) != tc.want {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
		if _, err := encodes(t.Context(), t, &terminology.EncodeTermsReq{Items: items(1), Pin: tc.pin}); status.Code(err) != tc.want {
			t.Errorf("%s in a batch: %v, want %v", name, err, tc.want)
		} else if tc.want == codes.Unavailable {
			// It must not be taken for a service that is away.
			said := ""
			for _, detail := range status.Convert(err).Details() {
				if info, ok := detail.(*errdetails.ErrorInfo); ok {
					said = info.GetReason()
				}
			}
			if said != "PIN_NOT_HELD" {
				t.Errorf("%s: reason %q, want PIN_NOT_HELD", name, said)
			}
		}
	}
}

func TestEachItemOfABatchHasItsOwnOutcome(t *testing.T) {
	in := &terminology.EncodeTermsReq{Items: []*terminology.EncodeItem{
		{Term: "Headache"}, {Term: ""}, {Term: "Nausea"}, {Term: "Secret\a"}, {Term: "头痛", Language: "zh"}, {Term: "Headache", Language: "tlh"},
	}}
	got, err := encodes(t.Context(), t, in)
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []string
	for _, r := range got.GetResults() {
		switch {
		case r.GetError() != nil:
			outcomes = append(outcomes, fmt.Sprintf("%v of %s", codes.Code(r.GetError().GetCode()), r.GetError().GetField()))
			if strings.Contains(r.GetError().GetMessage(), "Secret") {
				t.Errorf("%v quotes its item", r)
			}
		case r.GetNotProcessed():
			outcomes = append(outcomes, "not processed")
		default:
			outcomes = append(outcomes, r.GetAnswer().GetStatus().String()+" "+r.GetAnswer().GetCode()+r.GetAnswer().GetReason())
		}
	}
	want := []string{"CODED 10019211", "InvalidArgument of term", "CODED 10028813", "InvalidArgument of term", "CODED 10019211", "NO_MATCH UNSUPPORTED_LANGUAGE"}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Error(diff)
	}
}

func processed(got *terminology.EncodeTermsResp) (n int) {
	for _, r := range got.GetResults() {
		if r.GetAnswer() != nil {
			n++
		}
	}
	return n
}

func TestABatchStops20MillisecondsBeforeTheDeadlineAndMarksTheRest(t *testing.T) {
	service(t) // loaded before the fake clock starts
	for _, tc := range []struct {
		left time.Duration
		want int
	}{
		{time.Second, 3},
		{21 * time.Millisecond, 3},
		{20 * time.Millisecond, 0},
		{time.Millisecond, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tc.left)
			defer cancel()
			got, err := encodes(ctx, t, &terminology.EncodeTermsReq{Items: items(3)})
			if err != nil {
				t.Fatal(err)
			}
			if n := processed(got); n != tc.want {
				t.Errorf("%v left: %d of 3 are answered, want %d", tc.left, n, tc.want)
			}
			for i, r := range got.GetResults() {
				if r.GetAnswer() == nil && !r.GetNotProcessed() {
					t.Errorf("%v left: item %d has no outcome", tc.left, i)
				}
			}
		})
	}
}

func TestABatchOfACallerWhoHasGoneIsNotWorkedOn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := encodes(ctx, t, &terminology.EncodeTermsReq{Items: items(3)})
	if err != nil || processed(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestTheLargestBatchIsAnsweredWhole(t *testing.T) {
	got, err := encodes(t.Context(), t, &terminology.EncodeTermsReq{Items: items(256)})
	if err != nil || processed(got) != 256 {
		t.Errorf("%d of 256 are answered, %v", processed(got), err)
	}
}

func TestGetTermTellsACodeAtItsLevels(t *testing.T) {
	get := func(code, dictionary string) (*terminology.GetTermResp, error) {
		return logic.NewGetTermLogic(t.Context(), service(t)).GetTerm(&terminology.GetTermReq{Code: code, Dictionary: dictionary})
	}
	got, err := get("10019211", "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]terminology.Level{terminology.Level_LLT, terminology.Level_PT}, got.GetLevels()); diff != "" {
		t.Errorf("levels: %s", diff)
	}
	if len(got.GetNames()) != 2 || !got.GetCurrent() || got.GetDictionary() != "ctcae-5.0" || len(got.GetPaths()) == 0 || !got.GetPaths()[0].GetPrimary() {
		t.Errorf("%v", got)
	}
	for _, tc := range []struct{ code, dictionary string }{{"10999999", ""}, {"10019211", "29.9"}} {
		if _, err := get(tc.code, tc.dictionary); status.Code(err) != codes.NotFound {
			t.Errorf("%v: %v, want NotFound", tc, err)
		}
	}
}

func TestSearchTermsFindsForAPersonWithinItsLimits(t *testing.T) {
	find := func(in *terminology.SearchTermsReq) (*terminology.SearchTermsResp, error) {
		return logic.NewSearchTermsLogic(t.Context(), service(t)).SearchTerms(in)
	}
	got, err := find(&terminology.SearchTermsReq{Query: "head", Language: "en", Limit: 3, Levels: []terminology.Level{terminology.Level_PT}})
	if err != nil || len(got.GetHits()) == 0 || len(got.GetHits()) > 3 {
		t.Fatalf("%v, %v", got, err)
	}
	for _, hit := range got.GetHits() {
		if hit.GetLevel() != terminology.Level_PT || hit.GetPath().GetSoc().GetCode() == "" || hit.GetReason() == "" {
			t.Errorf("%v", hit)
		}
	}
	got, err = find(&terminology.SearchTermsReq{Query: "nervous", Language: "en", Levels: []terminology.Level{terminology.Level_SOC}})
	if err != nil || len(got.GetHits()) == 0 || got.GetHits()[0].GetPath().GetPt() != nil || got.GetHits()[0].GetPath().GetSoc() == nil {
		t.Errorf("above PT only the levels from the term up: %v, %v", got, err)
	}
	if _, err = find(&terminology.SearchTermsReq{Query: "head", Dictionary: "29.9"}); status.Code(err) != codes.NotFound {
		t.Errorf("%v, want NotFound", err)
	}
}

func TestListReleasesTellsWhatAnAnswerWouldName(t *testing.T) {
	got, err := logic.NewListReleasesLogic(t.Context(), service(t)).ListReleases(nil)
	if err != nil || len(got.GetReleases()) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	answer, err := encode(t, &terminology.EncodeReq{Term: "Headache"})
	if err != nil {
		t.Fatal(err)
	}
	r, v := got.GetReleases()[0], answer.GetVersions()
	if !r.GetIsDefault() || r.GetDictionary() != v.GetDictionary() || r.GetSynonymVersion() != v.GetSynonymVersion() ||
		got.GetEngineVersion() != v.GetEngineVersion() || r.GetLltCount() == 0 || r.GetPtCount() == 0 ||
		cmp.Diff([]string{"en", "zh"}, r.GetLanguages()) != "" {
		t.Errorf("%v, an answer names %v", got, v)
	}
}

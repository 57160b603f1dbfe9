package meddra

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReleaseAnswersByCode(t *testing.T) {
	r := mustLoad(t, newSynthetic(English).fs())
	if r.Version() != "99.1" || r.Language() != English {
		t.Errorf("got %s %s, want 99.1 en", r.Version(), r.Language())
	}
	if diff := cmp.Diff(Counts{LLT: 6, PT: 3, HLT: 3, HLGT: 2, SOC: 2, Hierarchy: 4, CurrentLLT: 5}, r.Counts()); diff != "" {
		t.Error(diff)
	}
	if w := texts(r.Warnings()); w != nil || r.WarningCount() != 0 {
		t.Errorf("warnings %q, want none", w)
	}
	llt, ok := r.LLT(90000203)
	if want := (LLT{Code: 90000203, Name: "Glimmers", PT: 90000101}); !ok || llt != want {
		t.Errorf("LLT is %+v %v, want %+v", llt, ok, want)
	}
	if _, ok := r.LLT(90000021); ok {
		t.Error("the code of an HLT answers as an LLT")
	}
	if pt, ok := r.PT(90000103); !ok || pt.Name != `Rash "like silk"` {
		t.Errorf("PT is %+v %v: quotes are part of a name", pt, ok)
	}
	var codes []Code
	for _, l := range r.LLTs() {
		codes = append(codes, l.Code)
	}
	if diff := cmp.Diff([]Code{90000101, 90000102, 90000201, 90000202, 90000203, 90000103}, codes); diff != "" {
		t.Errorf("LLTs not in file order: %s", diff)
	}
	if len(r.PTs()) != 3 || r.PTs()[2].Code != 90000103 {
		t.Errorf("PTs are %v", r.PTs())
	}
}

func TestLLTsOfKeepsFileOrderAndCannotBeAppendedInto(t *testing.T) {
	r := mustLoad(t, newSynthetic(English).fs())
	of := func(pt Code) (codes []Code) {
		for _, l := range r.LLTsOf(pt) {
			codes = append(codes, l.Code)
		}
		return codes
	}
	if diff := cmp.Diff([]Code{90000101, 90000201, 90000203}, of(90000101)); diff != "" {
		t.Error(diff)
	}
	if of(90000201) != nil || of(0) != nil {
		t.Error("a code that is no PT has LLTs")
	}
	_ = append(r.LLTsOf(90000101), LLT{Code: 1})
	if diff := cmp.Diff([]Code{90000102, 90000202}, of(90000102)); diff != "" {
		t.Errorf("an append changed the next PT: %s", diff)
	}
}

func TestLookupAnswersThePTForACodeOfBothLevels(t *testing.T) {
	r := mustLoad(t, newSynthetic(English).fs())
	for _, tt := range []struct {
		code   Code
		name   string
		level  Level
		levels []Level
	}{
		{90000101, "Glimmer ache", LevelPT, []Level{LevelLLT, LevelPT}},
		{90000201, "Ache, glimmering", LevelLLT, []Level{LevelLLT}},
		{90000021, "Glimmering", LevelHLT, []Level{LevelHLT}},
		{90000012, "Silk conditions", LevelHLGT, []Level{LevelHLGT}},
		{90000002, "Imagined skin disorders", LevelSOC, []Level{LevelSOC}},
	} {
		term, level, ok := r.Lookup(tt.code)
		if !ok || level != tt.level || term != (Term{Code: tt.code, Name: tt.name}) {
			t.Errorf("Lookup(%s) = %+v, %s, %v, want %s %q", tt.code, term, level, ok, tt.level, tt.name)
		}
		if diff := cmp.Diff(tt.levels, r.Levels(tt.code)); diff != "" {
			t.Errorf("Levels(%s): %s", tt.code, diff)
		}
	}
	if _, _, ok := r.Lookup(99999999); ok || r.Levels(99999999) != nil {
		t.Error("an unknown code answers")
	}
}

func TestPathsBeginWithThePrimaryWhateverTheFileOrder(t *testing.T) {
	r := mustLoad(t, newSynthetic(English).fs())
	want := []Path{{
		PT: Term{90000102, "Velvet cough"}, HLT: Term{90000022, "Coughs"},
		HLGT: Term{90000011, "Glimmers and coughs"}, SOC: Term{90000001, "Invented organ disorders"},
		SOCAbbrev: "Inv", Primary: true,
	}, {
		PT: Term{90000102, "Velvet cough"}, HLT: Term{90000023, "Silks"},
		HLGT: Term{90000012, "Silk conditions"}, SOC: Term{90000002, "Imagined skin disorders"},
		SOCAbbrev: "Imag",
	}}
	if diff := cmp.Diff(want, r.Paths(90000102)); diff != "" {
		t.Error(diff)
	}
	primary, ok := r.PrimaryPath(90000102)
	if !ok || primary != want[0] {
		t.Errorf("primary path is %+v %v", primary, ok)
	}
	if _, ok := r.PrimaryPath(90000201); ok || r.Paths(90000201) != nil {
		t.Error("a code that is no PT has a path")
	}
}

func TestParseCodeTakesEightDigitsOnly(t *testing.T) {
	for _, good := range []string{"10000001", "99999999"} {
		c, err := ParseCode(good)
		if err != nil || c.String() != good {
			t.Errorf("ParseCode(%q) = %s, %v", good, c, err)
		}
	}
	for _, bad := range []string{"", "1000000", "100000011", "00000001", "-1000001", "+1000001", " 1000001", "1000000 ", "1000 001", "１２３４５６７８", "1234567a", "4294967296"} {
		if c, err := ParseCode(bad); err == nil {
			t.Errorf("ParseCode(%q) = %s, want an error", bad, c)
		}
	}
}

func TestParseLevelReadsWhatStringWrites(t *testing.T) {
	for l := LevelLLT; l <= LevelSOC; l++ {
		if got, err := ParseLevel(l.String()); err != nil || got != l {
			t.Errorf("ParseLevel(%s) = %s, %v", l, got, err)
		}
	}
	for _, bad := range []string{"", "LL", "SMQ", "Level(0)"} {
		if l, err := ParseLevel(bad); err == nil {
			t.Errorf("ParseLevel(%q) = %s, want an error", bad, l)
		}
	}
	if s := Level(9).String(); s != "Level(9)" {
		t.Errorf("an unknown level is %q", s)
	}
}

func TestParseLanguage(t *testing.T) {
	for s, want := range map[string]Language{"English": English, "ENGLISH": English, "en": English, "Chinese": Chinese, "zh": Chinese, "中文": Chinese} {
		if got, err := ParseLanguage(s); err != nil || got != want {
			t.Errorf("ParseLanguage(%q) = %s, %v", s, got, err)
		}
	}
	if got, err := ParseLanguage(" English "); err != nil || got != English {
		t.Errorf("space around a name: %s, %v", got, err)
	}
	if _, err := ParseLanguage("French"); err == nil || err.Error() != `language "French" is not supported, want English or Chinese` {
		t.Errorf("French: %v", err)
	}
}

package ranking

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// small is an index over a few groups, each with its names; the first is its own.
func small(lang meddra.Language, groups ...string) *Index {
	var names []Name
	for g, line := range groups {
		for i, name := range strings.Split(line, "|") {
			names = append(names, Name{Form: verbatim.Fold(lang, name), Group: int32(g), Main: i == 0})
		}
	}
	return New(lang, names)
}

var smallEnglish = []string{
	"Insomnia|Sleep loss", "Renal failure|Kidney failure|Renal insufficiency", "Renal pain|Kidney pain", "Nephritis", "Hepatitis",
	"Fatigue|Tiredness", "Asthenia|Weakness", "Urinary tract infection|UTI", "Headache|Cephalgia", "Abdominal pain|Pain abdominal",
	"Diarrhoea|Loose stools", "Neck mass", "Neck swelling", "Blood glucose increased", "Blood glucose decreased", "Neck pain", "Heat stroke", "Stroke",
	"Left ventricular failure", "Oedema peripheral|Swelling of legs", "Nausea", "Vomiting", "Pharyngitis|Throat inflammation",
	"Alanine aminotransferase increased|ALT increased", "Rash|Skin rash", "Fear of falling", "Alopecia|Hair loss", "Limb injury",
}

var smallChinese = []string{
	"失眠", "腹泻", "头痛", "腹痛", "皮疹", "心悸", "血压升高|血压增高", "血压降低", "肾衰竭|肾功能衰竭", "乏力|虚弱", "2型糖尿病", "食欲减退", "发热", "瘙痒",
}

// first gives the own name of the group that is ranked first.
func first(x *Index, lang meddra.Language, text string) string {
	ranked := x.Rank(verbatim.Fold(lang, text), 0, 5)
	if len(ranked) == 0 {
		return ""
	}
	group := x.names[ranked[0].Name].Group
	return x.names[slices.IndexFunc(x.names, func(n Name) bool { return n.Group == group })].Form
}

func TestEveryKindOfReadingFindsItsName(t *testing.T) {
	en, zh := small(meddra.English, smallEnglish...), small(meddra.Chinese, smallChinese...)
	for _, tc := range []struct {
		lang           meddra.Language
		kind           string
		verbatim, want string
	}{
		{"en", "the very words in another order", "failure of the kidney", "renal failure"},
		{"en", "a word with the same meaning", "renal ache", "renal pain"},
		{"en", "everyday language", "can't sleep", "insomnia"},
		{"en", "everyday language with a negation in it", "no energy", "fatigue"},
		{"en", "everyday language with minor words", "couldn't sleep at all for 3 nights", "insomnia"},
		{"en", "everyday language, inflected", "threw up twice", "vomiting"},
		{"en", "an abbreviation", "bilateral UTI", "urinary tract infection"},
		{"en", "an abbreviation written out in the wording", "infection of urinary tract", "urinary tract infection"},
		{"en", "a spelling repaired", "hedache", "headache"},
		{"en", "two spellings repaired", "abdomenal pian", "abdominal pain"},
		{"en", "a word written together", "neckpain", "neck pain"},
		{"en", "combining forms put together", "kidney inflammation", "nephritis"},
		{"en", "a long phrase before a part of it", "heat stroke", "heat stroke"},
		{"en", "qualifiers count for little", "severe left sided rash", "rash"},
		{"zh", "everyday language", "拉肚子", "腹泻"},
		{"zh", "everyday language within more", "昨晚一直睡不着", "失眠"},
		{"zh", "everyday language with a negation in it", "没胃口", "食欲减退"},
		{"zh", "words with the same meaning", "血压上升", "血压升高"},
		{"zh", "traditional characters", "發燒", "发热"},
		{"zh", "traditional characters, another", "頭痛", "头痛"},
		{"zh", "a numeral written otherwise", "II型糖尿病", "2型糖尿病"},
		{"zh", "a particle", "皮肤的瘙痒", "瘙痒"},
	} {
		x := en
		if tc.lang == meddra.Chinese {
			x = zh
		}
		if got := first(x, tc.lang, tc.verbatim); got != tc.want {
			t.Errorf("%s: %q finds %q, want %q", tc.kind, tc.verbatim, got, tc.want)
		}
	}
}

func TestOppositesAndDenialsAreNotFound(t *testing.T) {
	en, zh := small(meddra.English, smallEnglish...), small(meddra.Chinese, smallChinese...)
	for _, tc := range []struct {
		lang            meddra.Language
		verbatim, never string
	}{
		{"en", "high blood glucose", "blood glucose decreased"},
		{"en", "glucose low", "blood glucose increased"},
		{"en", "no rash", "rash"},
		{"en", "denies nausea", "nausea"},
		{"en", "right ventricular failure", "left ventricular failure"},
		{"zh", "血压偏高", "血压降低"},
		{"zh", "无皮疹", "皮疹"},
		{"zh", "否认头痛", "头痛"},
	} {
		x := en
		if tc.lang == meddra.Chinese {
			x = zh
		}
		for _, r := range x.Rank(verbatim.Fold(tc.lang, tc.verbatim), 0, 50) {
			if x.names[r.Name].Form == tc.never {
				t.Errorf("%q finds %q", tc.verbatim, tc.never)
			}
		}
	}
}

func TestNamesTeachWordsWithTheSameMeaning(t *testing.T) {
	// "frobnic" and "quuxal" are not in the lexicon: only the names of the groups show
	// that they mean the same.
	x := small(meddra.English, "Frobnic pain|Quuxal pain", "Frobnic rash|Quuxal rash", "Frobnic oedema|Quuxal oedema", "Frobnic bleeding", "Other bleeding")
	if got := first(x, meddra.English, "quuxal bleeding"); got != "frobnic bleeding" {
		t.Errorf("quuxal bleeding finds %q", got)
	}
}

func TestANameWithAScopeIsFoundInItsScopeOnly(t *testing.T) {
	x := New(meddra.English, []Name{
		{Form: "headache", Group: 0, Main: true}, {Form: "nausea", Group: 1, Main: true},
		{Form: "wobbly gubbins", Group: 1, Scope: 7, Learned: true},
	})
	for scope, want := range map[int32]int{0: 0, 3: 0, 7: 1} {
		if got := len(x.Rank("wobbly gubbins again", scope, 5)); got != want {
			t.Errorf("scope %d: %d found, want %d", scope, got, want)
		}
	}
}

func TestScoresAreProbabilitiesInOrder(t *testing.T) {
	x := small(meddra.English, smallEnglish...)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom(strings.Fields(strings.ToLower(strings.Join(smallEnglish, " ")))), 1, 6).Draw(t, "words")
		sum, last := float32(0), float32(1)
		groups := map[int32]bool{}
		for _, r := range x.Rank(verbatim.Fold(meddra.English, strings.Join(words, " ")), 0, 50) {
			g := x.names[r.Name].Group
			if groups[g] || r.Score > last || r.Score < 0 {
				t.Fatalf("%v: group %d twice, or score %v after %v", words, g, r.Score, last)
			}
			groups[g] = true
			sum, last = sum+r.Score, r.Score
		}
		if sum > 1.001 {
			t.Fatalf("%v: the scores add up to %v", words, sum)
		}
	})
}

func TestTheSameWordingGetsTheSameAnswerFromEveryIndex(t *testing.T) {
	a, b := small(meddra.English, smallEnglish...), small(meddra.English, smallEnglish...)
	for _, v := range []string{"kidney pane", "sleep less nights", "alt up", "swollen leg and rash", "inflammation of throat"} {
		folded := verbatim.Fold(meddra.English, v)
		if diff := cmp.Diff(a.Rank(folded, 0, 20), b.Rank(folded, 0, 20), cmp.AllowUnexported(Verdict{})); diff != "" {
			t.Errorf("%q: (-one +other)\n%s", v, diff)
		}
	}
}

func TestALongOddWordingIsBoundedWork(t *testing.T) {
	x := small(meddra.English, smallEnglish...)
	for name, unit := range map[string]string{
		"one letter": "a", "unknown words": "qwertz ", "known words": "renal pain ", "misspelt words": "hedache ", "marks": "e\u0301",
		"4-byte Han": "\U0002C317", "no words": "- + ", "numbers": "1 ",
	} {
		text := []rune(strings.Repeat(unit, 1000))
		folded := verbatim.Fold(meddra.English, string(text[:1000]))
		if got := len(x.analyze(folded).expansions); got > 2_000 {
			t.Errorf("%s: %d readings", name, got)
		}
		x.Rank(folded, 0, 20)
		x.Respell(folded)
	}
}

func TestRespellRepairsUnknownWordsOnly(t *testing.T) {
	x := small(meddra.English, smallEnglish...)
	for in, want := range map[string]string{
		"abdomenal pain": "abdominal pain", "renal failrue": "renal failure", "headache": "", "xyzzy pain": "", "rnal pian": "renal pain",
	} {
		got, ok := x.Respell(in)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestContestedNamesSayTheSameInOtherWords(t *testing.T) {
	x := small(meddra.English, "Liver cancer", "Hepatic cancer", "Renal pain|Kidney pain", "Blood zinc increased", "Zinc levels increased", "Rash")
	var got []string
	for i, n := range x.names {
		if x.Contested(int32(i)) {
			got = append(got, n.Form)
		}
	}
	if want := []string{"liver cancer", "hepatic cancer", "blood zinc increased", "zinc level increased"}; !slices.Equal(got, want) {
		t.Errorf("contested: %q, want %q", got, want)
	}
}

func FuzzRank(f *testing.F) {
	en, zh := small(meddra.English, smallEnglish...), small(meddra.Chinese, smallChinese...)
	for _, s := range []string{"can't sleep", "拉肚子", "'", "n't", "a'b'c", "\U0002C317\u0301", "- -", "<>", "", "头 痛 ii", strings.Repeat("s'", 500)} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		for lang, x := range map[meddra.Language]*Index{meddra.English: en, meddra.Chinese: zh} {
			folded := verbatim.Fold(lang, s)
			ranked := x.Rank(folded, 0, limit)
			if len(ranked) > max(limit, 0) {
				t.Fatalf("%d ranked, at most %d asked for", len(ranked), limit)
			}
			for _, r := range ranked {
				if !(r.Score >= 0 && r.Score <= 1) {
					t.Fatalf("score %v", r.Score)
				}
			}
			if s := x.scratch.Get().(*scratch); slices.ContainsFunc(s.sums, func(v sums) bool { return v != sums{} }) ||
				slices.ContainsFunc(s.active, nonzero) || slices.Contains(s.asked, true) {
				t.Fatal("the scratch memory is not clean")
			} else {
				x.scratch.Put(s)
			}
			x.Respell(folded)
			x.Near(folded, limit)
		}
	})
}

func nonzero(v float32) bool { return v != 0 }

func ExampleIndex_Rank() {
	x := small(meddra.English, "Insomnia", "Fatigue", "Renal pain|Kidney pain")
	for _, r := range x.Rank("can't sleep", 0, 1) {
		fmt.Println(x.names[r.Name].Form)
	}
	// Output: insomnia
}

func TestWhatIsLearnedOfARepeatedStemDoesNotHangOnChance(t *testing.T) {
	// "hepatic" and "hepatitis" share a stem, and are made of different forms.
	groups := []string{"Hepatic injury", "Hepatitis", "Liver injury", "Liver inflammation", "Lipoprotein increased", "Lipid protein", "Inflammation"}
	first := small(meddra.English, groups...)
	for range 20 {
		if diff := cmp.Diff(first.readings.pairs, small(meddra.English, groups...).readings.pairs); diff != "" {
			t.Fatalf("the same names taught something else:\n%s", diff)
		}
	}
}

func TestAFlattenedModelGivesTheSameScores(t *testing.T) {
	x := small(meddra.English, smallEnglish...)
	plain := *x.analyzer.model
	plain.flat = nil
	for _, v := range []string{"kidney pane", "sleep less nights", "alt up", "swollen leg and rash"} {
		for _, s := range x.Samples(verbatim.Fold(meddra.English, v), "") {
			f := (*featureVector)(s.Features)
			if a, b := x.analyzer.model.score(f), plain.score(f); a != b {
				t.Fatalf("%q: %v, not flattened %v", v, a, b)
			}
		}
	}
}

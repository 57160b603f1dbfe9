package training

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"aecode/terminology/internal/lexicon"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/verbatim"

	"github.com/google/go-cmp/cmp"
)

func TestASlipChangesOneLongWordALittleAndNotAtItsBeginning(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	form := "abdominal pain increased"
	kinds := map[int]bool{}
	for range 500 {
		slip, ok := misspelt(random, form)
		if !ok {
			continue
		}
		words, was := strings.Split(slip, " "), strings.Split(form, " ")
		changed := 0
		for i := range was {
			if words[i] == was[i] {
				continue
			}
			changed++
			kinds[len(words[i])-len(was[i])] = true
			if len(was[i]) < minMisspelt || words[i][0] != was[i][0] || max(len(words[i])-len(was[i]), len(was[i])-len(words[i])) > 1 {
				t.Errorf("%q of %q", words[i], was[i])
			}
		}
		if changed > 1 {
			t.Errorf("%d words of %q are changed", changed, slip)
		}
	}
	if len(kinds) != 3 {
		t.Errorf("lengths change by %v, want -1, 0 and 1", kinds)
	}
	if slip, ok := misspelt(random, "rash"); ok {
		t.Errorf("a short word becomes %q", slip)
	}
	if _, ok := misspelt(random, ""); ok {
		t.Error("a slip in nothing")
	}
}

func TestAQualifierStandsAroundTheWholeName(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	before, after := map[string]bool{}, map[string]bool{}
	for range 300 {
		b, okBefore := strings.CutSuffix(qualifiedBefore(random, "chest pain"), " chest pain")
		a, okAfter := strings.CutPrefix(qualifiedAfter(random, "chest pain"), "chest pain ")
		if !okBefore || !okAfter {
			t.Fatal("the name is not whole")
		}
		before[b], after[a] = true, true
	}
	if len(before) != len(qualifiersBefore) || len(after) != len(qualifiersAfter) {
		t.Errorf("%d and %d qualifiers are used", len(before), len(after))
	}
}

// names are a group of three names, one of one, and a reading of the lexicon.
func names(t *testing.T, lang meddra.Language) (names []ranking.Name, reading lexicon.Entry) {
	t.Helper()
	reading = lexicon.Everyday(lang)[0]
	for group, forms := range [][]string{{"alpha disorder", "alphaemia increased", "alpha condition"}, {"betasis"}, {reading.Readings[0]}} {
		for i, form := range forms {
			names = append(names, ranking.Name{Form: verbatim.Fold(lang, form), Group: int32(group), Main: i == 0})
		}
	}
	return names, reading
}

func TestNamesBecomeWordingsThatOtherNamesMustFind(t *testing.T) {
	all, _ := names(t, meddra.English)
	x := ranking.New(meddra.English, all)
	own := FromNames(x, all, 0.5)
	if len(own) != 2 { // neither the group's own name nor that of a group of one
		t.Fatalf("%d wordings", len(own))
	}
	for i, w := range own {
		if !w.Right[0] || w.Weight != 0.5 {
			t.Errorf("%+v", w)
		}
		if left := x.Samples(all[i+1].Form, ""); len(w.Samples) != len(left)-1 {
			t.Errorf("%d of %d samples: the name itself must be left out, and no other", len(w.Samples), len(left))
		}
	}
}

func TestSyntheticWordingsComeFromTheLexiconAndTheSeed(t *testing.T) {
	for _, lang := range meddra.Languages() {
		all, reading := names(t, lang)
		x := ranking.New(lang, all)
		made := Synthetic(lang, x, all, 0.5, 1)
		if len(made) == 0 || !made[0].Right[2] || made[0].Weight != 0.5 {
			t.Errorf("%s: %d wordings, want one of %q first", lang, len(made), reading.Wording)
		}
		if diff := cmp.Diff(made, Synthetic(lang, x, all, 0.5, 1)); diff != "" {
			t.Errorf("%s: the same seed makes others: %s", lang, diff)
		}
		if got := Synthetic(lang, x, nil, 0.5, 1); got != nil {
			t.Errorf("%s: %d wordings of no names", lang, len(got))
		}
	}
}

func TestEveryWordingIsHeldOutOnceFromWhatJudgesIt(t *testing.T) {
	all := toy(60, either)
	outcomes := Validate(all, nil, 4, quick, 1)
	var seen []int
	right := 0
	for _, o := range outcomes {
		seen = append(seen, o.Wording)
		if o.Rank == 1 {
			right++
		}
		if o.FirstRight != (o.Rank == 1) || o.Shape == nil {
			t.Errorf("%+v", o)
		}
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 60 || len(outcomes) != 60 || len(Cases(outcomes)) != 60 {
		t.Errorf("%d outcomes", len(outcomes))
	}
	if right < 55 {
		t.Errorf("%d of 60 have the right group first", right)
	}
	if diff := cmp.Diff(outcomes, Validate(all, nil, 4, quick, 1)); diff != "" {
		t.Errorf("the same seed draws other folds: %s", diff)
	}
	if got := Validate(nil, nil, 4, quick, 1); got != nil {
		t.Errorf("%d outcomes of nothing", len(got))
	}
	if got := Validate(all[:2], nil, 4, quick, 1); len(got) != 2 {
		t.Errorf("%d outcomes of fewer wordings than folds", len(got))
	}
}

package training

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"aecode/terminology/internal/ranking"

	"github.com/google/go-cmp/cmp"
)

// The places of a feature that rises, one that falls, and one that may do either.
var (
	risingFeature  = place(func(k int) bool { return rising[k] })
	fallingFeature = place(func(k int) bool { return falling[k] })
	freeFeature    = place(func(k int) bool { return !rising[k] && !falling[k] })
)

func place(is func(int) bool) int {
	for k := range ranking.FeatureCount {
		if is(k) {
			return k
		}
	}
	panic("no such feature")
}

var quick = Options{Trees: 20, Depth: 3, Rate: 0.3, Ridge: 1, Share: 0.8, Seed: 1}

// toy makes wordings with ten names each; set gives the features of a name that is
// right or wrong.
func toy(n int, set func(random *rand.Rand, f []float32, right bool)) []Wording {
	random := rand.New(rand.NewPCG(5, 5))
	all := make([]Wording, n)
	for i := range all {
		right := int32(random.IntN(10))
		all[i] = Wording{Right: map[int32]bool{right: true}, Weight: 1}
		for g := range int32(10) {
			f := make([]float32, ranking.FeatureCount)
			for k := range f {
				f[k] = random.Float32()
			}
			set(random, f, g == right)
			all[i].Samples = append(all[i].Samples, ranking.Sample{Group: g, Features: f})
		}
	}
	return all
}

// either parts right from wrong by a feature that is free to do so.
func either(random *rand.Rand, f []float32, right bool) {
	f[freeFeature] = 0.4 * random.Float32()
	if right {
		f[freeFeature] += 0.6
	}
}

func firsts(trees []ranking.Tree, all []Wording) (share float64) {
	m := &ranking.Model{Trees: trees}
	for _, w := range all {
		if m.RankOf(w.Samples, w.Right) == 1 {
			share += 1 / float64(len(all))
		}
	}
	return share
}

func TestFitLearnsWhatPartsRightFromWrong(t *testing.T) {
	all := toy(300, either)
	trees, loss := Fit(all[:200], quick)
	if len(trees) != quick.Trees || loss > 0.5 {
		t.Errorf("%d trees, loss %v", len(trees), loss)
	}
	if got := firsts(trees, all[200:]); got < 0.99 {
		t.Errorf("%.2f of wordings not seen have the right group first", got)
	}
}

func TestWhatOnlyLooksLikeTheContraryIsNotLearned(t *testing.T) {
	// A rising feature that is low for what is right, and a falling one that is high.
	all := toy(200, func(random *rand.Rand, f []float32, right bool) {
		f[risingFeature], f[fallingFeature] = 0.6+0.4*random.Float32(), 0.4*random.Float32()
		if right {
			f[risingFeature], f[fallingFeature] = f[risingFeature]-0.6, f[fallingFeature]+0.6
		}
	})
	trees, _ := Fit(all, quick)
	if got := firsts(trees, all); got > 0.7 {
		t.Errorf("%.2f have the right group first: the trees use a feature against its sense", got)
	}
}

func TestTreesRespectRisingAndFallingFeatures(t *testing.T) {
	// Noise to be misled by, on top of what all features tell a little of.
	all := toy(300, func(random *rand.Rand, f []float32, right bool) {
		for k := range f {
			if right && random.Float64() < 0.3 {
				f[k] = min(1, f[k]+0.3)
			}
			if right && falling[k] && random.Float64() < 0.5 {
				f[k] *= 0.5
			}
		}
	})
	trees, _ := Fit(all, Options{Trees: 40, Depth: 4, Rate: 0.3, Ridge: 0.5, Share: 0.7, Seed: 2})
	used := Use(trees)
	if used[risingFeature] == 0 && used[fallingFeature] == 0 {
		t.Fatal("neither kind of feature is used: nothing is tested")
	}
	random := rand.New(rand.NewPCG(9, 9))
	for range 2000 {
		low := make([]float32, ranking.FeatureCount)
		for k := range low {
			low[k] = random.Float32()
		}
		k := random.IntN(ranking.FeatureCount)
		high := slices.Clone(low)
		high[k] = min(1, low[k]+random.Float32())
		below, above := total(trees, low), total(trees, high)
		if rising[k] && above < below-1e-5 || falling[k] && above > below+1e-5 {
			t.Fatalf("%s from %v to %v: the score goes from %v to %v", ranking.FeatureNames[k], low[k], high[k], below, above)
		}
	}
}

// total is the sum of the trees' answers.
func total(trees []ranking.Tree, f []float32) (sum float64) {
	for _, t := range trees {
		at := 0
		for at < len(t.Features) {
			if k := t.Features[at]; k < 0 || f[k] <= t.Thresholds[at] {
				at = 2*at + 1
			} else {
				at = 2*at + 2
			}
		}
		sum += float64(t.Leaves[at-len(t.Features)])
	}
	return sum
}

func TestTheSameInputGivesTheSameTrees(t *testing.T) {
	first, _ := Fit(toy(100, either), quick)
	second, _ := Fit(toy(100, either), quick)
	a, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(second)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(a), string(b)); diff != "" {
		t.Error(diff)
	}
}

func TestNothingToLearnFromGivesNoTree(t *testing.T) {
	sample := ranking.Sample{Group: 1, Features: make([]float32, ranking.FeatureCount)}
	for name, all := range map[string][]Wording{
		"no wording":    nil,
		"nothing right": {{Samples: []ranking.Sample{sample}, Weight: 1}},
		"nothing found": {{Right: map[int32]bool{1: true}, Weight: 1}},
		"another is":    {{Samples: []ranking.Sample{sample}, Right: map[int32]bool{2: true}, Weight: 1}},
	} {
		if trees, loss := Fit(all, quick); trees != nil || loss != 0 {
			t.Errorf("%s: %d trees, loss %v", name, len(trees), loss)
		}
	}
	one := []Wording{{Samples: []ranking.Sample{sample}, Right: map[int32]bool{1: true}, Weight: 1}}
	if trees, _ := Fit(one, quick); len(trees) != quick.Trees {
		t.Errorf("%d trees of a single wording", len(trees))
	}
}

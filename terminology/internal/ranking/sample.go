package ranking

import (
	"math"
	"slices"
)

// Sample is a name measured for a wording, for training a model.
type Sample struct {
	Group    int32
	Features []float32
}

// Features is the number of a sample's features.
const Features = int(features)

// FeatureNames are what the features are called in reports.
var FeatureNames = [features]string{
	"byGrams", "byTerms", "slotsRead", "termsRead", "bothRead", "lesserRead", "slotsLeft", "termsLeft", "rarestSlot", "rarestTerm",
	"lastSlot", "lastTerm", "firstSlot", "firstTerm", "inOrder", "written", "asEveryday", "asRelated", "asRepaired", "groupSize",
	"mainName", "numbersLeft", "longer", "wordsOfQuery", "gramsTimes", "addedWords", "negation", "rareShare",
}

// Samples measures the names that would be ranked for a folded wording. Names of
// the form except are left out: with it a name of the release is a wording that
// the others must find. Empty: none.
func (x *Index) Samples(folded, except string) []Sample {
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	q := x.understand(folded)
	var all []Sample
	x.measureAll(s, &q, 0, func(one measured) {
		if except == "" || x.names[one.name].Form != except {
			all = append(all, Sample{one.group, one.f[:]})
		}
	})
	return all
}

// order groups measured names as a query does.
func (m *Model) order(samples []Sample) []group {
	at := make(map[int32]int)
	var groups []group
	for _, s := range samples {
		one := measured{group: s.Group, f: *(*measures)(s.Features)}
		one.score = m.score(&one.f)
		e := math.Exp(float64(one.score))
		i, ok := at[s.Group]
		if !ok {
			at[s.Group] = len(groups)
			groups = append(groups, group{one, e})
			continue
		}
		groups[i].sum += e
		if one.score > groups[i].best.score {
			groups[i].best = one
		}
	}
	slices.SortFunc(groups, compareGroups)
	return groups
}

// Shape gives what [Calibration] looks at, and the group ranked first; nil for no
// samples.
func (m *Model) Shape(samples []Sample) (shapeOf []float64, first int32) {
	groups := m.order(samples)
	if len(groups) == 0 {
		return nil, 0
	}
	return shape(groups), groups[0].best.group
}

// RankOf gives the rank of the first right group, from 1; 0 if there is none.
func (m *Model) RankOf(samples []Sample, right map[int32]bool) int {
	for i, g := range m.order(samples) {
		if right[g.best.group] {
			return i + 1
		}
	}
	return 0
}

// Rising tells the features that can only speak for a name.
func Rising() [Features]bool {
	return flags(byGrams, byTerms, slotsRead, termsRead, bothRead, lesserRead, rarestSlot, rarestTerm, gramsTimes, groupSize, inOrder, mainName)
}

// Falling tells the features that can only speak against a name.
func Falling() [Features]bool {
	return flags(slotsLeft, termsLeft, numbersLeft, addedWords, negation)
}

func flags(which ...feature) (set [Features]bool) {
	for _, f := range which {
		set[f] = true
	}
	return set
}

// SameWords tells a name that has the very words of the wording and no others.
func (s Sample) SameWords() bool { return s.Features[written] > 0.999 && s.Features[termsRead] > 0.999 }

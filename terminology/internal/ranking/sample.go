package ranking

import (
	"math"
	"slices"
)

// Sample holds the features of one name for one wording. Models are trained on samples.
type Sample struct {
	Group    int32
	Features []float32
}

// FeatureCount is the number of a sample's features.
const FeatureCount = int(featureCount)

// FeatureNames are the names of the features in reports.
var FeatureNames = [featureCount]string{
	"gramCosine", "termCosine", "queryCoverage", "nameCoverage", "coverageProduct", "lesserCoverage", "queryUncovered", "nameUncovered", "rarestQueryWord", "rarestNameWord",
	"lastQueryWord", "lastNameWord", "firstQueryWord", "firstNameWord", "wordOrder", "writtenShare", "everydayShare", "relatedShare", "repairedShare", "groupSize",
	"mainName", "numbersUncovered", "lengthDifference", "queryWords", "gramCosineCoverage", "addedWords", "negation", "unknownShare",
}

// Samples gives the samples of the names that would be ranked for a folded wording.
// Names with the form except are left out, so that a name of the release can serve as
// a wording that the other names must find; empty: none are left out.
func (x *Index) Samples(folded, except string) []Sample {
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)
	q := x.analyze(folded)
	var all []Sample
	x.rerank(s, &q, 0, func(one scoredName) {
		if except == "" || x.names[one.name].Form != except {
			all = append(all, Sample{one.group, one.f[:]})
		}
	})
	return all
}

// order scores samples and groups them, as Rank does with names.
func (m *Model) order(samples []Sample) []group {
	at := make(map[int32]int)
	var groups []group
	for _, s := range samples {
		one := scoredName{group: s.Group, f: *(*featureVector)(s.Features)}
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

// Shape gives the input of [Calibration] and the group that is ranked first; nil if
// there are no samples.
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

// Rising marks the features that can only raise a name's score.
func Rising() [FeatureCount]bool {
	return flags(gramCosine, termCosine, queryCoverage, nameCoverage, coverageProduct, lesserCoverage, rarestQueryWord, rarestNameWord, gramCosineCoverage, groupSize, wordOrder, mainName)
}

// Falling marks the features that can only lower a name's score.
func Falling() [FeatureCount]bool {
	return flags(queryUncovered, nameUncovered, numbersUncovered, addedWords, negation)
}

func flags(which ...feature) (set [FeatureCount]bool) {
	for _, f := range which {
		set[f] = true
	}
	return set
}

// SameWords reports whether the name has exactly the words of the wording.
func (s Sample) SameWords() bool {
	return s.Features[writtenShare] > 0.999 && s.Features[nameCoverage] > 0.999
}

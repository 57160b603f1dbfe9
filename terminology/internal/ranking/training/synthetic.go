package training

import (
	"math/rand/v2"

	"aecode/terminology/internal/lexicon"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/verbatim"
)

// syntheticShare is the share of English names from which a wording is made.
const syntheticShare = 0.25

// FromNames makes a wording from each name whose group has other names, and leaves the
// name itself out: the other names must find the group.
func FromNames(x *ranking.Index, names []ranking.Name, weight float64) []Wording {
	size := sizes(names)
	var own []Wording
	for _, n := range names {
		if !n.Main && size[n.Group] > 1 {
			own = append(own, Wording{x.Samples(n.Form, n.Form), map[int32]bool{n.Group: true}, weight})
		}
	}
	return own
}

// Synthetic makes wordings that are similar to real ones: the lexicon's everyday
// wordings and abbreviations whose first reading is a name and, in English, misspelt
// and qualified names. The same seed makes the same wordings.
func Synthetic(lang meddra.Language, x *ranking.Index, names []ranking.Name, weight float64, seed uint64) []Wording {
	var made []Wording
	add := func(text string, group int32) {
		made = append(made, Wording{x.Samples(verbatim.Fold(lang, text), ""), map[int32]bool{group: true}, weight})
	}
	size := sizes(names)
	groups := byForm(names, size)
	for _, entries := range [][]lexicon.Entry{lexicon.Everyday(lang), lexicon.Abbreviations(lang)} {
		for _, e := range entries {
			if g, ok := groups[verbatim.Fold(lang, e.Readings[0])]; ok {
				add(e.Wording, g)
			}
		}
	}
	if lang == meddra.Chinese {
		return made // slips in Chinese do not follow from letters
	}
	random := rand.New(rand.NewPCG(3, seed)) // reproducible draws, not a secret
	for _, n := range names {
		if size[n.Group] < 2 || random.Float64() > syntheticShare {
			continue
		}
		switch random.IntN(3) {
		case 0:
			if slip, ok := misspelt(random, n.Form); ok {
				add(slip, n.Group)
			}
		case 1:
			add(qualifiedBefore(random, n.Form), n.Group)
		case 2:
			add(qualifiedAfter(random, n.Form), n.Group)
		}
	}
	return made
}

// sizes counts the names of each group.
func sizes(names []ranking.Name) map[int32]int {
	size := map[int32]int{}
	for _, n := range names {
		size[n.Group]++
	}
	return size
}

// byForm gives the group of each form; of several groups that share it, the
// largest.
func byForm(names []ranking.Name, size map[int32]int) map[string]int32 {
	groups := map[string]int32{}
	for _, n := range names {
		if old, ok := groups[n.Form]; !ok || size[old] < size[n.Group] {
			groups[n.Form] = n.Group
		}
	}
	return groups
}

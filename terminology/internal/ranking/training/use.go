package training

import (
	"math"
	"math/bits"

	"aecode/terminology/internal/ranking"
)

// Use gives how much the trees use each feature. A node counts as the share of names
// that reach it if every node before it splits them evenly.
func Use(trees []ranking.Tree) [ranking.FeatureCount]float64 {
	var use [ranking.FeatureCount]float64
	for _, t := range trees {
		for node, feature := range t.Features {
			if feature >= 0 {
				level := bits.Len(uint(node+1)) - 1
				use[feature] += math.Pow(2, -float64(level))
			}
		}
	}
	return use
}

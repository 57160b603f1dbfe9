package training

import (
	"math"
	"math/bits"

	"aecode/terminology/internal/ranking"
)

// Use tells how much trees ask for each feature: a question counts as the share of
// names that come to it, were they parted evenly at those before.
func Use(trees []ranking.Tree) [ranking.Features]float64 {
	var use [ranking.Features]float64
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

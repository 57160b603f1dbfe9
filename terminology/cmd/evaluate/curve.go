package main

import (
	"cmp"
	"slices"
)

// point is a threshold with its result: the share of all lines that it would code, and
// the share of these that is right.
type point struct {
	Threshold float64 `json:"threshold"` // 0: none reaches the precision
	Coverage  float64 `json:"coverage"`
	Precision float64 `json:"precision"`
}

// certainty gives how certain the machine is of a line; 0: the line is never coded.
type certainty func(judged) float64

// curve gives the point of each certainty that occurs, the greatest certainty first.
func curve(all []judged, sure certainty, weight weighing) []point {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b judged) int { return cmp.Compare(sure(b), sure(a)) })
	var whole, coded, right float64
	for _, j := range all {
		whole += weight(j)
	}
	var points []point
	for i, j := range sorted {
		at := sure(j)
		if at == 0 {
			break
		}
		coded += weight(j)
		if j.within(1) {
			right += weight(j)
		}
		if i+1 < len(sorted) && sure(sorted[i+1]) == at {
			continue // one threshold covers all lines with the same certainty
		}
		points = append(points, point{at, ratio(coded, whole), ratio(right, coded)})
	}
	return points
}

// reach gives the point with the greatest coverage that has at least the precision; zero
// if there is none.
func reach(points []point, precision float64) point {
	var best point
	for _, p := range points {
		if p.Precision >= precision && p.Coverage > best.Coverage {
			best = p
		}
	}
	return best
}

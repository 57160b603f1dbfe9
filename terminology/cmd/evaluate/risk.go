package main

import (
	"cmp"
	"hash/fnv"
	"slices"

	"aecode/terminology/internal/coder"
)

// point is a threshold with what it would code: the share of all lines, and the
// share of those that is right.
type point struct {
	Threshold float64 `json:"threshold"`
	Coverage  float64 `json:"coverage"`
	Precision float64 `json:"precision"`
}

// confidence orders answers by how sure the machine is: past decisions first,
// then by the probability that ranking gives the first PT, whichever step coded
// it.
func (j judged) confidence() float64 {
	switch {
	case !j.coded():
		return j.result.Score
	case j.result.Method == coder.MethodStudySynonym, j.result.Method == coder.MethodSponsorSynonym:
		return 1
	}
	return j.result.Likelihood
}

// curve gives the point of each confidence that occurs, the surest first.
func curve(all []judged) []point {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b judged) int { return cmp.Compare(b.confidence(), a.confidence()) })
	var points []point
	right := 0
	for i, j := range sorted {
		if j.within(1) {
			right++
		}
		if i+1 < len(sorted) && sorted[i+1].confidence() == j.confidence() {
			continue
		}
		if j.confidence() == 0 {
			break
		}
		points = append(points, point{j.confidence(), float64(i+1) / float64(len(all)), float64(right) / float64(i+1)})
	}
	return points
}

// reach gives the point of most coverage that has the precision asked for; zero
// if none has.
func reach(points []point, precision float64) point {
	var best point
	for _, p := range points {
		if p.Precision >= precision && p.Coverage > best.Coverage {
			best = p
		}
	}
	return best
}

// coverage is what can be coded at a precision.
type coverage struct {
	Wanted float64 `json:"precision_wanted"`
	// Held is the threshold of one half at work on the other, both ways.
	Held point `json:"held_out"`
	// Oracle is the best that a threshold chosen on all lines could do.
	Oracle point `json:"oracle"`
}

// coverageAt finds the threshold on one half of the lines and reports what it
// does on the other, and the same with the halves changed about.
func coverageAt(all []judged, precision float64) coverage {
	halves := [2][]judged{}
	for _, j := range all {
		h := fnv.New32a()
		h.Write([]byte(j.verbatim)) // never fails
		i := h.Sum32() >> 16 & 1
		halves[i] = append(halves[i], j)
	}
	c := coverage{Wanted: precision, Oracle: reach(curve(all), precision)}
	coded, right := 0, 0
	for i, half := range halves {
		threshold := reach(curve(half), precision).Threshold
		c.Held.Threshold += threshold / 2
		if threshold == 0 {
			continue
		}
		for _, j := range halves[1-i] {
			if j.confidence() >= threshold {
				coded++
				if j.within(1) {
					right++
				}
			}
		}
	}
	c.Held.Coverage = float64(coded) / float64(max(len(all), 1))
	c.Held.Precision = float64(right) / float64(max(coded, 1))
	return c
}

package main

import "hash/fnv"

// precisions are the precisions that coverage is computed for.
var precisions = []float64{0.99, 0.95}

// coverage is the share of lines that can be coded at a precision.
type coverage struct {
	Wanted float64 `json:"precision_wanted"`
	// HeldOut is the result on both halves of the lines, each with the threshold of the
	// other half; its threshold is the higher one of the two.
	HeldOut point `json:"held_out"`
	// Oracle is the result with a threshold chosen on all lines, an upper bound.
	Oracle point `json:"oracle"`
}

// coverages holds the coverages of both ways to count.
type coverages struct {
	Distinct []coverage `json:"distinct"`
	Rows     []coverage `json:"rows"`
}

func newCoverages(all []judged, sure certainty) coverages {
	var c coverages
	for _, p := range precisions {
		c.Distinct = append(c.Distinct, coverageAt(all, sure, distinct, p))
		c.Rows = append(c.Rows, coverageAt(all, sure, rows, p))
	}
	return c
}

// coverageAt finds the threshold on one half of the lines and applies it to the other,
// and then the same with the halves swapped.
func coverageAt(all []judged, sure certainty, weight weighing, precision float64) coverage {
	c := coverage{Wanted: precision, Oracle: reach(curve(all, sure, weight), precision)}
	var whole, coded, right float64
	parts := halves(all)
	for i, half := range parts {
		threshold := reach(curve(half, sure, weight), precision).Threshold
		c.HeldOut.Threshold = max(c.HeldOut.Threshold, threshold)
		for _, j := range parts[1-i] {
			whole += weight(j)
			if threshold == 0 || sure(j) < threshold {
				continue
			}
			coded += weight(j)
			if j.within(1) {
				right += weight(j)
			}
		}
	}
	c.HeldOut.Coverage, c.HeldOut.Precision = ratio(coded, whole), ratio(right, coded)
	return c
}

// halves divides the lines by their wording alone, so that the order of the file does not
// matter and the same wording is never in both halves.
func halves(all []judged) (parts [2][]judged) {
	for _, j := range all {
		h := fnv.New32a()
		_, _ = h.Write([]byte(j.Verbatim)) // a hash never fails
		i := h.Sum32() >> 16 & 1
		parts[i] = append(parts[i], j)
	}
	return parts
}

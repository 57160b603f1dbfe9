package main

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"aecode/terminology/cmd/internal/gold"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
)

// scored is a suggestion of this score, right or wrong.
func scored(verbatim string, score float64, right bool, rows float64) judged {
	pt := meddra.Code(90000101)
	if !right {
		pt++
	}
	line := gold.Line{Verbatim: verbatim, Codes: []meddra.Code{pt}, Rows: rows}
	return judge(line, suggested(coder.ReasonNoSafeMatch, candidate(90000101, score)))
}

func TestTheCurveTakesTheSurestFirstAndEqualOnesTogether(t *testing.T) {
	all := []judged{scored("d", 0.4, false, 4), scored("a", 0.9, true, 2), scored("c", 0.6, true, 1), scored("b", 0.6, false, 1), scored("e", 0, true, 8)}
	want := []point{{0.9, 0.2, 1}, {0.6, 0.6, 2.0 / 3}, {0.4, 0.8, 0.5}}
	if diff := cmp.Diff(want, curve(all, judged.confidence, distinct)); diff != "" {
		t.Errorf("distinct: %s", diff)
	}
	want = []point{{0.9, 2.0 / 16, 1}, {0.6, 4.0 / 16, 3.0 / 4}, {0.4, 8.0 / 16, 3.0 / 8}}
	if diff := cmp.Diff(want, curve(all, judged.confidence, rows)); diff != "" {
		t.Errorf("rows: %s", diff)
	}
}

func TestReachTakesTheMostCoverageThatIsPreciseEnough(t *testing.T) {
	points := []point{{0.9, 0.1, 0.9}, {0.8, 0.3, 0.97}, {0.7, 0.5, 0.95}, {0.6, 0.9, 0.8}}
	for precision, want := range map[float64]point{0.97: points[1], 0.95: points[2], 0.8: points[3], 0.99: {}} {
		if got := reach(points, precision); got != want {
			t.Errorf("%v: %+v, want %+v", precision, got, want)
		}
	}
}

func TestTheHeldOutCoverageIsThatOfTheOtherHalfsThreshold(t *testing.T) {
	var all []judged
	for i := range 40 {
		all = append(all, scored(fmt.Sprint("w", i), 0.5+float64(i)/100, i >= 10, 1))
	}
	parts := halves(all)
	if len(parts[0]) < 10 || len(parts[1]) < 10 {
		t.Fatalf("halves of %d and %d", len(parts[0]), len(parts[1]))
	}
	var coded, right, most float64
	for i := range parts {
		threshold := reach(curve(parts[i], judged.confidence, distinct), 0.99).Threshold
		most = max(most, threshold)
		for _, j := range parts[1-i] {
			if j.confidence() >= threshold {
				coded++
				if j.within(1) {
					right++
				}
			}
		}
	}
	got := coverageAt(all, judged.confidence, distinct, 0.99)
	want := coverage{Wanted: 0.99, HeldOut: point{most, coded / 40, right / coded}, Oracle: point{0.6, 0.75, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHalvesDependOnTheWordingAlone(t *testing.T) {
	var all []judged
	for i := range 200 {
		all = append(all, scored(fmt.Sprint("w", i%100), 0.5, true, 1))
	}
	side := map[string]int{}
	for round := range 2 {
		for i, half := range halves(all) {
			for _, j := range half {
				if s, seen := side[j.Verbatim]; seen && s != i {
					t.Errorf("round %d: %s is on both sides", round, j.Verbatim)
				}
				side[j.Verbatim] = i
			}
		}
		rand.New(rand.NewPCG(1, 1)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
}

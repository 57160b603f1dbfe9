package training

import (
	"math/rand/v2"
	"slices"

	"aecode/terminology/internal/ranking"
)

// Outcome is what a model that had not seen a wording made of it.
type Outcome struct {
	Wording int // place in the list
	Rank    int // of the first right group, from 1; 0: not there
	// Shape and FirstRight are what [Calibrate] learns from; no shape where nothing
	// was gathered.
	Shape      []float64
	FirstRight bool
}

// Validate ranks each wording by a model trained on the other folds of the list
// and on all that is made besides. Folds are drawn by the seed.
func Validate(all, made []Wording, folds int, o Options, seed uint64) []Outcome {
	order := rand.New(rand.NewPCG(7, seed)).Perm(len(all))
	var outcomes []Outcome
	for fold := range folds {
		var learn []Wording
		var held []int
		for k, i := range order {
			if k%folds == fold {
				held = append(held, i)
			} else {
				learn = append(learn, all[i])
			}
		}
		if len(held) == 0 {
			continue
		}
		trees, _ := Fit(slices.Concat(learn, made), o)
		model := &ranking.Model{Trees: trees}
		for _, i := range held {
			w := all[i]
			outcome := Outcome{Wording: i, Rank: model.RankOf(w.Samples, w.Right)}
			if shape, first := model.Shape(w.Samples); shape != nil {
				outcome.Shape, outcome.FirstRight = shape, w.Right[first]
			}
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes
}

// Cases are the outcomes that calibration learns from, in their order.
func Cases(outcomes []Outcome) []Case {
	var cases []Case
	for _, o := range outcomes {
		if o.Shape != nil {
			cases = append(cases, Case{o.Shape, o.FirstRight})
		}
	}
	return cases
}

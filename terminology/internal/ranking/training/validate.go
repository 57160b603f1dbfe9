package training

import (
	"math/rand/v2"
	"slices"

	"aecode/terminology/internal/ranking"
)

// Outcome is the result for a wording from a model that was not trained on it.
type Outcome struct {
	Wording int // position in the list
	Rank    int // of the first right group, from 1; 0: none was retrieved
	// Shape and FirstRight are the input of [Calibrate]; Shape is nil if nothing was
	// retrieved.
	Shape      []float64
	FirstRight bool
}

// Validate ranks each wording of all with a model that is trained on the other folds of
// all and on the synthetic wordings. The seed decides the folds.
func Validate(all, synthetic []Wording, folds int, o Options, seed uint64) []Outcome {
	order := rand.New(rand.NewPCG(7, seed)).Perm(len(all)) // reproducible draws, not a secret
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
		trees, _ := Fit(slices.Concat(learn, synthetic), o)
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

// Cases gives the input of [Calibrate], in the order of the outcomes.
func Cases(outcomes []Outcome) []Case {
	var cases []Case
	for _, o := range outcomes {
		if o.Shape != nil {
			cases = append(cases, Case{o.Shape, o.FirstRight})
		}
	}
	return cases
}

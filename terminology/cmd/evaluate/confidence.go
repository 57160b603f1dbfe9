package main

import "aecode/terminology/internal/coder"

// confidence is how certain the machine is of the first PT: 1 for a synonym, else the
// probability that ranking gives it, whichever step coded it. It is 0 if a person decides
// whatever the score: names of several PTs, for example, all have a score of 1.
func (j judged) confidence() float64 {
	switch {
	case !j.coded():
		return j.likeness()
	case j.result.Method == coder.MethodStudySynonym, j.result.Method == coder.MethodSponsorSynonym:
		return 1
	}
	return j.result.Likelihood
}

// likeness is the score of the first candidate if an opt-in could let the machine code
// it; else 0.
func (j judged) likeness() float64 {
	if j.coded() || j.result.Reason != coder.ReasonNoSafeMatch {
		return 0
	}
	return j.score()
}

// score is the score of the first candidate, or the likelihood of the choice.
func (j judged) score() float64 {
	if j.coded() {
		return j.result.Likelihood
	}
	return j.result.Score
}

// margin is the lead of the first PT over the second.
func (j judged) margin() float64 {
	rivals := j.result.Candidates
	if !j.coded() {
		rivals = rivals[min(1, len(rivals)):]
	}
	if len(rivals) == 0 {
		return j.score()
	}
	return j.score() - rivals[0].Score
}

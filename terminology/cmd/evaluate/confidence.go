package main

import "aecode/terminology/internal/coder"

// confidence orders lines by how sure the machine is of the first PT: past
// decisions before all, then by the probability that ranking gives it, whichever
// step coded it. It is 0 where a person decides whatever the score: the names of
// several PTs have all a score of 1.
func (j judged) confidence() float64 {
	switch {
	case !j.coded():
		return j.likeness()
	case j.result.Method == coder.MethodStudySynonym, j.result.Method == coder.MethodSponsorSynonym:
		return 1
	}
	return j.result.Likelihood
}

// likeness is the score of the first candidate where nothing but the threshold of
// an opt-in keeps it from being coded; else 0.
func (j judged) likeness() float64 {
	if j.coded() || j.result.Reason != coder.ReasonNoSafeMatch {
		return 0
	}
	return j.score()
}

// score is that of the first candidate, or how likely ranking finds the choice.
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

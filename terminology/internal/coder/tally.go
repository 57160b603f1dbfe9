package coder

import "aecode/terminology/internal/meddra"

// tally collects the LLTs that have the same name.
type tally struct {
	written string // of the LLTs of one PT, the one with this exact spelling is preferred
	found   bool
	current bool         // at least one is current
	best    meddra.LLT   // the preferred one: a current one before one that is not
	rivals  []meddra.LLT // those of other PTs, current if best is
}

func (t *tally) add(llt meddra.LLT) {
	switch {
	case !t.found, llt.Current && !t.current:
		t.found, t.current, t.best = true, llt.Current, llt
		t.rivals = t.rivals[:0]
	case llt.Current != t.current:
	case llt.PT != t.best.PT:
		t.rivals = append(t.rivals, llt)
	case t.prefers(llt, t.best):
		t.best = llt
	}
}

func (t *tally) prefers(a, b meddra.LLT) bool {
	if same := a.Name == t.written; same != (b.Name == t.written) {
		return same
	}
	return preferred(a, b) < 0
}

// outcome decides: a name of one PT is coded, a name of several PTs is ambiguous, and a
// name that only non-current LLTs have leads to the current LLTs of their PTs.
func (t *tally) outcome(q query) (outcome, bool) {
	switch {
	case !t.found:
		return outcome{}, false
	case !t.current:
		return t.nonCurrent(q), true
	case len(t.rivals) > 0:
		return t.ambiguous(q), true
	}
	return outcome{choice: t.best}, true
}

// contested is the outcome for a name with another spelling than the wording if a name
// of another PT says the same in other words. Which one was meant, a person decides.
func (t *tally) contested(q query) outcome {
	return outcome{
		reason: ReasonAmbiguous, detail: "a name of another PT says the same in other words",
		candidates: []Candidate{{
			Coding: q.index.coding(t.best), Score: 1, Reason: "same name but for its spelling",
		}},
	}
}

func (t *tally) ambiguous(q query) outcome {
	o := outcome{reason: ReasonAmbiguous, detail: "LLTs of this name belong to several PTs"}
	for _, llt := range t.perPT() {
		if len(o.candidates) == q.limit {
			break
		}
		o.candidates = append(o.candidates, Candidate{
			Coding: q.index.coding(llt), Score: 1, Reason: "same name, one of several PTs",
		})
	}
	return o
}

func (t *tally) nonCurrent(q query) outcome {
	o := outcome{reason: ReasonNonCurrent, detail: "the LLT of this name is not current"}
	for _, name := range t.perPT() {
		for _, llt := range q.index.currentOf(name.PT) {
			if len(o.candidates) == q.limit {
				return o
			}
			o.candidates = append(o.candidates, Candidate{
				Coding: q.index.coding(llt), Score: 1, Reason: related(name),
			})
		}
	}
	return o
}

// perPT returns the preferred LLT of each PT, by PT code.
func (t *tally) perPT() []meddra.LLT {
	best := map[meddra.Code]meddra.LLT{t.best.PT: t.best}
	for _, llt := range t.rivals {
		if old, ok := best[llt.PT]; !ok || preferred(llt, old) < 0 {
			best[llt.PT] = llt
		}
	}
	return sortedByPT(best)
}

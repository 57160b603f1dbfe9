package coder

import (
	"strings"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
)

// doNotAutocode ends the cascade for a wording on the do-not-autocode list.
type doNotAutocode struct{ list *lists.DoNotAutocode }

func (doNotAutocode) Method() Method { return MethodDoNotAutocode }

func (s doNotAutocode) Try(q Query) (Outcome, bool) {
	detail, ok := s.list.Reason(q.Language, q.Folded)
	return Outcome{Reason: ReasonDoNotAutocode, Detail: detail}, ok
}

// studySynonym codes what the study has settled.
type studySynonym struct{ list *lists.Synonyms }

func (studySynonym) Method() Method { return MethodStudySynonym }

func (s studySynonym) Try(q Query) (Outcome, bool) {
	code, ok := s.list.Study(q.Study, q.Language, q.Folded)
	return settled(q, code, ok)
}

// sponsorSynonym codes what the sponsor has settled.
type sponsorSynonym struct{ list *lists.Synonyms }

func (sponsorSynonym) Method() Method { return MethodSponsorSynonym }

func (s sponsorSynonym) Try(q Query) (Outcome, bool) {
	code, ok := s.list.Sponsor(q.Language, q.Folded)
	return settled(q, code, ok)
}

func settled(q Query, code meddra.Code, ok bool) (Outcome, bool) {
	if !ok {
		return Outcome{}, false
	}
	// New has checked that every synonym leads to a current LLT.
	llt, ok := q.Index.release.LLT(code)
	return Outcome{Choice: llt}, ok && llt.Current
}

// exactName codes a verbatim that is the name of a current LLT, in any letter
// case: many sites write everything in capitals, so that case alone tells no two
// PTs apart. Among the LLTs of one PT the one written just so is taken.
type exactName struct{}

func (exactName) Method() Method { return MethodExact }

func (exactName) Try(q Query) (Outcome, bool) {
	t := tally{written: strings.TrimSpace(q.Verbatim)}
	for name := range q.Index.plain.all(q.Plain) {
		t.add(q.Index.llts[name])
	}
	return t.outcome(q, MethodExact)
}

// foldedName codes a verbatim that is the name of a current LLT after safe
// folding, unless a name of another PT says the same in other words.
type foldedName struct{}

func (foldedName) Method() Method { return MethodFolded }

func (foldedName) Try(q Query) (Outcome, bool) {
	var t tally
	contested := false
	for name := range q.Index.folded.all(q.Folded) {
		t.add(q.Index.llts[name])
		contested = contested || q.Index.near.Contested(name)
	}
	o, ok := t.outcome(q, MethodFolded)
	if ok && o.Reason == "" && contested {
		return t.contested(q), true
	}
	return o, ok
}

// tally weighs the LLTs that share a name.
type tally struct {
	written string // of the LLTs of one PT, the one named just so is preferred
	found   bool
	current bool       // at least one is current
	best    meddra.LLT // the preferred one: any current before any that is not
	rivals  []meddra.LLT
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

// outcome decides: one PT is coded, several are ambiguous, and a name that only
// non-current LLTs have leads to the current ones of their PTs.
func (t *tally) outcome(q Query, method Method) (Outcome, bool) {
	switch {
	case !t.found:
		return Outcome{}, false
	case !t.current:
		return t.nonCurrent(q, method), true
	case len(t.rivals) > 0:
		return t.ambiguous(q, method), true
	}
	return Outcome{Choice: t.best}, true
}

// contested is the outcome where the name found is not written just so, and a
// name of another PT says the same in other words: which one was meant is not
// for a rule to say.
func (t *tally) contested(q Query) Outcome {
	return Outcome{
		Reason: ReasonAmbiguous, Detail: "a name of another PT says the same in other words",
		Candidates: []Candidate{{
			Coding: q.Index.coding(t.best), Score: 1, Method: MethodFolded, Reason: "same name but for its spelling",
		}},
	}
}

func (t *tally) ambiguous(q Query, method Method) Outcome {
	o := Outcome{Reason: ReasonAmbiguous, Detail: "LLTs of this name belong to several PTs"}
	for _, llt := range t.perPT() {
		if len(o.Candidates) == q.Limit {
			break
		}
		o.Candidates = append(o.Candidates, Candidate{
			Coding: q.Index.coding(llt), Score: 1, Method: method, Reason: "same name, one of several PTs",
		})
	}
	return o
}

func (t *tally) nonCurrent(q Query, method Method) Outcome {
	o := Outcome{Reason: ReasonNonCurrent, Detail: "the LLT of this name is not current"}
	for _, name := range t.perPT() {
		for _, llt := range q.Index.currentOf(name.PT) {
			if len(o.Candidates) == q.Limit {
				return o
			}
			o.Candidates = append(o.Candidates, Candidate{
				Coding: q.Index.coding(llt), Score: 1, Method: method, Reason: related(name),
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

// retrieval ends every cascade: with suggestions, or with nothing.
type retrieval struct{}

func (retrieval) Method() Method { return MethodRanked }

func (retrieval) Try(Query) (Outcome, bool) {
	return Outcome{Reason: ReasonNoSafeMatch}, true
}

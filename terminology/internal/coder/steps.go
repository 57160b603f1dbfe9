package coder

import (
	"strings"

	"aecode/terminology/internal/meddra"
)

// The deciding steps.

// doNotAutocode ends the cascade for a wording on the do-not-autocode list.
func doNotAutocode(q query) (outcome, bool) {
	detail, ok := q.avoid.Reason(q.language(), q.folded)
	return outcome{reason: ReasonDoNotAutocode, detail: detail}, ok
}

// studySynonym codes what the study has decided.
func studySynonym(q query) (outcome, bool) {
	llt, ok := q.synonyms.Study(q.study, q.language(), q.folded)
	return synonymOf(q, llt, ok)
}

// sponsorSynonym codes what the sponsor has decided.
func sponsorSynonym(q query) (outcome, bool) {
	llt, ok := q.synonyms.Sponsor(q.language(), q.folded)
	return synonymOf(q, llt, ok)
}

func synonymOf(q query, code meddra.Code, ok bool) (outcome, bool) {
	if !ok {
		return outcome{}, false
	}
	// WithLists has checked that every synonym leads to a current LLT.
	llt, ok := q.index.release.LLT(code)
	return outcome{choice: llt}, ok && llt.Current
}

// exactName codes a verbatim that is the name of a current LLT, in any letter
// case: many sites write everything in capitals, so that case alone distinguishes no
// two PTs. Among the LLTs of one PT the exact spelling is preferred.
func exactName(q query) (outcome, bool) {
	t := tally{written: strings.TrimSpace(q.verbatim)}
	for name := range q.index.plain.all(q.plain) {
		t.add(q.index.llts[name])
	}
	return t.outcome(q)
}

// foldedName codes a verbatim that is the name of a current LLT after safe
// folding, unless a name of another PT says the same in other words.
func foldedName(q query) (outcome, bool) {
	var t tally
	contested := false
	for name := range q.index.folded.all(q.folded) {
		t.add(q.index.llts[name])
		contested = contested || q.index.near.Contested(name)
	}
	o, ok := t.outcome(q)
	if ok && o.reason == "" && contested {
		return t.contested(q), true
	}
	return o, ok
}

package coder

import (
	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
)

// cascade holds the steps in the order in which they are tried; the place of a step
// in it is its number. The steps up to the first that may suggest only are tried one
// after the other, and the first that has an answer decides. The suggesting steps
// follow: the first that has an answer says what is behind a candidate. The rank of
// a candidate comes from package ranking, whose ranking was measured to be at least
// as good as any step put first.
var cascade = [...]step{
	{method: MethodDoNotAutocode, may: refer, try: doNotAutocode},
	{method: MethodStudySynonym, may: code, try: studySynonym},
	{method: MethodSponsorSynonym, may: code, try: sponsorSynonym},
	{method: MethodExact, may: code, try: exactName},
	{method: MethodFolded, may: code, try: foldedName},
	{method: MethodAbbreviation, may: suggest, try: formsOf(writtenOut), did: "abbreviation written out"},
	{method: MethodWordOrder, may: suggest, try: formsOf(unchanged), did: "same words in another order"},
	{method: MethodQualifier, may: suggest, try: formsOf(withoutQualifiers), did: "without the qualifier"},
	{method: MethodSpelling, may: suggest, try: formsOf(respelled), did: "spelling repaired"},
	{method: MethodSplit, may: suggest, try: split, did: "one of several complaints"},
	{method: MethodRanked, may: suggest, try: similar},
}

// rankedStep is the number of the last step, which always has an answer.
const rankedStep = uint8(len(cascade) - 1)

// permission is what a step may do with a wording.
type permission uint8

const (
	refer   permission = iota // leave it to a person, whatever steps follow
	code                      // code it, or leave it to a person where its name leads to no single PT
	suggest                   // say what is behind a suggestion
)

// step is one step of the cascade. It is immutable and safe for concurrent use.
type step struct {
	method Method // names the step in answers
	may    permission
	// try looks at the query and reports whether the step has an answer. A step that
	// may suggest only reads the query's folded form and index and nothing else, since
	// suggestions are cached by the folded form.
	try func(q query) (outcome, bool)
	// did says in the reason of a suggestion what the step did; empty for none.
	did string
}

// query is a verbatim on its way through the cascade.
type query struct {
	verbatim string // as it was sent
	plain    string // its plain form
	folded   string // its folded form
	study    string
	limit    int // candidates wanted
	index    *index
	synonyms *lists.Synonyms
	avoid    *lists.DoNotAutocode
}

// language is that of the index.
func (q query) language() meddra.Language { return q.index.release.Language() }

// outcome is the answer of a step to a [query].
type outcome struct {
	// choice is the LLT to code to; it is coded if reason is empty.
	choice meddra.LLT
	// reason says why a person must decide, and detail more about it in words.
	reason Reason
	detail string
	// candidates are the suggestions of a step that decides; their method is the
	// step's.
	candidates []Candidate
	// names are what a step that may suggest only has found: places in the index's
	// LLTs, one for each PT.
	names []int32
}

// decide gives the outcome of the first step that does more than suggest and has an
// answer. If none has, a person decides.
func decide(q query) (Method, outcome) {
	for _, s := range cascade {
		if s.may == suggest {
			continue
		}
		if o, ok := s.try(q); ok {
			return s.method, o
		}
	}
	return cascade[rankedStep].method, outcome{reason: ReasonNoSafeMatch}
}

// behind gives the number of the first suggesting step that has an answer, and the
// names that it found.
func (x *index) behind(folded string) (number uint8, names []int32) {
	q := query{folded: folded, index: x}
	for i, s := range cascade {
		if s.may != suggest {
			continue
		}
		if o, ok := s.try(q); ok {
			return uint8(i), o.names
		}
	}
	return rankedStep, nil
}

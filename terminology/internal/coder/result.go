package coder

import "aecode/terminology/internal/meddra"

// engineVersion is the version of the decision rules and of the folding. It changes
// whenever the same verbatim and the same lists could get another answer, in any of its
// fields.
const engineVersion = "2.0.0"

// Status says whether the machine decided.
type Status string

// The statuses of a [Result].
const (
	Coded     Status = "CODED"     // one term, by a safe step
	Suggested Status = "SUGGESTED" // candidates for a person
	NoMatch   Status = "NO_MATCH"  // no similar term was found
)

// Method is the name of a step of the cascade.
type Method string

// The methods, in the order of the cascade.
const (
	MethodDoNotAutocode  Method = "do_not_autocode"
	MethodStudySynonym   Method = "study_synonym"
	MethodSponsorSynonym Method = "sponsor_synonym"
	MethodExact          Method = "exact"
	MethodFolded         Method = "folded"
	MethodAbbreviation   Method = "abbreviation"
	MethodWordOrder      Method = "word_order"
	MethodQualifier      Method = "qualifier"
	MethodSpelling       Method = "spelling"
	MethodSplit          Method = "split"
	MethodRanked         Method = "ranked"
)

// Reason says why a person must decide.
type Reason string

// The reasons of a [Result] that is not coded. A verbatim that is not valid gets the
// reason of its [verbatim.Error] instead.
const (
	ReasonDoNotAutocode       Reason = "DO_NOT_AUTOCODE"      // the wording is on the do-not-autocode list
	ReasonAmbiguous           Reason = "AMBIGUOUS"            // the name leads to several PTs
	ReasonNonCurrent          Reason = "NON_CURRENT"          // only non-current LLTs have the name
	ReasonNoSafeMatch         Reason = "NO_SAFE_MATCH"        // only similar names were found
	ReasonNothingNear         Reason = "NOTHING_NEAR"         // no similar name was found
	ReasonUnsupportedLanguage Reason = "UNSUPPORTED_LANGUAGE" // no release in the verbatim's language
)

// The limits of [Request].Limit.
const (
	DefaultLimit = 5
	MaxLimit     = 20
)

// Request is one verbatim to code.
type Request struct {
	Verbatim string
	// Language is the stated language, which is not checked; empty: detected by script.
	Language meddra.Language
	// Study is the study whose synonyms come before the sponsor's; empty: none.
	Study string
	// Explain asks for the likelihood and the rivals of a coded term too.
	Explain bool
	// Limit is the maximum number of candidates. 0 or less means [DefaultLimit]; more
	// than [MaxLimit] means MaxLimit.
	Limit int
}

// Coding is a current LLT with its primary path.
type Coding struct {
	LLT  meddra.LLT
	Path meddra.Path
}

// Candidate is a term suggested to a person.
type Candidate struct {
	Coding
	Score  float64 // 0 to 1, comparable within one answer
	Method Method  // the step behind it
	Reason string  // why it was found; quotes dictionary names only
}

// Versions are the versions that decide an answer.
type Versions struct {
	Dictionary string
	Synonyms   string
	// Engine is the version of the decision rules, a plus and the version of the
	// do-not-autocode list and, if there is an opt-in list, a plus and its version.
	Engine string
}

// Result is the answer to a [Request].
type Result struct {
	Status Status
	// Method is the step that decided or, for suggestions without one, the step behind
	// the first candidate; empty if there is neither.
	Method Method
	// Reason is empty when Status is Coded.
	Reason Reason
	// Detail says more about the reason in words; it may be empty. It never quotes the
	// verbatim.
	Detail string
	// Score is 1 for a verbatim coded by a safe step, else the score of the first
	// candidate.
	Score float64
	// Likelihood is the probability that ranking gives the choice, 0 to 1. It is set if
	// Status is Coded and the request asks to explain.
	Likelihood float64
	// Choice is set if Status is Coded, and only then.
	Choice *Coding
	// Candidates are the suggestions if Status is Suggested, the best first. If it is
	// Coded and the request asks to explain, they are the rejected rivals of the choice.
	// Of similar names there is one candidate for each PT, its best LLT. If the name
	// leads to several PTs, there is one for each; if it is not current, the current
	// LLTs of its PT.
	Candidates []Candidate
	// Language is the stated or detected language; empty if it is not supported.
	Language meddra.Language
	Versions Versions
}

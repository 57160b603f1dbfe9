package coder

import "aecode/terminology/internal/meddra"

// engineVersion names this state of the decision rules and of the folding. It
// changes whenever the same verbatim and the same lists could get another answer.
const engineVersion = "2.0.0"

// Status says whether the machine decided.
type Status string

// The statuses of a [Result].
const (
	Coded     Status = "CODED"     // one term, by a safe step
	Suggested Status = "SUGGESTED" // candidates for a person
	NoMatch   Status = "NO_MATCH"  // nothing near enough to suggest
)

// Method names the step of the cascade that had the answer.
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

// The reasons of a [Result] that is not coded. A verbatim that cannot be coded
// at all gets the reason of its [verbatim.Error] instead.
const (
	ReasonDoNotAutocode       Reason = "DO_NOT_AUTOCODE"      // the wording is on the do-not-autocode list
	ReasonAmbiguous           Reason = "AMBIGUOUS"            // the name leads to several PTs
	ReasonNonCurrent          Reason = "NON_CURRENT"          // the name is that of non-current LLTs only
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
	// Language is the stated language; it is believed. Empty: detected by script.
	Language meddra.Language
	// Study is the study whose synonyms come first; empty: none.
	Study string
	// Explain asks for the rivals of a coded term too.
	Explain bool
	// Limit is the number of candidates wanted. 0 or less means [DefaultLimit];
	// more than [MaxLimit] means that.
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
	Method Method  // the step that found it
	Reason string  // why it ranks where it does; quotes dictionary names only
}

// Versions are what decided an answer.
type Versions struct {
	Dictionary string
	Synonyms   string
	// Engine is the version of the decision rules and, after a plus each, the versions of the
	// do-not-autocode list and, if there is one, of the opt-in list.
	Engine string
}

// Result is the answer to a [Request].
type Result struct {
	Status Status
	// Method is the step that decided; empty if none did.
	Method Method
	// Reason is empty when Status is Coded.
	Reason Reason
	// Detail says more about the reason in words, where there is more to say. It
	// never quotes the verbatim.
	Detail string
	// Score is 1 for a verbatim coded by a safe step, else that of the first
	// candidate.
	Score float64
	// Likelihood is the probability, as ranking sees it, that the choice is right;
	// set for a coded verbatim whose request wants it explained.
	Likelihood float64
	// Choice is set when Status is Coded, and only then.
	Choice *Coding
	// Candidates are set when Status is Suggested, and the rejected rivals of the
	// choice when it is Coded and the request wants it explained: the best first. From similar
	// names there is one candidate a PT, its best LLT; when a name leads to
	// several PTs, one for each; when it is non-current, the current LLTs of its
	// PT.
	Candidates []Candidate
	// Language is the language that the verbatim was taken for; empty if none.
	Language meddra.Language
	Versions Versions
}

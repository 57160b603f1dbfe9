package coder

import "aecode/terminology/internal/meddra"

// Query is a verbatim on its way through the cascade.
type Query struct {
	Verbatim string // as it was sent
	Plain    string // its plain form
	Folded   string // its folded form
	Language meddra.Language
	Study    string
	Limit    int // candidates wanted
	Index    *Index
}

// Outcome is what a step has to say about a [Query].
type Outcome struct {
	// Choice is the LLT to code to; coded if Reason is empty.
	Choice meddra.LLT
	// Reason says why a person must decide.
	Reason Reason
	// Detail says more about it in words.
	Detail string
	// Candidates are the suggestions of the step.
	Candidates []Candidate
}

// Step is one step of the cascade. It is immutable and safe for concurrent use.
type Step interface {
	// Method names the step in answers.
	Method() Method
	// Try looks at the query. The cascade ends with the first step that reports
	// true.
	Try(q Query) (Outcome, bool)
}

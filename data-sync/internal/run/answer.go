package run

import "aecode/data-sync/internal/report"

// Answer is terminology's word on one verbatim.
type Answer struct {
	// Coding is set when the machine decided.
	Coding     *report.Coding
	Reason     report.Reason
	Candidates []report.Candidate
	Versions   report.Versions
	// Err is set when this item failed; the other fields are empty then. A
	// *Failure tells its class and whose fault it is.
	Err error
}

// Term is one verbatim to code.
type Term struct {
	Verbatim string
	Language string
	Study    string
}

// Package report holds the words that every part of data-sync shares: what
// identifies a report, which states it can be in, what a coding is.
//
// It knows no database, no transport and no file format.
package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxIdentityBytes is the maximum length of each part of an Identity, in bytes of
// UTF-8.
const MaxIdentityBytes = 200

// Identity tells one report from every other, whatever file or call brings it.
type Identity struct {
	// Source is the source system, such as "edc" or "file".
	Source string
	// Study is STUDYID.
	Study string
	// RecordID is the source system's own id of the record.
	RecordID string
}

// String gives the identity as it may stand in logs and errors.
func (i Identity) String() string {
	return fmt.Sprintf("%s/%s/%s", i.Source, i.Study, i.RecordID)
}

// Status is the one state a report is in.
type Status string

// The states. The machine moves a report from Pending to Coded or Review;
// people move it on from there.
const (
	Pending   Status = "PENDING"
	Coded     Status = "CODED"
	Review    Status = "REVIEW"
	Proposed  Status = "PROPOSED"
	Query     Status = "QUERY"
	Uncodable Status = "UNCODABLE"
	Withdrawn Status = "WITHDRAWN"
)

// Reason says why a report is in Review.
type Reason string

// Reasons that intake gives: the verbatim was never sent to the coder.
const (
	Empty             Reason = "EMPTY"
	TooLong           Reason = "TOO_LONG"
	InvalidUTF8       Reason = "INVALID_UTF8"
	ControlCharacter  Reason = "CONTROL_CHARACTER"
	NewlineInVerbatim Reason = "NEWLINE"
	DuplicateIdentity Reason = "DUPLICATE_IDENTITY"
	// NotKnown: the verbatim is "unknown" or the like; the site must be asked.
	NotKnown Reason = "NOT_KNOWN"
	// Truncated: the verbatim was cut at the 200 bytes of a SAS transport file.
	Truncated Reason = "TRUNCATED"
)

// Reasons that coding gives. Terminology may name further ones.
const (
	Suggested Reason = "SUGGESTED"
	NoMatch   Reason = "NO_MATCH"
	// Refused: terminology does not take this verbatim.
	Refused Reason = "REFUSED"
	// Poison: coding this one report failed on three nights.
	Poison Reason = "POISON"
)

// Held reports whether intake gave the reason: such a report waits for a
// person and is never a member of a pass.
func (r Reason) Held() bool {
	switch r {
	case Empty, TooLong, InvalidUTF8, ControlCharacter, NewlineInVerbatim, DuplicateIdentity, NotKnown, Truncated:
		return true
	}
	return false
}

// Term names one term of the dictionary by code and name.
type Term struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// Versions are what decided a coding. As a pin, empty fields mean "your
// newest".
type Versions struct {
	Dictionary string
	// Language of the release that matched; empty in a pin.
	Language       string
	SynonymVersion string
	EngineVersion  string
}

// Machine is the DecidedBy of a coding that no person made.
const Machine = "machine"

// Coding is one decision: a term with its primary path, and how it came about.
type Coding struct {
	// ID is the store's; 0 before it is stored.
	ID                      int64
	LLT, PT, HLT, HLGT, SOC Term
	Method                  string
	Score                   float64
	Versions                Versions
	DecidedBy               string
	DecidedAt               time.Time
}

// Candidate is a suggestion for the person who decides.
type Candidate struct {
	LLT    Term    `json:"llt"`
	PT     Term    `json:"pt"`
	SOC    Term    `json:"soc"`
	Score  float64 `json:"score"`
	Method string  `json:"method"`
	Reason string  `json:"reason"`
}

// Field is one column of the source row, kept and exported as it came.
type Field struct {
	Name  string `json:"n"`
	Value string `json:"v"`
}

// Report is a report as the store holds it.
type Report struct {
	ID       int64
	Identity Identity
	// Variant is 0, or counts the further rows of one file that are kept under the
	// same identity.
	Variant         int
	Status          Status
	Reason          Reason
	VerbatimVersion int
	// Verbatim is the text as it came; where it is not valid UTF-8 it is empty
	// and VerbatimRaw holds the bytes.
	Verbatim    string
	VerbatimRaw []byte
	Language    string
	Serious     Seriousness
	// Revision counts the contents that the report has had, from 1: any change of
	// its verbatim, language, seriousness or other columns is a further one.
	Revision int
	// Repeated: an import had further rows of this identity with the same verbatim
	// (IDENTITY_REPEATED).
	Repeated bool
	// Fields are the columns of the source row, the volatile ones last.
	Fields []Field
	// LastError is the class of the last transient failure, never a text that
	// could hold a verbatim.
	LastError  string
	ReceivedAt time.Time
	// Coding is the live one, nil where there is none.
	Coding     *Coding
	Candidates []Candidate
}

// IsText reports whether s is text that every database takes: valid UTF-8 without
// NUL.
func IsText(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

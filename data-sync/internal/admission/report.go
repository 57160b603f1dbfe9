package admission

import (
	"bytes"

	"aecode/data-sync/internal/report"
)

// Content is what a coding rests on. Where it changes, a new version begins.
type Content struct {
	Verbatim string
	// Raw holds the bytes that are not valid text; Verbatim is empty then.
	Raw      []byte
	Language string
}

// Equal reports whether two contents are the same.
func (c Content) Equal(o Content) bool {
	return c.Verbatim == o.Verbatim && c.Language == o.Language && bytes.Equal(c.Raw, o.Raw)
}

// ContentOf returns the content of a row, and why it is held, if it is: bytes that
// a text column refuses go to Raw, whatever the row has them in.
func ContentOf(row report.Row) (Content, report.Reason) {
	c := Content{Verbatim: row.Verbatim, Raw: row.VerbatimRaw, Language: row.Language}
	hold := row.Hold
	if !report.IsText(c.Verbatim) {
		c.Raw, c.Verbatim = []byte(c.Verbatim), ""
	}
	if len(c.Raw) == 0 {
		c.Raw = nil
	} else if hold == "" {
		hold = report.InvalidUTF8
	}
	return c, hold
}

// standing is where a report stands whose content has just come in.
func standing(hold report.Reason) (report.Status, report.Reason) {
	if hold != "" {
		return report.Review, hold
	}
	return report.Pending, ""
}

// State is what the database holds of a report and a row may change.
type State struct {
	Status report.Status
	Reason report.Reason
	// Version counts the contents, Revision the changes of anything here but the
	// status; both from 1.
	Version, Revision int
	Content           Content
	Serious           report.Seriousness
	// Fields and Volatile are the columns in the store's encoding.
	Fields, Volatile string
	// Repeated: marked IDENTITY_REPEATED.
	Repeated bool
	// Line of the file that gave the present state.
	Line int64
}

// change is how much of a report a batch has changed.
type change uint8

const (
	none change = iota
	// standingOnly: its status or mark.
	standingOnly
	// newRevision: its seriousness or columns, not its content.
	newRevision
	// newVersion: its content.
	newVersion
)

// Report is a report as it stands in the course of a batch.
type Report struct {
	// ID is the database's; 0 for a new report until the store sets it.
	ID       int64
	Identity report.Identity
	// Variant is 0, or counts the further reports of the same identity.
	Variant int
	State
	// Outcome and FirstLine are of the row that first named the report in this
	// import; Outcome is empty when none has.
	Outcome   report.Outcome
	FirstLine int64

	before      *State // in the database; nil for a new report
	listed      bool   // among the touched
	taken       bool   // by a row of this batch
	fresh       bool   // its content is from this import
	change      change
	void        bool
	renamed     bool
	newVolatile bool
	told        bool // a problem says that it is a duplicate
}

// SetFresh notes that the content which the database holds of the report came with
// an earlier batch of this import.
func (r *Report) SetFresh() { r.fresh = true }

func (r *Report) duplicate() bool {
	return r.Status == report.Review && r.Reason == report.DuplicateIdentity
}

// Before returns the state in the database, nil for a new report.
func (r *Report) Before() *State { return r.before }

// Changed reports whether a report that the database holds is to be updated.
func (r *Report) Changed() bool { return r.before != nil && r.change != none }

// NewVersion reports whether the report has a content that the database lacks.
func (r *Report) NewVersion() bool { return r.before == nil || r.change == newVersion }

// NewRevision reports whether the report has a content, a seriousness or columns
// that the database lacks.
func (r *Report) NewRevision() bool { return r.before == nil || r.change >= newRevision }

// NewVolatile reports whether the volatile columns are to be written.
func (r *Report) NewVolatile() bool { return r.newVolatile }

// Void reports whether the codings and suggestions that the database has of the
// report no longer hold.
func (r *Report) Void() bool { return r.before != nil && r.void }

// Renamed reports whether the import's note of the report is to be written: it is
// named for the first time, or its outcome has changed.
func (r *Report) Renamed() bool { return r.renamed }

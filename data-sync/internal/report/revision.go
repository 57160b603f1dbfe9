package report

import "time"

// Revision is one content that a report has had. It never changes.
type Revision struct {
	// Number counts from 1.
	Number int
	// VerbatimVersion is the verbatim that it had.
	VerbatimVersion int
	Verbatim        string
	// VerbatimRaw holds the bytes where they are no valid text.
	VerbatimRaw []byte
	Language    string
	Serious     Seriousness
	Fields      []Field
	// ImportID and Line are where it came from; empty and 0 for a call.
	ImportID   string
	Line       int64
	ReceivedAt time.Time
}

// History is a report with the contents that it has had.
type History struct {
	Report Report
	// Revisions are the newest ones, newest first; Older is the number of those that
	// are left out.
	Revisions []Revision
	Older     int
	// Variants is the number of reports with this identity.
	Variants int
}

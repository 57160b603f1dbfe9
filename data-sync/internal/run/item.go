package run

import "aecode/data-sync/internal/report"

// Item is one member of a chunk that still needs an outcome.
type Item struct {
	ReportID        int64
	Identity        report.Identity
	VerbatimVersion int
	Verbatim        string
	Language        string
	// Serious: the event is serious, or it is not known whether it is.
	Serious bool
}

// Kind is what became of an item.
type Kind string

// The kinds of result.
const (
	Coded  Kind = "coded"
	Review Kind = "review"
	// Left: a transient failure; the report stays PENDING for the next pass.
	Left Kind = "left"
	// Gone: the report is no longer this pass's to decide (a person decided,
	// its verbatim changed, it was coded meanwhile). The store finds these by
	// its own conditions; the engine never sends one.
	Gone Kind = "gone"
)

// Result is the outcome of one item.
type Result struct {
	ReportID        int64
	VerbatimVersion int
	Kind            Kind
	// Coding is set for Coded.
	Coding *report.Coding
	// Reason is set for Review.
	Reason     report.Reason
	Candidates []report.Candidate
	// Versions that decided, for Coded and Review.
	Versions report.Versions
	// ErrorClass is set for Left, such as "UNAVAILABLE" or "DEADLINE".
	ErrorClass string
	// ItemFault: the failure is this item's own (others of its batch were
	// answered), so that it counts towards Poison.
	ItemFault bool
}

// Package admission decides what becomes of the rows that come in: a new report, an
// unchanged or changed one, or one that is held for a person. It holds the rules
// of identity and content, and knows no database: the store loads the reports that
// the rows name, asks for a decision on the rows of a batch, and writes what was
// decided.
//
// # Rules
//
// A report is known by its identity. Each row of an import belongs to one report,
// and no two rows of an import to the same one, except a row that equals an earlier
// one: that is a repeat, counted as unchanged and listed as ROW_REPEATED.
//
// The rows of one identity are matched with its reports in three steps. Rows that
// equal a report come first. Then rows with the verbatim and language of a report:
// they change its other columns, a new revision, and leave its status and coding.
// Then the rest in file order: another verbatim under a known identity is a new
// version, PENDING again, and voids the coding. A row that finds no report of its
// identity that the import has not named yet is a further report, a variant. So is
// a row with another verbatim where two reports of its identity wait for a person
// as duplicates, since it cannot be said which one it changes.
//
// Rows of an import that share an identity and the verbatim are kept, coded and
// exported, each marked IDENTITY_REPEATED. Where their verbatims differ, all are
// held as DUPLICATE_IDENTITY, unless the import brings nothing new about them: what
// a person has settled stays settled.
//
// A seriousness that is unknown never replaces a known one. A report whose source
// now says that it is not serious is listed as SERIOUSNESS_FELL.
package admission

import (
	"aecode/data-sync/internal/report"
)

// Reasons of the problems that only this package can see.
const (
	ReasonRowRepeated      = "ROW_REPEATED"
	ReasonIdentityRepeated = "IDENTITY_REPEATED"
	ReasonSeriousnessFell  = "SERIOUSNESS_FELL"
)

// Batch decides about the rows of one transaction. It is not safe for concurrent
// use.
type Batch struct {
	// Account counts the rows of the import so far, the rows decided included.
	Account report.Account
	// Problems are what only this package can see of the rows, such as duplicates.
	Problems []report.RowProblem

	inImport   bool
	sameFields func(stored, fresh string) bool
	byIdentity map[report.Identity][]*Report
	touched    []*Report
}

// New returns a batch of an import whose earlier batches have the account given,
// or, where inImport is false, of a single call. Columns are compared in the
// encoding that the store keeps them in; sameFields reports whether two different
// encodings mean the same.
func New(inImport bool, account report.Account, sameFields func(stored, fresh string) bool) *Batch {
	return &Batch{Account: account, inImport: inImport, sameFields: sameFields, byIdentity: make(map[report.Identity][]*Report)}
}

// Know adds a report that the database holds. Every report of the identities that
// the rows name must be known, in the order of their variants, before Decide.
func (b *Batch) Know(stored *Report) {
	before := stored.State
	stored.before = &before
	b.byIdentity[stored.Identity] = append(b.byIdentity[stored.Identity], stored)
}

// Touched lists the reports that are to be written, each once, in the order in
// which a row first touched them.
func (b *Batch) Touched() []*Report { return b.touched }

// Incoming is a row with its columns as the store encodes them. Volatile is empty
// where the file has no volatile columns.
type Incoming struct {
	Row              report.Row
	Fields, Volatile string
}

// Decision is what became of a row: the report it belongs to, and the outcome.
type Decision struct {
	Report  *Report
	Outcome report.Outcome
}

// Decide decides about the rows of the batch, in file order, and counts them. It
// returns a decision for each row. It is called once.
func (b *Batch) Decide(rows []Incoming) []Decision {
	decisions := make([]Decision, len(rows))
	var order []report.Identity
	of := make(map[report.Identity][]int, len(rows))
	for i := range rows {
		id := rows[i].Row.Identity
		if of[id] == nil {
			order = append(order, id)
		}
		of[id] = append(of[id], i)
	}
	for _, id := range order {
		g := newGroup(b, b.byIdentity[id])
		g.decide(rows, of[id], decisions)
		b.byIdentity[id] = g.reports
	}
	b.Account.Rows += int64(len(rows))
	return decisions
}

func (b *Batch) touch(r *Report) {
	if !r.listed {
		r.listed = true
		b.touched = append(b.touched, r)
	}
}

func (b *Batch) count(outcome report.Outcome, n int64) {
	switch outcome {
	case report.New:
		b.Account.New += n
	case report.Unchanged:
		b.Account.Unchanged += n
	case report.Changed:
		b.Account.Changed += n
	case report.Held:
		b.Account.Held += n
	}
}

func (b *Batch) problem(r *Report, line int64, field, reason, message string) {
	b.Problems = append(b.Problems, report.RowProblem{Line: line, Field: field, Reason: reason, Message: message, Identity: r.Identity})
}

// Package admission decides what becomes of a row that comes in: a new report, an
// unchanged or changed one, or one that is held for a person. It holds the rules
// of identity and content, and knows no database: the store loads the reports that
// the rows name, asks for a decision on each row, and writes what was decided.
//
// # Rules
//
// A report is known by its identity. The same verbatim in the same language is the
// same report: its status and coding stay, whatever its other columns say. Another
// verbatim under a known identity is a change, a new version that is PENDING again
// and voids the coding, except where it cannot be said which report it changes:
// where this import has named the identity already, or where two reports of that
// identity wait for a person as duplicates. Then it is kept as a further report of
// the same identity, and it and all that the import has named are held as
// DUPLICATE_IDENTITY. No row replaces another row of the same import.
package admission

import (
	"slices"

	"aecode/data-sync/internal/report"
)

// Batch decides about the rows of one transaction, in order. It is not safe for
// concurrent use.
type Batch struct {
	// Account counts the rows of the import so far, the rows taken included.
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
// the rows name must be known, in the order of their variants, before the first
// row is taken.
func (b *Batch) Know(stored *Report) {
	before := stored.State
	stored.before = &before
	b.byIdentity[stored.Identity] = append(b.byIdentity[stored.Identity], stored)
}

// Touched lists the reports that are to be written, each once, in the order in
// which a row first touched them.
func (b *Batch) Touched() []*Report { return b.touched }

// Take decides about one row, whose columns the store encodes as fields, and
// counts it. It returns the report that the row belongs to, and the outcome.
func (b *Batch) Take(row report.Row, fields string) (*Report, report.Outcome) {
	r, outcome := b.take(row, fields)
	b.Account.Rows++
	b.count(outcome, 1)
	return r, outcome
}

func (b *Batch) take(row report.Row, fields string) (*Report, report.Outcome) {
	content, hold := ContentOf(row)
	known := b.byIdentity[row.Identity]
	for _, r := range known {
		if r.Content.Equal(content) {
			return r, b.same(r, row, fields)
		}
	}
	state := State{Version: 1, Content: content, Serious: row.Serious, Fields: fields, Line: row.Line}
	switch {
	case len(known) == 0:
		r := b.add(row.Identity, 0, state, hold)
		return r, b.settle(r, row)
	case b.ambiguous(known):
		r := b.add(row.Identity, known[len(known)-1].Variant+1, state, report.DuplicateIdentity)
		for _, earlier := range known {
			if earlier.Outcome != "" {
				b.hold(earlier)
			}
		}
		return r, b.settle(r, row)
	}
	r := changedOf(known)
	b.touch(r)
	state.Version = r.Version + 1
	r.State = state
	r.Status, r.Reason = standing(hold)
	r.change, r.void = newVersion, true
	return r, b.settle(r, row)
}

// same is for a row whose verbatim and language the report has already: status
// and coding stay as they are.
func (b *Batch) same(r *Report, row report.Row, fields string) report.Outcome {
	outcome := report.Unchanged
	if r.Serious != row.Serious || r.Fields != fields && !b.sameFields(r.Fields, fields) {
		b.touch(r)
		r.change = max(r.change, otherColumns)
		r.Serious, r.Fields, r.Line = row.Serious, fields, row.Line
		outcome = report.Changed
	}
	b.name(r, row, outcome)
	return outcome
}

// ambiguous reports whether it cannot be said which of the known reports a
// further verbatim changes: this import has named one of them already, or two of
// them still wait for a person to say which is right.
func (b *Batch) ambiguous(known []*Report) bool {
	waiting := 0
	for _, r := range known {
		if b.inImport && r.Outcome != "" {
			return true
		}
		if r.duplicate() {
			waiting++
		}
	}
	return waiting > 1
}

// changedOf returns the report that a changed verbatim changes: the first that is
// neither withdrawn nor waiting as a duplicate, else the first not withdrawn, else
// the first.
func changedOf(known []*Report) *Report {
	for _, fits := range []func(*Report) bool{
		func(r *Report) bool { return r.Status != report.Withdrawn && r.Reason != report.DuplicateIdentity },
		func(r *Report) bool { return r.Status != report.Withdrawn },
	} {
		if i := slices.IndexFunc(known, fits); i >= 0 {
			return known[i]
		}
	}
	return known[0]
}

func (b *Batch) add(identity report.Identity, variant int, state State, hold report.Reason) *Report {
	r := &Report{Identity: identity, Variant: variant, State: state}
	r.Status, r.Reason = standing(hold)
	b.byIdentity[identity] = append(b.byIdentity[identity], r)
	b.touch(r)
	return r
}

// hold makes an earlier row of this import a duplicate: its outcome moves to held
// in the account, and its coding is not trusted any more.
func (b *Batch) hold(r *Report) {
	if !r.duplicate() {
		b.touch(r)
		r.change, r.void = max(r.change, otherColumns), true
		r.Status, r.Reason = report.Review, report.DuplicateIdentity
	}
	if r.Outcome != report.Held {
		b.touch(r)
		b.count(r.Outcome, -1)
		b.count(report.Held, 1)
		r.Outcome, r.renamed = report.Held, true
		b.problem(r, r.FirstLine)
	}
}

// settle returns the outcome of a row that made a report or a version.
func (b *Batch) settle(r *Report, row report.Row) report.Outcome {
	outcome := report.New
	switch {
	case r.Status == report.Review:
		outcome = report.Held
		if r.Reason != row.Hold {
			b.problem(r, row.Line)
		}
	case r.before != nil:
		outcome = report.Changed
	}
	b.name(r, row, outcome)
	return outcome
}

// name notes that this import has named the report, with its first outcome.
func (b *Batch) name(r *Report, row report.Row, outcome report.Outcome) {
	if !b.inImport || r.Outcome != "" {
		return
	}
	b.touch(r)
	r.Outcome, r.FirstLine, r.renamed = outcome, row.Line, true
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

// problem notes a report that is held for what the parser could not see.
func (b *Batch) problem(r *Report, line int64) {
	p := report.RowProblem{Line: line, Field: "record_id", Reason: string(r.Reason), Identity: r.Identity,
		Message: "the import gives more than one verbatim under this identity; all are kept and wait for a person"}
	if r.Reason != report.DuplicateIdentity {
		p.Field, p.Message = "verbatim", "the verbatim is not valid text; its bytes are kept"
	}
	b.Problems = append(b.Problems, p)
}

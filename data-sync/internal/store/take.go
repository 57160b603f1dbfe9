package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"aecode/data-sync/internal/report"
)

// intake decides, row by row in memory, what becomes of a batch, and writes it
// all in a few statements at the end.
type intake struct {
	t *txn
	// importNumber is 0 for a call outside any import.
	importNumber int64
	importID     string
	account      report.Account
	problems     []report.RowProblem

	byIdentity map[report.Identity][]*variant
	// touched holds what flush has to write, each once, in order of first touch.
	touched []*variant
}

// content is what makes a coding hold: it changes, and a new version begins.
type content struct {
	verbatim string
	raw      []byte
	language string
}

func (c content) equal(o content) bool {
	return c.verbatim == o.verbatim && c.language == o.language && bytes.Equal(c.raw, o.raw)
}

// variant is one report as it stands in the course of the batch.
type variant struct {
	id       int64
	identity report.Identity
	number   int
	status   report.Status
	reason   report.Reason
	version  int
	content  content
	serious  bool
	fields   string
	line     int64
	// outcome and firstLine are of the row that first named it in this import;
	// outcome is empty when none has.
	outcome   report.Outcome
	firstLine int64

	// before is the state in the database; nil for a new report.
	before *variant
	// What flush has to do.
	listed     bool
	dirty      bool
	newVersion bool
	void       bool // its codings and suggestions no longer hold
	seenNew    bool // its import row is to be written
}

var identityColumns = columns("source text, study text, record_id text")

// load reads every variant of the identities that the rows name.
func (in *intake) load(ctx context.Context, rows []report.Row) error {
	in.byIdentity = make(map[report.Identity][]*variant, len(rows))
	var k keys
	for _, r := range rows {
		if _, ok := in.byIdentity[r.Identity]; !ok {
			in.byIdentity[r.Identity] = nil
			k.add(r.Identity.Source, r.Identity.Study, r.Identity.RecordID)
		}
	}
	if k.none() {
		return nil
	}
	// CROSS JOIN keeps SQLite from starting at reports.
	err := in.t.each(ctx, `SELECT r.id, r.source, r.study, r.record_id, r.variant, r.status, r.review_reason, r.verbatim_version,
			r.serious, r.fields, r.import_line, v.verbatim, v.verbatim_raw, v.language, coalesce(i.outcome, ''), coalesce(i.line, 0)
		FROM `+in.t.s.d.keyRows(identityColumns, 2)+`
		CROSS JOIN reports r
		JOIN report_versions v ON v.report_id = r.id AND v.verbatim_version = r.verbatim_version
		LEFT JOIN import_rows i ON i.import_number = $1 AND i.report_id = r.id
		WHERE r.source = j.source AND r.study = j.study AND r.record_id = j.record_id`+in.t.s.d.lockReports,
		append([]any{in.importNumber}, k.args(in.t.s.d)...), func(rows *sql.Rows) error {
			v := &variant{}
			id := &v.identity
			if err := rows.Scan(&v.id, &id.Source, &id.Study, &id.RecordID, &v.number, &v.status, &v.reason, &v.version,
				&v.serious, &v.fields, &v.line, &v.content.verbatim, &v.content.raw, &v.content.language, &v.outcome, &v.firstLine); err != nil {
				return err
			}
			before := *v
			v.before = &before
			in.byIdentity[v.identity] = append(in.byIdentity[v.identity], v)
			return nil
		})
	if err != nil {
		return fmt.Errorf("look up the reports: %w", err)
	}
	for _, variants := range in.byIdentity {
		slices.SortFunc(variants, func(a, b *variant) int { return a.number - b.number })
	}
	return nil
}

// take decides about one row.
func (in *intake) take(row report.Row) (*variant, report.Outcome) {
	content, hold := contentOf(row)
	variants := in.byIdentity[row.Identity]
	fields := encodeFields(row.Fields)

	for _, v := range variants {
		if v.content.equal(content) {
			return v, in.takeKnown(v, row, fields)
		}
	}
	if len(variants) == 0 {
		v := in.add(row, 0, content, fields, hold)
		return v, in.settle(v, row)
	}
	if in.ambiguous(variants) {
		v := in.add(row, variants[len(variants)-1].number+1, content, fields, report.DuplicateIdentity)
		for _, earlier := range variants {
			if earlier.outcome != "" {
				in.hold(earlier)
			}
		}
		return v, in.settle(v, row)
	}

	v := changedVariant(variants)
	in.touch(v)
	v.dirty, v.newVersion, v.void = true, true, true
	v.version++
	v.content = content
	v.serious, v.fields, v.line = row.Serious, fields, row.Line
	v.status, v.reason = standing(hold)
	return v, in.settle(v, row)
}

// contentOf gives what the columns can hold: bytes that are no text go to the
// bytes column, whatever the caller put them in.
func contentOf(row report.Row) (content, report.Reason) {
	c := content{verbatim: row.Verbatim, raw: row.VerbatimRaw, language: row.Language}
	hold := row.Hold
	if !isText(c.verbatim) {
		c.raw, c.verbatim = []byte(c.verbatim), ""
	}
	if len(c.raw) == 0 {
		c.raw = nil
	} else if hold == "" {
		hold = report.InvalidUTF8
	}
	return c, hold
}

func standing(hold report.Reason) (report.Status, report.Reason) {
	if hold != "" {
		return report.Review, hold
	}
	return report.Pending, ""
}

// ambiguous reports whether a further verbatim cannot be said to change any one
// of the variants: this import has named one of them already, or two of them
// still wait for a person to say which is right.
func (in *intake) ambiguous(variants []*variant) bool {
	waiting := 0
	for _, v := range variants {
		if in.importNumber != 0 && v.outcome != "" {
			return true
		}
		if v.status == report.Review && v.reason == report.DuplicateIdentity {
			waiting++
		}
	}
	return waiting > 1
}

// changedVariant is the one that a changed verbatim changes: the first that is
// neither withdrawn nor waiting as a duplicate, else the first not withdrawn,
// else the first.
func changedVariant(variants []*variant) *variant {
	for _, fits := range []func(*variant) bool{
		func(v *variant) bool {
			return v.status != report.Withdrawn && v.reason != report.DuplicateIdentity
		},
		func(v *variant) bool { return v.status != report.Withdrawn },
	} {
		if i := slices.IndexFunc(variants, fits); i >= 0 {
			return variants[i]
		}
	}
	return variants[0]
}

// takeKnown is for a row whose verbatim and language the report has already:
// status and coding stay as they are.
func (in *intake) takeKnown(v *variant, row report.Row, fields string) report.Outcome {
	outcome := report.Unchanged
	if v.serious != row.Serious || !sameFields(v.fields, fields) {
		in.touch(v)
		v.dirty = true
		v.serious, v.fields, v.line = row.Serious, fields, row.Line
		outcome = report.Changed
	}
	in.see(v, row, outcome)
	return outcome
}

func (in *intake) add(row report.Row, number int, c content, fields string, hold report.Reason) *variant {
	v := &variant{identity: row.Identity, number: number, version: 1, content: c,
		serious: row.Serious, fields: fields, line: row.Line}
	v.status, v.reason = standing(hold)
	in.byIdentity[row.Identity] = append(in.byIdentity[row.Identity], v)
	in.touch(v)
	return v
}

// hold makes an earlier row of this import a duplicate: its outcome moves to
// held, and its coding is not trusted any more.
func (in *intake) hold(v *variant) {
	if v.status != report.Review || v.reason != report.DuplicateIdentity {
		in.touch(v)
		v.dirty, v.void = true, true
		v.status, v.reason = report.Review, report.DuplicateIdentity
	}
	if v.outcome != report.Held {
		in.touch(v)
		in.count(v.outcome, -1)
		in.count(report.Held, 1)
		v.outcome, v.seenNew = report.Held, true
		in.problem(v, v.firstLine)
	}
}

// settle gives the outcome of a row that made a report or a version.
func (in *intake) settle(v *variant, row report.Row) report.Outcome {
	outcome := report.New
	switch {
	case v.status == report.Review:
		outcome = report.Held
		if v.reason != row.Hold {
			in.problem(v, row.Line)
		}
	case v.before != nil:
		outcome = report.Changed
	}
	in.see(v, row, outcome)
	return outcome
}

// see notes that this import named the report, with its first outcome.
func (in *intake) see(v *variant, row report.Row, outcome report.Outcome) {
	if in.importNumber == 0 || v.outcome != "" {
		return
	}
	in.touch(v)
	v.outcome, v.firstLine, v.seenNew = outcome, row.Line, true
}

func (in *intake) touch(v *variant) {
	if !v.listed {
		v.listed = true
		in.touched = append(in.touched, v)
	}
}

func (in *intake) count(outcome report.Outcome, n int64) {
	switch outcome {
	case report.New:
		in.account.New += n
	case report.Unchanged:
		in.account.Unchanged += n
	case report.Changed:
		in.account.Changed += n
	case report.Held:
		in.account.Held += n
	}
}

// problem tells of a report that is held for what the parser could not see.
func (in *intake) problem(v *variant, line int64) {
	p := report.RowProblem{Line: line, Field: "record_id", Reason: string(v.reason), Identity: v.identity,
		Message: "the import gives more than one verbatim under this identity; all are kept and wait for a person"}
	if v.reason != report.DuplicateIdentity {
		p.Field, p.Message = "verbatim", "the verbatim is not valid text; its bytes are kept"
	}
	in.problems = append(in.problems, p)
}

// sameFields compares stored fields with a row's; texts that differ may still
// say the same, as another engine renders its JSON otherwise.
func sameFields(stored, fresh string) bool {
	if stored == fresh {
		return true
	}
	a, err := decodeFields(stored)
	if err != nil {
		return false
	}
	b, err := decodeFields(fresh)
	return err == nil && slices.Equal(a, b)
}

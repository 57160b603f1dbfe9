package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// report is a row of the table reports.
type report struct {
	id, version    int64
	status, reason string
	human          bool
}

// version, coding, word and member are rows of the other tables about a report.
type version struct{ report, number int64 }

type coding struct {
	report, id, version       int64
	dictionary, llt, pt, made string
	live                      bool
}

// byMachine reports whether no person made the coding.
func (c *coding) byMachine() bool { return c.made == "machine" }

type member struct {
	report                 int64
	pass                   passKey
	outcome, tally, detail string
	open                   bool
}

// history is everything that the database has about one report, in order.
type history struct {
	id int64
	// report is nil if the table reports does not have it.
	report   *report
	versions []version
	codings  []coding
	entries  []word
	members  []member
}

// The actions and actors of the audit that verify needs.
const (
	actionCoded     = "report.coded"
	actionReview    = "report.review"
	actionPassEnded = "pass.ended"
)

// byProgram reports whether an entry's actor is a program.
func byProgram(actor string) bool { return actor == "intake" || actor == "nightly" || actor == "call" }

// word is an audit entry about a report.
type word struct {
	report        int64
	actor, action string
	// bad: the detail is not JSON.
	bad bool
	said
}

// said is the part of an entry's detail that verify needs.
type said struct {
	OldStatus  string  `json:"old_status"`
	NewStatus  string  `json:"new_status"`
	NewReason  string  `json:"new_reason"`
	NewVersion int64   `json:"new_version"`
	Import     string  `json:"import"`
	Line       int64   `json:"line"`
	Superseded []int64 `json:"superseded_codings"`
	Coding     int64   `json:"coding"`
	LLT        string  `json:"llt"`
	PT         string  `json:"pt"`
	Dictionary string  `json:"dictionary"`
	Run        string  `json:"run"`
	Pass       int64   `json:"pass"`
}

// tables are the five tables, each ordered by report.
type tables struct {
	reports  *stream[report]
	versions *stream[version]
	codings  *stream[coding]
	entries  *stream[word]
	members  *stream[member]
}

func openTables(ctx context.Context, db *database) (t *tables, err error) {
	t = &tables{}
	open := func(f func() error) {
		if err == nil {
			err = f()
		}
	}
	open(func() (err error) {
		t.reports, err = openStream(ctx, db, "reports_by_id",
			"SELECT id, verbatim_version, status, review_reason, human_decided FROM ae_reports ORDER BY id",
			func(rows *sql.Rows, r *report) error {
				return rows.Scan(&r.id, &r.version, &r.status, &r.reason, &r.human)
			})
		return err
	})
	open(func() (err error) {
		t.versions, err = openStream(ctx, db, "versions_by_report",
			"SELECT report_id, verbatim_version FROM report_versions ORDER BY report_id, verbatim_version",
			func(rows *sql.Rows, v *version) error { return rows.Scan(&v.report, &v.number) })
		return err
	})
	open(func() (err error) {
		t.codings, err = openStream(ctx, db, "codings_by_report", `SELECT report_id, id, verbatim_version, dictionary, llt_code, pt_code,
				decided_by, CASE WHEN superseded_at IS NULL THEN 1 ELSE 0 END
			FROM codings ORDER BY report_id, id`,
			func(rows *sql.Rows, c *coding) error {
				return rows.Scan(&c.report, &c.id, &c.version, &c.dictionary, &c.llt, &c.pt, &c.made, &c.live)
			})
		return err
	})
	open(func() (err error) {
		t.entries, err = openStream(ctx, db, "audit_by_report",
			"SELECT report_id, actor, action, detail FROM audit WHERE report_id IS NOT NULL ORDER BY report_id, id", scanWord)
		return err
	})
	open(func() (err error) {
		t.members, err = openStream(ctx, db, "members_by_report", `SELECT report_id, run_id, pass, outcome, tally, detail, open
			FROM pass_members ORDER BY report_id, run_id, pass, chunk_seq`,
			func(rows *sql.Rows, m *member) error {
				return rows.Scan(&m.report, &m.pass.run, &m.pass.number, &m.outcome, &m.tally, &m.detail, &m.open)
			})
		return err
	})
	return t, err
}

func scanWord(rows *sql.Rows, w *word) error {
	var detail sql.RawBytes
	if err := rows.Scan(&w.report, &w.actor, &w.action, &detail); err != nil {
		return err
	}
	w.bad = json.Unmarshal(detail, &w.said) != nil
	return nil
}

func (t *tables) close(ctx context.Context) error {
	return errors.Join(t.reports.close(ctx), t.versions.close(ctx), t.codings.close(ctx), t.entries.close(ctx), t.members.close(ctx))
}

// next puts the history of the report with the next higher number into h. It gives
// false at the end.
func (t *tables) next(ctx context.Context, h *history) (bool, error) {
	const none = int64(-1)
	h.id = none
	least := func(id int64) {
		if h.id == none || id < h.id {
			h.id = id
		}
	}
	r, err := t.reports.peek(ctx)
	if r != nil {
		least(r.id)
	}
	for _, look := range []func() error{
		func() error { return lookAhead(ctx, t.versions, func(v *version) { least(v.report) }) },
		func() error { return lookAhead(ctx, t.codings, func(c *coding) { least(c.report) }) },
		func() error { return lookAhead(ctx, t.entries, func(w *word) { least(w.report) }) },
		func() error { return lookAhead(ctx, t.members, func(m *member) { least(m.report) }) },
	} {
		err = errors.Join(err, look())
	}
	if err != nil || h.id == none {
		return false, err
	}
	h.report = nil
	if r != nil && r.id == h.id {
		of := *r
		h.report = &of
		t.reports.take()
	}
	err = errors.Join(
		gather(ctx, t.versions, &h.versions, func(v *version) bool { return v.report == h.id }),
		gather(ctx, t.codings, &h.codings, func(c *coding) bool { return c.report == h.id }),
		gather(ctx, t.entries, &h.entries, func(w *word) bool { return w.report == h.id }),
		gather(ctx, t.members, &h.members, func(m *member) bool { return m.report == h.id }),
	)
	if err != nil {
		return false, fmt.Errorf("report %d: %w", h.id, err)
	}
	return true, nil
}

func lookAhead[T any](ctx context.Context, s *stream[T], see func(*T)) error {
	row, err := s.peek(ctx)
	if row != nil {
		see(row)
	}
	return err
}

// gather takes the rows of the report, replacing the content of into.
func gather[T any](ctx context.Context, s *stream[T], into *[]T, belongs func(*T) bool) error {
	*into = (*into)[:0]
	for {
		row, err := s.peek(ctx)
		if err != nil || row == nil || !belongs(row) {
			return err
		}
		*into = append(*into, *row)
		s.take()
	}
}

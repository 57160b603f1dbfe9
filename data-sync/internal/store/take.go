package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"aecode/data-sync/internal/admission"
	"aecode/data-sync/internal/report"
)

// intake takes the rows of a batch in: it loads the reports that they name, has
// package admission decide, and writes it all in a few statements at the end.
type intake struct {
	*admission.Batch
	t *txn
	// importNumber is 0 for a call outside any import.
	importNumber int64
	importID     string
}

func newIntake(t *txn, importNumber int64, importID string, account report.Account) *intake {
	return &intake{Batch: admission.New(importNumber != 0, account, sameFields), t: t, importNumber: importNumber, importID: importID}
}

// decide has package admission decide about the rows.
func (in *intake) decide(rows []report.Row) []admission.Decision {
	incoming := make([]admission.Incoming, len(rows))
	for i, row := range rows {
		incoming[i] = admission.Incoming{Row: row, Fields: encodeFields(row.Fields)}
		if len(row.Volatile) > 0 {
			incoming[i].Volatile = encodeFields(row.Volatile)
		}
	}
	return in.Decide(incoming)
}

var identityColumns = columns("source text, study text, record_id text")

// load makes every report known that has an identity of the rows.
func (in *intake) load(ctx context.Context, rows []report.Row) error {
	var k keys
	named := make(map[report.Identity]bool, len(rows))
	for _, r := range rows {
		if !named[r.Identity] {
			named[r.Identity] = true
			k.add(r.Identity.Source, r.Identity.Study, r.Identity.RecordID)
		}
	}
	if k.none() {
		return nil
	}
	var found []*admission.Report
	// CROSS JOIN keeps SQLite from starting at reports.
	err := in.t.each(ctx, `SELECT r.id, r.source, r.study, r.record_id, r.variant, r.status, r.review_reason, r.verbatim_version,
			r.revision, r.serious + r.serious_unknown, r.repeated, n.fields, n.line, coalesce(w.fields, ''),
			v.verbatim, v.verbatim_raw, v.language, v.import_id, coalesce(i.outcome, ''), coalesce(i.line, 0)
		FROM `+in.t.s.d.keyRows(identityColumns, 2)+`
		CROSS JOIN ae_reports r
		JOIN report_revisions n ON n.report_id = r.id AND n.revision = r.revision
		JOIN report_versions v ON v.report_id = r.id AND v.verbatim_version = r.verbatim_version
		LEFT JOIN report_volatile w ON w.report_id = r.id
		LEFT JOIN import_rows i ON i.import_number = $1 AND i.report_id = r.id
		WHERE r.source = j.source AND r.study = j.study AND r.record_id = j.record_id`+in.t.s.d.lockReports,
		append([]any{in.importNumber}, k.args(in.t.s.d)...), func(rows *sql.Rows) error {
			r := &admission.Report{}
			id := &r.Identity
			var importID string
			if err := rows.Scan(&r.ID, &id.Source, &id.Study, &id.RecordID, &r.Variant, &r.Status, &r.Reason, &r.Version,
				&r.Revision, &r.Serious, &r.Repeated, &r.Fields, &r.Line, &r.Volatile,
				&r.Content.Verbatim, &r.Content.Raw, &r.Content.Language, &importID, &r.Outcome, &r.FirstLine); err != nil {
				return err
			}
			if importID != "" && importID == in.importID {
				r.SetFresh()
			}
			found = append(found, r)
			return nil
		})
	if err != nil {
		return fmt.Errorf("look up the reports: %w", err)
	}
	slices.SortFunc(found, func(a, b *admission.Report) int { return a.Variant - b.Variant })
	for _, r := range found {
		in.Know(r)
	}
	return nil
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

package store

import (
	"context"
	"database/sql"
	"fmt"

	"aecode/data-sync/internal/report"
)

// Bounds of one History: the revisions read, and the bytes of their columns after
// which it ends. The newest revision is always in it.
const (
	historyRevisions = 100
	historyBytes     = 1 << 20
)

// History returns the report with this identity and variant, with its newest
// revisions; run.ErrNotFound where there is none.
func (s *Store) History(ctx context.Context, id report.Identity, variant int) (report.History, error) {
	h, err := s.history(ctx, id, variant)
	if err != nil {
		return report.History{}, fmt.Errorf("read the history of report %s, variant %d: %w", id, variant, err)
	}
	return h, nil
}

func (s *Store) history(ctx context.Context, id report.Identity, variant int) (h report.History, err error) {
	h.Report, err = only(s.page(ctx, "WHERE r.source = $1 AND r.study = $2 AND r.record_id = $3 AND r.variant = $4",
		id.Source, id.Study, id.RecordID, variant))
	if err != nil {
		return h, err
	}
	if _, err = s.rowRead(ctx, "SELECT count(*) FROM ae_reports WHERE source = $1 AND study = $2 AND record_id = $3",
		[]any{id.Source, id.Study, id.RecordID}, &h.Variants); err != nil {
		return h, err
	}
	size := 0
	err = s.eachRead(ctx, func() { h.Revisions, size = nil, 0 }, `SELECT n.revision, n.verbatim_version, v.verbatim, v.verbatim_raw, v.language,
			n.serious + n.serious_unknown, n.fields, n.import_id, n.line, n.received_at
		FROM report_revisions n
		JOIN report_versions v ON v.report_id = n.report_id AND v.verbatim_version = n.verbatim_version
		WHERE n.report_id = $1 AND n.revision <= $2 ORDER BY n.revision DESC LIMIT $3`,
		[]any{h.Report.ID, h.Report.Revision, historyRevisions}, func(rows *sql.Rows) error {
			var r report.Revision
			var fields string
			var received int64
			if err := rows.Scan(&r.Number, &r.VerbatimVersion, &r.Verbatim, &r.VerbatimRaw, &r.Language,
				&r.Serious, &fields, &r.ImportID, &r.Line, &received); err != nil {
				return err
			}
			if size += len(fields) + len(r.Verbatim); size > historyBytes && len(h.Revisions) > 0 {
				return nil
			}
			r.ReceivedAt = fromMillis(received)
			var err error
			if r.Fields, err = decodeFields(fields); err != nil {
				return fmt.Errorf("revision %d: %w", r.Number, err)
			}
			h.Revisions = append(h.Revisions, r)
			return nil
		})
	h.Older = h.Report.Revision - len(h.Revisions)
	return h, err
}

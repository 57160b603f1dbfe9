package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"aecode/data-sync/internal/report"
)

// ErrNotFound says that there is no such report.
var ErrNotFound = errors.New("no such report")

// Pages of the reads: what Each and its like hold in memory, and what List
// gives at most.
const (
	readPage         = 500
	defaultListLimit = 100
	maxListLimit     = 1000
)

// Filter narrows List. Zero values mean any.
type Filter struct {
	Status report.Status
	Study  string
	// After is the id of the last report of the page before.
	After int64
	// Limit is 1 to 1,000; 0 means 100.
	Limit int
}

// UnreadableRow is a row of a file that is no report. Its bytes stay in the
// database.
type UnreadableRow struct {
	FileName string
	FileHash string
	Line     int64
	Reason   string
	// Size of the row in bytes.
	Size int64
}

// reportQuery reads reports with their live coding (the newest, where there is
// one in several dictionaries) and their candidates.
const reportQuery = `SELECT r.id, r.source, r.study, r.record_id, r.variant, r.status, r.review_reason, r.verbatim_version,
		v.verbatim, v.verbatim_raw, v.language, r.serious + r.serious_unknown, r.revision, r.repeated, n.fields, w.fields,
		r.last_error, r.received_at,
		c.id, c.llt_code, c.llt_name, c.pt_code, c.pt_name, c.hlt_code, c.hlt_name, c.hlgt_code, c.hlgt_name,
		c.soc_code, c.soc_name, c.method, c.score, c.dictionary, c.language, c.synonym_version, c.engine_version,
		c.decided_by, c.decided_at, s.candidates
	FROM ae_reports r
	JOIN report_revisions n ON n.report_id = r.id AND n.revision = r.revision
	JOIN report_versions v ON v.report_id = r.id AND v.verbatim_version = r.verbatim_version
	LEFT JOIN report_volatile w ON w.report_id = r.id
	LEFT JOIN codings c ON c.id = (SELECT max(k.id) FROM codings k
		WHERE k.report_id = r.id AND k.verbatim_version = r.verbatim_version AND k.superseded_at IS NULL)
	LEFT JOIN suggestions s ON s.report_id = r.id AND s.verbatim_version = r.verbatim_version `

func scanReport(rows *sql.Rows) (report.Report, error) {
	var r report.Report
	var fields string
	var received int64
	var id, decidedAt sql.NullInt64
	var score sql.NullFloat64
	var volatile, candidates sql.NullString
	// The coding's texts, in the order of reportQuery.
	var text [16]sql.NullString
	into := []any{&r.ID, &r.Identity.Source, &r.Identity.Study, &r.Identity.RecordID, &r.Variant, &r.Status, &r.Reason,
		&r.VerbatimVersion, &r.Verbatim, &r.VerbatimRaw, &r.Language, &r.Serious, &r.Revision, &r.Repeated, &fields, &volatile,
		&r.LastError, &received, &id}
	for i := range 11 {
		into = append(into, &text[i])
	}
	into = append(into, &score)
	for i := 11; i < 16; i++ {
		into = append(into, &text[i])
	}
	into = append(into, &decidedAt, &candidates)
	if err := rows.Scan(into...); err != nil {
		return r, err
	}
	r.ReceivedAt = fromMillis(received)
	var err error
	if r.Fields, err = decodeFields(fields); err != nil {
		return r, fmt.Errorf("report %d: %w", r.ID, err)
	}
	if volatile.Valid {
		latest, err := decodeFields(volatile.String)
		if err != nil {
			return r, fmt.Errorf("report %d: %w", r.ID, err)
		}
		r.Fields = append(r.Fields, latest...)
	}
	if candidates.Valid {
		if json.Unmarshal([]byte(candidates.String), &r.Candidates) != nil {
			return r, fmt.Errorf("report %d: its candidates column is not the JSON this store writes", r.ID)
		}
	}
	if id.Valid {
		term := func(i int) report.Term { return report.Term{Code: text[i].String, Name: text[i+1].String} }
		r.Coding = &report.Coding{
			ID: id.Int64, LLT: term(0), PT: term(2), HLT: term(4), HLGT: term(6), SOC: term(8),
			Method: text[10].String, Score: score.Float64,
			Versions: report.Versions{Dictionary: text[11].String, Language: text[12].String,
				SynonymVersion: text[13].String, EngineVersion: text[14].String},
			DecidedBy: text[15].String, DecidedAt: fromMillis(decidedAt.Int64),
		}
	}
	return r, nil
}

// reports reads one page of reports.
func reports(ctx context.Context, limit time.Duration, q querier, tail string, args ...any) (list []report.Report, err error) {
	err = each(ctx, limit, q, reportQuery+tail, args, func(rows *sql.Rows) error {
		r, err := scanReport(rows)
		if err != nil {
			return err
		}
		list = append(list, r)
		return nil
	})
	return list, err
}

// page reads reports outside any transaction.
func (s *Store) page(ctx context.Context, tail string, args ...any) (list []report.Report, err error) {
	err = s.inRead(ctx, func(ctx context.Context) (err error) {
		list, err = reports(ctx, s.cfg.StatementTimeout, s.read, tail, args...)
		return err
	})
	return list, err
}

// report reads one report as this transaction sees it.
func (t *txn) report(ctx context.Context, id int64) (report.Report, error) {
	return only(reports(ctx, t.limit, t.tx, "WHERE r.id = $1", id))
}

func only(list []report.Report, err error) (report.Report, error) {
	switch {
	case err != nil:
		return report.Report{}, err
	case len(list) == 0:
		return report.Report{}, ErrNotFound
	}
	return list[0], nil
}

// Get gives the report with this identity (of several variants the first), with
// its live coding and its candidates; ErrNotFound where there is none.
func (s *Store) Get(ctx context.Context, id report.Identity) (report.Report, error) {
	r, err := only(s.page(ctx, "WHERE r.source = $1 AND r.study = $2 AND r.record_id = $3 ORDER BY r.variant LIMIT 1",
		id.Source, id.Study, id.RecordID))
	if err != nil {
		return r, fmt.Errorf("get report %s: %w", id, err)
	}
	return r, nil
}

// List gives a page of reports by id.
func (s *Store) List(ctx context.Context, f Filter) ([]report.Report, error) {
	limit := f.Limit
	if limit == 0 {
		limit = defaultListLimit
	}
	if limit < 1 || limit > maxListLimit {
		return nil, fmt.Errorf("list reports: %w: a limit of %d, must be 1 to %d", ErrInvalid, limit, maxListLimit)
	}
	tail, args := "WHERE r.id > $1", []any{f.After}
	if f.Status != "" {
		args = append(args, string(f.Status))
		tail += fmt.Sprintf(" AND r.status = $%d", len(args))
	}
	if f.Study != "" {
		args = append(args, f.Study)
		tail += fmt.Sprintf(" AND r.study = $%d", len(args))
	}
	args = append(args, limit)
	list, err := s.page(ctx, tail+fmt.Sprintf(" ORDER BY r.id LIMIT $%d", len(args)), args...)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	return list, nil
}

// Columns gives the names of all columns that files and calls brought, in the
// order of their first appearance.
func (s *Store) Columns(ctx context.Context) (names []string, err error) {
	err = s.eachRead(ctx, func() { names = nil }, "SELECT name FROM source_columns ORDER BY position", nil, func(rows *sql.Rows) error {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the columns: %w", err)
	}
	return names, nil
}

// Each yields every report by id, with its live coding and candidates, a page
// at a time. No statement is open while yield runs; a report that changes
// meanwhile shows as it is when its page is read. It stops at yield's error.
func (s *Store) Each(ctx context.Context, yield func(report.Report) error) error {
	if err := s.eachPage(ctx, "", yield); err != nil {
		return fmt.Errorf("read every report: %w", err)
	}
	return nil
}

// EachReview yields what a person must decide, status REVIEW: serious reports
// first, then by id, with candidates. Otherwise like Each.
func (s *Store) EachReview(ctx context.Context, yield func(report.Report) error) error {
	for _, serious := range []string{"1", "0"} {
		if err := s.eachPage(ctx, " AND r.status = 'REVIEW' AND r.serious = "+serious, yield); err != nil {
			return fmt.Errorf("read the reports in review: %w", err)
		}
	}
	return nil
}

func (s *Store) eachPage(ctx context.Context, condition string, yield func(report.Report) error) error {
	for after := int64(0); ; {
		page, err := s.page(ctx, "WHERE r.id > $1"+condition+" ORDER BY r.id LIMIT $2", after, readPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := yield(r); err != nil {
				return err
			}
		}
		if len(page) < readPage {
			return nil
		}
		after = page[len(page)-1].ID
	}
}

// EachUnreadable yields the rows that are no reports, in the order they came.
func (s *Store) EachUnreadable(ctx context.Context, yield func(UnreadableRow) error) error {
	for after := int64(0); ; {
		type unreadable struct {
			UnreadableRow
			id int64
		}
		var page []unreadable
		err := s.eachRead(ctx, func() { page = nil }, `SELECT id, file_name, file_hash, line, reason, length(raw)
			FROM unreadable_rows WHERE id > $1 ORDER BY id LIMIT $2`, []any{after, readPage}, func(rows *sql.Rows) error {
			var u unreadable
			if err := rows.Scan(&u.id, &u.FileName, &u.FileHash, &u.Line, &u.Reason, &u.Size); err != nil {
				return err
			}
			page = append(page, u)
			return nil
		})
		if err != nil {
			return fmt.Errorf("read the unreadable rows: %w", err)
		}
		for _, u := range page {
			if err := yield(u.UnreadableRow); err != nil {
				return err
			}
			after = u.id
		}
		if len(page) < readPage {
			return nil
		}
	}
}

func nullMillis(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}

package store

import (
	"context"
	"fmt"
	"time"

	"aecode/data-sync/internal/backlog"
	"aecode/data-sync/internal/run"
)

// Backlog implements backlog.Database. Each number of reports is read from an index
// alone, with the clock in the same statement; a report that moves meanwhile may be
// counted in two places or in none.
func (s *Store) Backlog(ctx context.Context) (b backlog.Backlog, err error) {
	var review int64
	for _, q := range []struct {
		what, query string
		n           *int64
		oldest      *time.Duration
	}{
		{"pending reports", s.d.backlogPending(), &b.Pending, &b.OldestPending},
		{"serious reports in review", s.d.backlogSerious(), &b.SeriousReview, &b.OldestSeriousReview},
		{"reports in review", s.d.backlogReview(), &review, nil},
		{"open passes", s.d.backlogOpen(), nil, &b.OpenPass},
	} {
		var n, first, now int64
		if _, err := s.rowRead(ctx, q.query, nil, &n, &first, &now); err != nil {
			return backlog.Backlog{}, fmt.Errorf("count the %s: %w", q.what, err)
		}
		if q.n != nil {
			*q.n = n
		}
		if q.oldest != nil && first > 0 {
			*q.oldest = time.Duration(max(0, now-first)) * time.Millisecond
		}
	}
	b.OtherReview = max(0, review-b.SeriousReview)
	return b, nil
}

// waitsSince is when the first of them came to stand as it does. A report that did
// before that was noted has its last update in its place.
const waitsSince = "min(coalesce(status_since, updated_at))"

func (d dialect) backlogPending() string {
	return d.backlog(waitsSince, "ae_reports"+d.by("reports_pending"), "status = 'PENDING'")
}

func (d dialect) backlogSerious() string {
	return d.backlog(waitsSince, "ae_reports"+d.by("reports_serious_review"), "status = 'REVIEW' AND serious = 1")
}

func (d dialect) backlogReview() string { return d.backlog("0", "ae_reports", "status = 'REVIEW'") }

func (d dialect) backlogOpen() string { return d.backlog("min(opened_at)", "passes", passIsOpen) }

// backlog asks how many, since when the first, and what time it is.
func (d dialect) backlog(first, from, where string) string {
	return fmt.Sprintf("SELECT count(*), coalesce(%s, 0), (%s) FROM %s WHERE %s", first, d.peek, from, where)
}

// by is what follows a table's name to have it read by an index.
func (d dialect) by(index string) string {
	if d.byIndex == "" {
		return ""
	}
	return fmt.Sprintf(d.byIndex, index)
}

// LastFinished implements backlog.Database.
func (s *Store) LastFinished(ctx context.Context, scope string) (run.Pass, error) {
	list, err := s.readPasses(ctx, "WHERE u.scope = $1 AND p.finished_at IS NOT NULL ORDER BY p.finished_at DESC, p.id DESC LIMIT 1", scope)
	if err == nil && len(list) == 0 {
		err = run.ErrNotFound
	}
	if err != nil {
		return run.Pass{}, fmt.Errorf("find the last finished pass of scope %s: %w", scope, err)
	}
	return list[0], nil
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// The states of a chunk.
const (
	chunkFree   = "FREE"
	chunkLeased = "LEASED"
	chunkDone   = "DONE"
)

// mine is the condition under which a chunk belongs to $4 in its attempt $5.
// The attempt tells two claims by one owner apart. A lease that has run out but
// that nobody has taken over still holds.
const mine = "run_id = $1 AND pass = $2 AND seq = $3 AND state = 'LEASED' AND owner = $4 AND attempts = $5"

func chunkArgs(c run.Chunk, more ...any) []any {
	return append([]any{c.RunID, c.Pass, c.Seq, c.Owner, c.Attempt}, more...)
}

// ClaimChunk implements nightly.Store.
func (s *Store) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (run.Chunk, bool, error) {
	c := run.Chunk{RunID: runID, Pass: pass, Owner: owner}
	if owner == "" || lease < time.Millisecond {
		return run.Chunk{}, false, fmt.Errorf("claim a chunk of run %s pass %d: %w: owner %q, lease %v", runID, pass, ErrInvalid, owner, lease)
	}
	var ok bool
	err := s.inShortWrite(ctx, func(ctx context.Context, t *txn) (err error) {
		ok, err = t.row(ctx, `UPDATE chunks SET state = 'LEASED', owner = $3, lease_until = $4, attempts = attempts + 1
			WHERE run_id = $1 AND pass = $2 AND seq = (
				SELECT c.seq FROM chunks c WHERE c.run_id = $1 AND c.pass = $2 AND c.state <> 'DONE'
				AND ((c.state = 'FREE' AND c.not_before <= $5) OR (c.state = 'LEASED' AND c.lease_until <= $5))
				AND EXISTS (SELECT 1 FROM passes p WHERE p.run_id = $1 AND p.number = $2 AND p.`+passIsOpen+`)
				ORDER BY c.seq LIMIT 1`+s.d.skipLocked+`)
			RETURNING seq, attempts, tries`, []any{runID, pass, owner, t.now + millis(lease), t.now}, &c.Seq, &c.Attempt, &c.Tries)
		return err
	})
	if err != nil {
		return run.Chunk{}, false, fmt.Errorf("claim a chunk of run %s pass %d: %w", runID, pass, err)
	}
	if !ok {
		return run.Chunk{}, false, nil
	}
	return c, true, nil
}

// ExtendChunk implements nightly.Store. Where this very claim's commit has just
// finished the chunk or given it back, there is nothing to extend and nothing
// lost: a renewal under way at that time is no error.
func (s *Store) ExtendChunk(ctx context.Context, c run.Chunk, lease time.Duration) error {
	return s.onMyChunk(ctx, "extend", c, func(ctx context.Context, t *txn) (int64, error) {
		n, err := t.exec(ctx, "UPDATE chunks SET lease_until = $6 WHERE "+mine, chunkArgs(c, t.now+millis(lease))...)
		if err != nil || n > 0 {
			return n, err
		}
		found, err := t.row(ctx, "SELECT 1 FROM chunks WHERE run_id = $1 AND pass = $2 AND seq = $3 AND owner = $4 AND attempts = $5",
			chunkArgs(c), &n)
		if !found {
			n = 0
		}
		return n, err
	})
}

// ReleaseChunk implements nightly.Store.
func (s *Store) ReleaseChunk(ctx context.Context, c run.Chunk, after time.Duration) error {
	return s.onMyChunk(ctx, "release", c, func(ctx context.Context, t *txn) (int64, error) {
		const release = "UPDATE chunks SET state = 'FREE', owner = '', lease_until = 0, not_before = "
		if c.Attempt == 0 {
			return t.exec(ctx, release+"$4 WHERE run_id = $1 AND pass = $2 AND state = 'LEASED' AND owner = $3",
				c.RunID, c.Pass, c.Owner, t.now+millis(after))
		}
		return t.exec(ctx, release+"$6, tries = $7 WHERE "+mine, chunkArgs(c, t.now+millis(after), c.Tries)...)
	})
}

func (s *Store) onMyChunk(ctx context.Context, verb string, c run.Chunk, update func(context.Context, *txn) (int64, error)) error {
	err := s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
		n, err := update(ctx, t)
		if err == nil && n == 0 {
			err = run.ErrLeaseLost
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s chunk %d of run %s pass %d: %w", verb, c.Seq, c.RunID, c.Pass, err)
	}
	return nil
}

// Items implements nightly.Store.
func (s *Store) Items(ctx context.Context, c run.Chunk) ([]run.Item, error) {
	var items []run.Item
	var gone bool
	err := s.inRead(ctx, func(ctx context.Context) (err error) {
		items, gone, err = s.items(ctx, c)
		return err
	})
	// Only then is a write needed.
	if err == nil && gone {
		err = s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
			if leased, err := t.holds(ctx, c); err != nil || !leased {
				return errors.Join(err, run.ErrLeaseLost)
			}
			if err := t.markGone(ctx, c.RunID, c.Pass, c.Seq); err != nil {
				return err
			}
			return t.retally(ctx, c.RunID, c.Pass, c.Seq, map[int]bool{c.Seq: true})
		})
	}
	if err != nil {
		return nil, fmt.Errorf("load chunk %d of run %s pass %d: %w", c.Seq, c.RunID, c.Pass, err)
	}
	return items, nil
}

func (s *Store) items(ctx context.Context, c run.Chunk) (items []run.Item, gone bool, err error) {
	var one int
	held, err := row(ctx, s.cfg.StatementTimeout, s.read, "SELECT 1 FROM chunks WHERE "+mine, chunkArgs(c), &one)
	if err != nil {
		return nil, false, err
	}
	if !held {
		return nil, false, run.ErrLeaseLost
	}
	err = each(ctx, s.cfg.StatementTimeout, s.read, `SELECT r.id, r.source, r.study, r.record_id, m.verbatim_version, v.verbatim, v.language, r.serious,
			r.verbatim_version = m.verbatim_version AND `+machineMayDecide+`
		FROM pass_members m
		JOIN ae_reports r ON r.id = m.report_id
		JOIN report_versions v ON v.report_id = m.report_id AND v.verbatim_version = m.verbatim_version
		WHERE m.run_id = $1 AND m.pass = $2 AND m.chunk_seq = $3 AND m.outcome = ''
		ORDER BY r.serious DESC, r.id`, []any{c.RunID, c.Pass, c.Seq}, func(rows *sql.Rows) error {
		var i run.Item
		var decidable bool
		if err := rows.Scan(&i.ReportID, &i.Identity.Source, &i.Identity.Study, &i.Identity.RecordID, &i.VerbatimVersion,
			&i.Verbatim, &i.Language, &i.Serious, &decidable); err != nil {
			return err
		}
		if decidable {
			items = append(items, i)
		} else {
			gone = true
		}
		return nil
	})
	return items, gone, err
}

// markGone gives an outcome to the members that are no longer the pass's to
// decide, in one chunk or (seq -1) in all. Each is counted by what it is now:
// coded as "elsewhere", in review by its reason, with people by its status,
// pending again as left, CHANGED.
func (t *txn) markGone(ctx context.Context, runID string, number, seq int) error {
	_, err := t.exec(ctx, `UPDATE pass_members SET outcome = 'gone',
			tally = CASE r.status WHEN 'CODED' THEN 'coded' WHEN 'PENDING' THEN 'left' ELSE 'review' END,
			detail = CASE r.status WHEN 'CODED' THEN '`+elsewhere+`' WHEN 'PENDING' THEN '`+changedMeanwhile+`'
				WHEN 'REVIEW' THEN r.review_reason ELSE r.status END
		FROM ae_reports r
		WHERE r.id = pass_members.report_id AND pass_members.run_id = $1 AND pass_members.pass = $2
		AND ($3 < 0 OR pass_members.chunk_seq = $3) AND pass_members.outcome = ''
		AND NOT (r.verbatim_version = pass_members.verbatim_version AND `+machineMayDecide+`)`, runID, number, seq)
	if err != nil {
		return fmt.Errorf("mark members that are gone: %w", err)
	}
	return nil
}

// goneAs is markGone's rule for one report.
func goneAs(status report.Status, reason report.Reason) (tally run.Kind, detail string) {
	switch status {
	case report.Coded:
		return run.Coded, elsewhere
	case report.Pending:
		return run.Left, changedMeanwhile
	case report.Review:
		return run.Review, string(reason)
	default:
		return run.Review, string(status)
	}
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aecode/data-sync/internal/run"
)

var errMiscounted = errors.New("the members of the pass are not what its chunks add up to")

// FinishPass implements nightly.Store. A pass that has ended already is given
// as it ended.
func (s *Store) FinishPass(ctx context.Context, runID string, number int) (p run.Pass, ok bool, err error) {
	err = s.inPassWrite(ctx, func(ctx context.Context, t *txn) error {
		ok = true
		if p, err = t.holdPass(ctx, runID, number); err != nil || !p.State.Open() {
			return err
		}
		var chunk int
		open, err := t.row(ctx, "SELECT seq FROM chunks WHERE run_id = $1 AND pass = $2 AND state <> 'DONE' LIMIT 1",
			[]any{runID, number}, &chunk)
		if err != nil {
			return fmt.Errorf("look for open chunks: %w", err)
		}
		if open {
			ok = false
			return nil
		}
		// Read again: the last chunk may have been committed since the pass was
		// held, and is not left any more.
		if p, err = t.pass(ctx, runID, number); err != nil {
			return err
		}
		state := run.Completed
		if p.Left > 0 {
			state = run.Partial
		}
		if err := t.endPass(ctx, runID, number, state, ""); err != nil {
			return err
		}
		p, err = t.pass(ctx, runID, number)
		return err
	})
	if err != nil {
		return run.Pass{}, false, fmt.Errorf("finish run %s pass %d: %w", runID, number, err)
	}
	return p, ok, nil
}

// EndPass implements nightly.Store. A pass that has ended already is given as
// it ended.
func (s *Store) EndPass(ctx context.Context, runID string, number int, state run.State, reason, errorClass string) (p run.Pass, err error) {
	if state != run.Partial && state != run.Cancelled {
		return run.Pass{}, fmt.Errorf("end run %s pass %d: %w: as %q", runID, number, ErrInvalid, state)
	}
	if errorClass == "" {
		errorClass = string(state)
	}
	err = s.inPassWrite(ctx, func(ctx context.Context, t *txn) error {
		if p, err = t.holdPass(ctx, runID, number); err != nil || !p.State.Open() {
			return err
		}
		if err := t.leaveRest(ctx, runID, number, errorClass); err != nil {
			return err
		}
		if err := t.endPass(ctx, runID, number, state, reason); err != nil {
			return err
		}
		p, err = t.pass(ctx, runID, number)
		return err
	})
	if err != nil {
		return run.Pass{}, fmt.Errorf("end run %s pass %d: %w", runID, number, err)
	}
	return p, nil
}

// holdPass reads a pass that nobody else ends meanwhile.
func (t *txn) holdPass(ctx context.Context, runID string, number int) (run.Pass, error) {
	var one int
	if _, err := t.row(ctx, "SELECT 1 FROM passes WHERE run_id = $1 AND number = $2"+t.s.d.lockRow, []any{runID, number}, &one); err != nil {
		return run.Pass{}, fmt.Errorf("hold the pass: %w", err)
	}
	return t.pass(ctx, runID, number)
}

// leaveRest takes the chunks from their owners, whose commits under way it waits
// for, and gives every member without outcome one.
func (t *txn) leaveRest(ctx context.Context, runID string, number int, errorClass string) error {
	closed := make(map[int]bool)
	if err := t.each(ctx, `UPDATE chunks SET state = 'DONE', owner = '', lease_until = 0
		WHERE run_id = $1 AND pass = $2 AND state <> 'DONE' RETURNING seq`, []any{runID, number}, func(rows *sql.Rows) error {
		var seq int
		err := rows.Scan(&seq)
		closed[seq] = true
		return err
	}); err != nil {
		return fmt.Errorf("close the chunks: %w", err)
	}
	if err := t.markGone(ctx, runID, number, -1); err != nil {
		return err
	}
	if _, err := t.exec(ctx, `UPDATE ae_reports SET last_error = $3, updated_at = $4 WHERE id IN
		(SELECT r.id FROM pass_members m JOIN ae_reports r ON r.id = m.report_id
		WHERE m.run_id = $1 AND m.pass = $2 AND m.outcome = ''`+t.s.d.lockReports+`)`,
		runID, number, errorClass, t.now); err != nil {
		return fmt.Errorf("note the error class: %w", err)
	}
	if _, err := t.exec(ctx, `UPDATE pass_members SET outcome = 'left', tally = 'left', detail = $3
		WHERE run_id = $1 AND pass = $2 AND outcome = ''`, runID, number, errorClass); err != nil {
		return fmt.Errorf("leave the rest: %w", err)
	}
	return t.retally(ctx, runID, number, -1, closed)
}

// endPass closes a pass all of whose members have an outcome: they are counted,
// which must agree with what its chunks have told, its summary is fixed, its
// members are free for other passes, and the audit head it notes is that of its
// own ending. The audit is locked last: nobody writes while it is.
func (t *txn) endPass(ctx context.Context, runID string, number int, state run.State, reason string) error {
	sum, err := t.count(ctx, runID, number)
	if err != nil {
		return fmt.Errorf("count the members: %w", err)
	}
	told, err := progress(ctx, t.limit, t.tx, runID, number)
	if err != nil {
		return fmt.Errorf("add the chunks up: %w", err)
	}
	if !sum.equal(told) {
		return fmt.Errorf("%w: members %+v, chunks %+v", errMiscounted, sum, told)
	}
	if _, err := t.exec(ctx, "UPDATE pass_members SET open = 0 WHERE run_id = $1 AND pass = $2", runID, number); err != nil {
		return fmt.Errorf("free the members: %w", err)
	}
	if state == run.Partial && reason == "" {
		reason = "left: " + spell(sum.Left)
	}
	text, err := sum.encode()
	if err != nil {
		return err
	}
	t.log(entry{actor: actorNightly, action: actionPassEnded, detail: detail{Run: runID, Pass: number, State: state, Reason: reason, Summary: &sum}})
	auditTx, head, err := t.link(ctx)
	if err != nil {
		return err
	}
	n, err := t.exec(ctx, `UPDATE passes SET state = $3, state_reason = $4, finished_at = $5, summary = $6, audit_head = $7, audit_tx = $8
		WHERE run_id = $1 AND number = $2 AND `+passIsOpen+`
		AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.run_id = $1 AND c.pass = $2 AND c.state <> 'DONE')
		AND NOT EXISTS (SELECT 1 FROM pass_members m WHERE m.run_id = $1 AND m.pass = $2 AND m.outcome = '')`,
		runID, number, string(state), reason, t.now, text, head, auditTx)
	if err != nil {
		return fmt.Errorf("end the pass: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("end the pass: it has work left or has ended meanwhile")
	}
	return nil
}

// spell lists counts by class in a stable order.
func spell(counts map[string]int64) string {
	var parts []string
	for _, class := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", class, counts[class]))
	}
	return strings.Join(parts, ", ")
}

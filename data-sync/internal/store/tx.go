package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// txn is a write transaction: its clock, and the audit entries it will leave.
type txn struct {
	s  *Store
	tx *sql.Tx
	// limit bounds each statement.
	limit time.Duration
	// now is read once, so that everything one transaction does has one time.
	now     int64
	entries []entry
}

// inWrite runs fn in one write transaction of at most total, with its audit
// entries chained at the end.
func (s *Store) inWrite(ctx context.Context, total, statement time.Duration, fn func(context.Context, *txn) error) error {
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	t := &txn{s: s, tx: tx, limit: statement}
	if t.now, err = s.clock(ctx, tx); err == nil {
		if err = fn(ctx, t); err == nil {
			err = t.chain(ctx)
		}
	}
	if err != nil {
		// The engine may have rolled back by itself, as it does on an
		// interrupted statement; then this fails, and says nothing.
		_ = tx.Rollback()
		if end := ctx.Err(); end != nil && !errors.Is(err, end) {
			// What met the rolled back transaction is not the cause.
			err = fmt.Errorf("%w: %w", end, err)
		}
		return err
	}
	if err = tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (s *Store) inShortWrite(ctx context.Context, fn func(context.Context, *txn) error) error {
	return s.inWrite(ctx, s.cfg.WriteTimeout, s.cfg.StatementTimeout, fn)
}

// inPassWrite is for what touches every member of a pass.
func (s *Store) inPassWrite(ctx context.Context, fn func(context.Context, *txn) error) error {
	return s.inWrite(ctx, s.cfg.PassTimeout, s.cfg.PassTimeout, fn)
}

func (s *Store) clock(ctx context.Context, q querier) (ms int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.StatementTimeout)
	defer cancel()
	err = q.QueryRowContext(ctx, "SELECT "+s.d.now).Scan(&ms)
	return ms, err
}

// exec runs a statement under the statement deadline and gives the number of
// rows it touched.
func (t *txn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	r, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (t *txn) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	return each(ctx, t.limit, t.tx, query, args, scan)
}

// row reads at most one row; found is false when there is none.
func (t *txn) row(ctx context.Context, query string, args []any, into ...any) (found bool, err error) {
	return row(ctx, t.limit, t.tx, query, args, into...)
}

// each runs a query and hands every row to scan, all under one deadline.
func each(ctx context.Context, limit time.Duration, q querier, query string, args []any, scan func(*sql.Rows) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return drain(rows, scan)
}

func row(ctx context.Context, limit time.Duration, q querier, query string, args []any, into ...any) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := q.QueryRowContext(ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

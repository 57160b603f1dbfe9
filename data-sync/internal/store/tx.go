package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"aecode/common/retry"
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
	now int64
	// id is the transaction's, where its outcome can be asked by it.
	id      string
	entries []entry
	// linkTx and linkHash are of the audit link it has written, if any.
	linkTx   int64
	linkHash string
}

// inWrite runs fn in one write transaction of at most total a try, with its
// audit entries chained at the end. What fails in passing is run again, so fn
// sets whatever it gives back anew. A commit whose answer was lost is read back
// before anything is repeated.
func (s *Store) inWrite(ctx context.Context, total, statement time.Duration, fn func(context.Context, *txn) error) error {
	return retrying(ctx, total, func(try context.Context) error {
		t := &txn{s: s, limit: statement}
		committing, err := t.run(try, fn)
		if err == nil || !committing || t.id == "" {
			return err
		}
		return s.readBack(ctx, t, err)
	})
}

// run is one try. committing tells an error of the commit.
func (t *txn) run(ctx context.Context, fn func(context.Context, *txn) error) (committing bool, err error) {
	if t.tx, err = t.s.write.BeginTx(ctx, nil); err != nil {
		return false, fmt.Errorf("begin: %w", clean(err))
	}
	if err = t.begin(ctx); err == nil {
		if err = fn(ctx, t); err == nil {
			err = t.chain(ctx)
		}
	}
	if err != nil {
		// The engine may have rolled back by itself, as it does on an
		// interrupted statement; then this fails, and says nothing.
		_ = t.tx.Rollback()
		if end := ctx.Err(); end != nil && !errors.Is(err, end) {
			// What met the rolled back transaction is not the cause.
			err = fmt.Errorf("%w: %w", end, err)
		}
		return false, err
	}
	if err = t.tx.Commit(); err != nil {
		return true, fmt.Errorf("commit: %w", clean(err))
	}
	return false, nil
}

// begin reads the clock, and has the server wait as long as the client will.
func (t *txn) begin(ctx context.Context) error {
	d := t.s.d
	if _, err := t.row(ctx, d.clock, nil, &t.now, &t.id); err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	if d.lengthen == "" || t.limit <= t.s.cfg.StatementTimeout {
		return nil
	}
	statement, wait := fmt.Sprint((t.limit + serverGrace).Milliseconds()), fmt.Sprint(lockWait(t.limit).Milliseconds())
	if _, err := t.exec(ctx, d.lengthen, statement, wait); err != nil {
		return fmt.Errorf("set the transaction's limits: %w", err)
	}
	return nil
}

// lock takes an advisory lock until the transaction ends. A statement after it
// sees what the lock's last holder has committed.
func (t *txn) lock(ctx context.Context, class, which int32) error {
	if t.s.d.lock == "" {
		return nil
	}
	if _, err := t.exec(ctx, t.s.d.lock, class, which); err != nil {
		return fmt.Errorf("wait for the lock: %w", err)
	}
	return nil
}

// readBack finds out what became of a transaction whose commit failed with
// cause: nil when it is there, an error that lets it run again when it is
// certain not to be.
func (s *Store) readBack(ctx context.Context, t *txn, cause error) error {
	if _, said := errors.AsType[*ServerError](cause); said && !lost(cause) {
		return cause // the server refused
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.WriteTimeout)
	defer cancel()
	there, err := retry.DoValue(ctx, readingBack, func(ctx context.Context) (bool, error) {
		there, known, err := s.outcome(ctx, t)
		if err == nil && !known {
			err = errUnderWay
		}
		return there, err
	})
	switch {
	case err == nil && there:
		return nil
	case err == nil:
		return fmt.Errorf("%w: %w", errOutcomeLost, cause)
	case !Transient(err) && !errors.Is(err, errUnderWay):
		return fmt.Errorf("%w: %w", errUnknownOutcome, err)
	}
	return fmt.Errorf("%w: %w", errUnknownOutcome, cause)
}

// errUnderWay says that the server has not yet ended a transaction whose
// connection was lost.
var errUnderWay = errors.New("the transaction is still under way")

// readingBack is how the outcome of a transaction is asked for again, within the
// store's WriteTimeout: until the database answers, and until the transaction has
// ended.
var readingBack = retry.Policy{
	MaxAttempts: 20,
	Backoff:     retry.Backoff{Base: 50 * time.Millisecond, Cap: time.Second},
	Classify: func(err error) retry.Class {
		if errors.Is(err, errDialsSpent) || !errors.Is(err, errUnderWay) && !Transient(err) {
			return retry.Permanent
		}
		return retry.Transient
	},
}

// outcome asks for a transaction by its id; known is false while it is under
// way. Where it has left audit entries their link is the proof: its hash cannot
// be there by accident, while ids may start again after a failover.
func (s *Store) outcome(ctx context.Context, t *txn) (there, known bool, err error) {
	status := "" // too old, or of another life of this database
	_, err = row(ctx, s.cfg.StatementTimeout, s.read, "SELECT coalesce(pg_xact_status($1::text::xid8), '')", []any{t.id}, &status)
	if e, ok := errors.AsType[*ServerError](err); ok && e.Code == "22023" {
		err = nil // the id is yet to come
	}
	switch {
	case err != nil:
		return false, false, err
	case status == "in progress":
		return false, false, nil
	case status == "aborted":
		return false, true, nil
	case t.linkHash == "":
		return status == "committed", true, nil
	}
	var one int
	there, err = row(ctx, s.cfg.StatementTimeout, s.read, "SELECT 1 FROM audit_chain WHERE tx = $1 AND hash = $2",
		[]any{t.linkTx, t.linkHash}, &one)
	return there, err == nil, err
}

func (s *Store) inShortWrite(ctx context.Context, fn func(context.Context, *txn) error) error {
	return s.inWrite(ctx, s.cfg.WriteTimeout, s.cfg.StatementTimeout, fn)
}

// inPassWrite is for what touches every member of a pass.
func (s *Store) inPassWrite(ctx context.Context, fn func(context.Context, *txn) error) error {
	return s.inWrite(ctx, s.cfg.passTimeout(), s.cfg.passTimeout(), fn)
}

// inRead runs statements that only read, again where they failed in passing, so
// fn sets whatever it gives back anew.
func (s *Store) inRead(ctx context.Context, fn func(context.Context) error) error {
	return retrying(ctx, 0, fn)
}

// eachRead is each outside any transaction; reset forgets what a try before has
// collected.
func (s *Store) eachRead(ctx context.Context, reset func(), query string, args []any, scan func(*sql.Rows) error) error {
	return s.inRead(ctx, func(ctx context.Context) error {
		reset()
		return each(ctx, s.cfg.StatementTimeout, s.read, query, args, scan)
	})
}

// rowRead is row outside any transaction.
func (s *Store) rowRead(ctx context.Context, query string, args []any, into ...any) (found bool, err error) {
	err = s.inRead(ctx, func(ctx context.Context) (err error) {
		found, err = row(ctx, s.cfg.StatementTimeout, s.read, query, args, into...)
		return err
	})
	return found, err
}

func (s *Store) clock(ctx context.Context, q querier) (ms int64, err error) {
	_, err = row(ctx, s.cfg.StatementTimeout, q, s.d.peek, nil, &ms)
	return ms, err
}

// exec runs a statement under the statement deadline and gives the number of
// rows it touched.
func (t *txn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	r, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, clean(err)
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
		return clean(err)
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
	return err == nil, clean(err)
}

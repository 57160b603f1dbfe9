package store

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"strconv"
)

// keys builds the JSON array of arrays that dialect.rows reads.
type keys struct {
	buf []byte
	n   int
}

func (k *keys) begin() {
	if k.n == 0 {
		k.buf = append(k.buf, '[', '[')
	} else {
		k.buf = append(k.buf, ',', '[')
	}
	k.n++
}

// addID appends a row of one number.
func (k *keys) addID(id int64) {
	k.begin()
	k.buf = append(strconv.AppendInt(k.buf, id, 10), ']')
}

// add appends a row of texts; they must be valid UTF-8 without NUL.
func (k *keys) add(texts ...string) {
	k.begin()
	for i, s := range texts {
		if i > 0 {
			k.buf = append(k.buf, ',')
		}
		k.buf = appendString(k.buf, s)
	}
	k.buf = append(k.buf, ']')
}

// String is the parameter: an empty array when nothing was added.
func (k *keys) String() string {
	if k.n == 0 {
		return "[]"
	}
	return string(k.buf) + "]"
}

// insertRows inserts rows, flat in args with width values each, in a few
// multi-row statements. scan, where given, reads what RETURNING in tail gives.
func (t *txn) insertRows(ctx context.Context, head string, width int, tail string, args []any, scan func(*sql.Rows) error) (err error) {
	d := t.s.d
	group := max(1, min(d.groupRows, d.groupParams/width)) * width
	var whole *sql.Stmt
	if len(args) > group {
		if whole, err = t.tx.PrepareContext(ctx, d.insert(head, width, group/width, tail)); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, whole.Close()) }()
	}
	for len(args) > 0 {
		n := min(group, len(args))
		if whole != nil && n == group {
			err = t.insertGroup(ctx, whole.ExecContext, whole.QueryContext, args[:n], scan)
		} else {
			query := d.insert(head, width, n/width, tail)
			err = t.insertGroup(ctx,
				func(ctx context.Context, args ...any) (sql.Result, error) {
					return t.tx.ExecContext(ctx, query, args...)
				},
				func(ctx context.Context, args ...any) (*sql.Rows, error) {
					return t.tx.QueryContext(ctx, query, args...)
				}, args[:n], scan)
		}
		if err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// oneOfMany gives the context of one of the small statements that write many
// rows. Where a statement's deadline costs a goroutine, which ends by itself but
// late on a busy machine, thousands would pile up: the transaction's deadline is
// asked before each statement instead.
func (t *txn) oneOfMany(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if t.s.d.watchedDeadlines {
		return context.WithoutCancel(ctx), func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	return ctx, cancel, nil
}

func (t *txn) insertGroup(ctx context.Context, exec func(context.Context, ...any) (sql.Result, error),
	query func(context.Context, ...any) (*sql.Rows, error), args []any, scan func(*sql.Rows) error) (err error) {
	ctx, cancel, err := t.oneOfMany(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	if scan == nil {
		_, err = exec(ctx, args...)
		return err
	}
	rows, err := query(ctx, args...)
	if err != nil {
		return err
	}
	return drain(rows, scan)
}

// execEach runs one prepared statement for each width values of args, and gives
// the number of rows touched.
func (t *txn) execEach(ctx context.Context, query string, width int, args []any) (touched int64, err error) {
	if len(args) == 0 {
		return 0, nil
	}
	stmt, err := t.tx.PrepareContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	one := func(args []any) (int64, error) {
		ctx, cancel, err := t.oneOfMany(ctx)
		if err != nil {
			return 0, err
		}
		defer cancel()
		r, err := stmt.ExecContext(ctx, args...)
		if err != nil {
			return 0, err
		}
		return r.RowsAffected()
	}
	for ; len(args) > 0; args = args[width:] {
		n, err := one(args[:width])
		if err != nil {
			return touched, err
		}
		touched += n
	}
	return touched, nil
}

func drain(rows *sql.Rows, scan func(*sql.Rows) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

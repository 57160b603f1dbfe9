package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// ids is the parameter for dialect.in.
func (d dialect) ids(list []int64) any {
	if d.arrays {
		return list
	}
	buf := make([]byte, 0, 2+8*len(list))
	buf = append(buf, '[')
	for i, id := range list {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = strconv.AppendInt(buf, id, 10)
	}
	return string(append(buf, ']'))
}

// keys collects rows of texts to be looked up in one statement.
type keys struct {
	width int
	texts []string
}

// add appends a row; its texts must be valid UTF-8 without NUL.
func (k *keys) add(texts ...string) {
	k.width = len(texts)
	k.texts = append(k.texts, texts...)
}

func (k *keys) none() bool { return len(k.texts) == 0 }

// args are the parameters of dialect.keyRows: an array a column, or one JSON
// array of arrays.
func (k *keys) args(d dialect) []any {
	if d.arrays {
		list := make([]any, k.width)
		for c := range k.width {
			column := make([]string, 0, len(k.texts)/k.width)
			for i := c; i < len(k.texts); i += k.width {
				column = append(column, k.texts[i])
			}
			list[c] = column
		}
		return list
	}
	buf := []byte{'['}
	for i, text := range k.texts {
		switch {
		case i == 0:
			buf = append(buf, '[')
		case i%k.width == 0:
			buf = append(buf, ']', ',', '[')
		default:
			buf = append(buf, ',')
		}
		buf = appendString(buf, text)
	}
	return []any{string(append(buf, ']', ']'))}
}

// insert inserts rows, flat in args with a value for each column. scan, where
// given, reads what RETURNING gives.
func (t *txn) insert(ctx context.Context, ins insertion, args []any, scan func(*sql.Rows) error) error {
	switch {
	case len(args) == 0:
		return nil
	case t.s.d.arrays:
		arrays, err := transpose(ins.columns, args)
		if err != nil {
			return err
		}
		if scan == nil {
			_, err = t.exec(ctx, ins.unnest(), arrays...)
			return err
		}
		return t.each(ctx, ins.unnest(), arrays, scan)
	}
	return t.insertGroups(ctx, ins, args, scan)
}

// transpose makes an array of each column.
func transpose(list []column, args []any) ([]any, error) {
	width := len(list)
	arrays := make([]any, width)
	for c, col := range list {
		var err error
		if arrays[c], err = array(col, args, c, width); err != nil {
			return nil, err
		}
	}
	return arrays, nil
}

// array collects every width-th value from first on.
func array(col column, args []any, first, width int) (any, error) {
	switch col.kind {
	case "bigint":
		return collect(args, first, width, col, whole)
	case nullableBigint:
		return collect(args, first, width, col, func(v any) (*int64, bool) {
			n, ok := whole(v)
			if !ok {
				return nil, v == nil
			}
			return &n, true
		})
	case "text":
		return collect(args, first, width, col, func(v any) (string, bool) { s, ok := v.(string); return s, ok })
	case "bytea":
		return collect(args, first, width, col, func(v any) ([]byte, bool) { b, ok := v.([]byte); return b, ok || v == nil })
	case "double precision":
		return collect(args, first, width, col, func(v any) (float64, bool) { f, ok := v.(float64); return f, ok })
	}
	return nil, fmt.Errorf("column %s: of unknown kind %q", col.name, col.kind)
}

func collect[T any](args []any, first, width int, col column, as func(any) (T, bool)) ([]T, error) {
	list := make([]T, 0, len(args)/width)
	for i := first; i < len(args); i += width {
		v, ok := as(args[i])
		if !ok {
			return nil, fmt.Errorf("column %s: a %T is no %s", col.name, args[i], col.kind)
		}
		list = append(list, v)
	}
	return list, nil
}

func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	}
	return 0, false
}

// insertGroups is insert where rows go as multi-row statements.
func (t *txn) insertGroups(ctx context.Context, ins insertion, args []any, scan func(*sql.Rows) error) (err error) {
	d, width := t.s.d, len(ins.columns)
	group := max(1, min(d.groupRows, d.groupParams/width)) * width
	var full *sql.Stmt
	if len(args) > group {
		if full, err = t.tx.PrepareContext(ctx, ins.values(group/width)); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, full.Close()) }()
	}
	for len(args) > 0 {
		n := min(group, len(args))
		if full != nil && n == group {
			err = t.insertGroup(ctx, full.ExecContext, full.QueryContext, args[:n], scan)
		} else {
			query := ins.values(n / width)
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

// update changes rows, flat in args with a value for each column, and gives the
// number of rows touched.
func (t *txn) update(ctx context.Context, c change, args []any) (touched int64, err error) {
	switch {
	case len(args) == 0:
		return 0, nil
	case t.s.d.arrays:
		arrays, err := transpose(c.columns, args)
		if err != nil {
			return 0, err
		}
		return t.exec(ctx, c.unnest(), arrays...)
	}
	stmt, err := t.tx.PrepareContext(ctx, c.one())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stmt.Close()) }()
	for width := len(c.columns); len(args) > 0; args = args[width:] {
		n, err := t.updateOne(ctx, stmt, args[:width])
		if err != nil {
			return touched, err
		}
		touched += n
	}
	return touched, nil
}

func (t *txn) updateOne(ctx context.Context, stmt *sql.Stmt, args []any) (int64, error) {
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

func drain(rows *sql.Rows, scan func(*sql.Rows) error) (err error) {
	defer func() {
		// What ended the rows is often told twice.
		if end := clean(rows.Close()); err == nil {
			err = end
		}
	}()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return clean(rows.Err())
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }

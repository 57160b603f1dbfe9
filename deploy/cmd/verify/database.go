package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// page is the number of rows of a stream in memory.
const page = 2000

// database is a read-only snapshot of aecode's database.
type database struct {
	pool     *sql.DB
	tx       *sql.Tx
	postgres bool
}

// openDatabase begins a read-only transaction on the database at a postgres URL, or in
// an SQLite file. Its errors contain no password.
func openDatabase(ctx context.Context, where string) (*database, error) {
	d := &database{postgres: strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")}
	driver, name, shown := "pgx", where, "the PostgreSQL database"
	options := &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
	if !d.postgres {
		driver, shown = "sqlite", where
		// A transaction of SQLite is a snapshot.
		options = nil
		query := url.Values{"mode": {"ro"}, "_txlock": {"deferred"},
			"_pragma": {"busy_timeout(10000)", "query_only(1)", "cache_size(-8192)"}}
		name = (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(where)}).EscapedPath(), RawQuery: query.Encode()}).String()
	}
	var err error
	if d.pool, err = sql.Open(driver, name); err != nil {
		// The driver's error may contain the URL.
		return nil, fmt.Errorf("open %s: the URL cannot be read", shown)
	}
	if d.tx, err = d.pool.BeginTx(ctx, options); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", shown, err), d.pool.Close())
	}
	settings := []string{"SELECT count(*) FROM audit_chain"}
	if d.postgres {
		settings = []string{"SET LOCAL statement_timeout = 0", "SET LOCAL idle_in_transaction_session_timeout = 0", settings[0]}
	}
	for _, s := range settings {
		if _, err := d.tx.ExecContext(ctx, s); err != nil {
			return nil, errors.Join(fmt.Errorf("read %s: %w; is it aecode's database?", shown, err), d.close())
		}
	}
	return d, nil
}

func (d *database) close() error {
	// Nothing was written, so there is nothing to commit.
	return errors.Join(d.tx.Rollback(), d.pool.Close())
}

// each gives every row of a query to scan. It must not be called while a stream reads a
// page on the same connection, which happens only inside next.
func (d *database) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) (err error) {
	rows, err := d.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// list gives a table expression over one JSON parameter, an array of arrays of texts.
// Its columns are "pos", the index from 0, and the columns given. It needs an alias.
func (d *database) list(param string, columns ...string) string {
	var b strings.Builder
	b.WriteString("(SELECT ")
	if d.postgres {
		b.WriteString("e.n - 1 AS pos")
	} else {
		b.WriteString("e.key AS pos")
	}
	for i, c := range columns {
		fmt.Fprintf(&b, ", e.value ->> %d AS %s", i, c)
	}
	if d.postgres {
		fmt.Fprintf(&b, " FROM json_array_elements(%s::json) WITH ORDINALITY AS e (value, n))", param)
	} else {
		fmt.Fprintf(&b, " FROM json_each(%s) AS e)", param)
	}
	return b.String()
}

// fromHex gives the SQL expression for the bytes of a text in hex.
func (d *database) fromHex(text string) string {
	if d.postgres {
		return "decode(" + text + ", 'hex')"
	}
	return "unhex(" + text + ")"
}

// stream gives a query's rows one by one, with one page in memory. Several streams can
// read the same snapshot.
type stream[T any] struct {
	d    *database
	name string
	scan func(*sql.Rows, *T) error
	// rows is used with SQLite. With PostgreSQL, pages come from a cursor.
	rows *sql.Rows
	buf  []T
	at   int
	done bool
}

func openStream[T any](ctx context.Context, d *database, name, query string, scan func(*sql.Rows, *T) error) (*stream[T], error) {
	s := &stream[T]{d: d, name: name, scan: scan, buf: make([]T, 0, page)}
	var err error
	if d.postgres {
		_, err = d.tx.ExecContext(ctx, "DECLARE "+name+" NO SCROLL CURSOR FOR "+query)
	} else {
		s.rows, err = d.tx.QueryContext(ctx, query) //nolint:rowserrcheck // fill checks the error at the end of the rows
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return s, nil
}

// peek gives the next row without taking it; nil at the end.
func (s *stream[T]) peek(ctx context.Context) (*T, error) {
	if s.at == len(s.buf) && !s.done {
		if err := s.fill(ctx); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.name, err)
		}
	}
	if s.at == len(s.buf) {
		return nil, nil //nolint:nilnil // nil is the end of the rows
	}
	return &s.buf[s.at], nil
}

// take takes the row that peek gave.
func (s *stream[T]) take() { s.at++ }

func (s *stream[T]) fill(ctx context.Context) error {
	s.buf, s.at = s.buf[:0], 0
	add := func(rows *sql.Rows) error {
		var zero T
		s.buf = append(s.buf, zero)
		return s.scan(rows, &s.buf[len(s.buf)-1])
	}
	if s.d.postgres {
		err := s.d.each(ctx, fmt.Sprintf("FETCH %d FROM %s", page, s.name), nil, add)
		s.done = len(s.buf) < page
		return err
	}
	for len(s.buf) < page {
		if !s.rows.Next() {
			s.done = true
			return s.rows.Err()
		}
		if err := add(s.rows); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream[T]) close(ctx context.Context) error {
	if s.rows != nil {
		return s.rows.Close()
	}
	_, err := s.d.tx.ExecContext(ctx, "CLOSE "+s.name)
	return err
}

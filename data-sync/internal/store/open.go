// Package store keeps reports, their codings, the nightly runs and the audit in
// SQL. The database is the only authority on what was done: every rule that
// must not break (one live coding, one open pass a run, one open pass a report,
// an owner for each chunk) is a constraint or a condition of the statement that
// writes, never only a check before it.
//
// The database is a SQLite file or, shared by any number of replicas, PostgreSQL
// at READ COMMITTED: what a transaction is about to write it has locked, rows of
// reports by id, the audit chain last; its conditions are in the statements that
// write.
//
// It implements nightly.Store, takes batches of an import in (ApplyBatch) and
// single reports (Submit), and reads for lists and exports (List, Each,
// EachReview). Every time is the database's clock; every statement has a
// deadline. No error quotes a verbatim.
//
// # Migrations
//
// They go forward only, and for one release the programs from before it work on
// what it has migrated: replicas are replaced one by one, and a faulty release is
// taken back by starting the old program again, with the data as it is. So what
// changes is spread over releases. One expands: a new table, index, nullable
// column or column with a default; it writes old and new, and reads the old
// where the new is missing. A later one contracts: it removes what no program of
// the release before it uses any more. An additive migration must not make a
// statement of the older program fail or mean something else: no NOT NULL without
// a default, no further CHECK or UNIQUE on what it writes, no other meaning of a
// value that it reads.
//
// The database says who may use it. The last statement of every migration N is
//
//	UPDATE schema_support SET version = N, oldest_program_schema = M;
//
// where M is the oldest version whose programs go on working: for an additive
// migration the last one of the release before, or less where older ones work too;
// for a contracting one the first that no longer needs what is removed. A program
// that knows up to version K opens a database ahead of it iff M <= K. Both engines
// get each change, under their own numbers.
//
// A migration runs beside replicas that work: it touches few tables, each for a
// short time, since an ALTER TABLE waits for every transaction on its table and
// keeps the next ones waiting.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	modernc "modernc.org/sqlite"
)

// readers is the size of SQLite's read pool: lists, exports and Items, beside
// the one writer.
const readers = 4

// Store is an open database. Its methods are safe for concurrent use, and any
// number of processes may have the same PostgreSQL database open.
type Store struct {
	cfg    Config
	d      dialect
	schema Schema
	// On PostgreSQL they are the same pool. SQLite has one writer at a time; a
	// second connection would only wait for the lock by polling instead of in
	// the pool's queue.
	write *sql.DB
	read  *sql.DB
}

// Open opens the database, brings its schema up to date and makes sure that it
// answers. It does not wait for a database that is away: see Transient. A
// schema that a newer program has migrated is taken as it is where it admits this
// program, see Schema, and else is ErrSchemaNewer.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	return open(ctx, cfg, migrationFiles)
}

// open is Open of the program that has these migrations.
func open(ctx context.Context, cfg Config, migrations fs.FS) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("store configuration: %w", err)
	}
	s := &Store{cfg: cfg}
	start, name := s.startSQLite, "database "+cfg.Path
	if cfg.Postgres.URL != "" {
		start, name = s.startPostgres, "PostgreSQL database"
	}
	if err := start(ctx, migrations); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", name, err), s.Close())
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", name, err), s.Close())
	}
	return s, nil
}

func (s *Store) startSQLite(ctx context.Context, migrations fs.FS) (err error) {
	s.d = sqlite
	if err = create(s.cfg.Path); err != nil {
		return fmt.Errorf("create the file: %w", err)
	}
	if s.write, err = connect(s.cfg, "immediate", 1); err != nil {
		return err
	}
	if err = s.migrate(ctx, s.write, migrations); err != nil {
		return err
	}
	s.read, err = connect(s.cfg, "deferred", readers, "query_only(1)")
	return err
}

func (s *Store) startPostgres(ctx context.Context, migrations fs.FS) (err error) {
	s.d = postgres
	// A migration may take longer than any statement later on.
	migrating, err := openPostgres(s.cfg, 1, migrateTimeout)
	if err != nil {
		return err
	}
	if err = errors.Join(s.migrate(ctx, migrating, migrations), migrating.Close()); err != nil {
		return err
	}
	s.write, err = openPostgres(s.cfg, s.cfg.Postgres.MaxConnections, s.cfg.StatementTimeout)
	s.read = s.write
	return err
}

func (s *Store) migrate(ctx context.Context, db *sql.DB, migrations fs.FS) (err error) {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	if s.schema, err = migrate(ctx, s.d, db, migrations); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// create makes the file readable for its owner only: it will hold verbatims.
// SQLite gives its -wal and -shm the same mode.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func connect(cfg Config, lock string, connections int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_txlock": {lock}}
	for _, p := range append([]string{
		fmt.Sprintf("busy_timeout(%d)", cfg.WriteTimeout.Milliseconds()),
		"journal_mode(WAL)",
		// FULL: a commit that was answered survives a power cut.
		"synchronous(FULL)",
		"foreign_keys(1)",
		"temp_store(MEMORY)",
		"cache_size(-16384)",
		"wal_autocheckpoint(4000)",
	}, pragmas...) {
		query.Add("_pragma", p)
	}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(cfg.Path)}).EscapedPath(), RawQuery: query.Encode()}
	connector, err := modernc.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close closes the database; calls under way fail.
func (s *Store) Close() error {
	var errs []error
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.read != nil && s.read != s.write {
		errs = append(errs, s.read.Close())
	}
	return errors.Join(errs...)
}

// Ping makes sure that the database answers. It is one try: who pings asks again
// by itself.
func (s *Store) Ping(ctx context.Context) error {
	if _, err := s.clock(boundDials(ctx), s.read); err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	return nil
}

// Now is the database's clock, to the millisecond.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var ms int64
	err := s.inRead(ctx, func(ctx context.Context) (err error) {
		ms, err = s.clock(ctx, s.read)
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return fromMillis(ms), nil
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

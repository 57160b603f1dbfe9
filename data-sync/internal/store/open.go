// Package store keeps reports, their codings, the nightly runs and the audit in
// SQL. The database is the only authority on what was done: every rule that
// must not break (one live coding, one open pass a run, one open pass a report,
// an owner for each chunk) is a constraint or a condition of the statement that
// writes, never only a check before it.
//
// It implements nightly.Store, takes batches of an import in (ApplyBatch) and
// single reports (Submit), and reads for lists and exports (List, Each,
// EachReview). Every time is the database's clock; every statement has a
// deadline. No error quotes a verbatim.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	modernc "modernc.org/sqlite"
)

// Config says where the database is and how long its calls may take.
type Config struct {
	// Path of the SQLite file; it is made when missing, its folder is not.
	Path string
	// StatementTimeout bounds one statement, 1 ms to 10 min.
	StatementTimeout time.Duration
	// WriteTimeout bounds one write transaction, waiting for its turn included,
	// 1 ms to 10 min.
	WriteTimeout time.Duration
	// MigrateTimeout bounds all migrations at Open, at most 1 h; 0 means one
	// minute.
	MigrateTimeout time.Duration
	// PassTimeout bounds the opening and the ending of a pass, which touch each
	// of its members, at most 1 h; 0 means ten times WriteTimeout.
	PassTimeout time.Duration
}

// DefaultConfig is the configuration for a file at path.
func DefaultConfig(path string) Config {
	return Config{
		Path:             path,
		StatementTimeout: 5 * time.Second,
		WriteTimeout:     10 * time.Second,
	}
}

// Validate reports every field that cannot work.
func (c Config) Validate() error {
	var errs []error
	switch {
	case c.Path == "":
		errs = append(errs, errors.New("Path: must name a file"))
	case strings.Contains(c.Path, ":memory:"):
		errs = append(errs, errors.New("Path: must name a file; an in-memory database would lose reports"))
	}
	within := func(name string, d, least, most time.Duration) {
		if d < least || d > most {
			errs = append(errs, fmt.Errorf("%s: is %v, must be %v to %v", name, d, least, most))
		}
	}
	within("StatementTimeout", c.StatementTimeout, time.Millisecond, 10*time.Minute)
	within("WriteTimeout", c.WriteTimeout, time.Millisecond, 10*time.Minute)
	within("MigrateTimeout", c.MigrateTimeout, 0, time.Hour)
	within("PassTimeout", c.PassTimeout, 0, time.Hour)
	return errors.Join(errs...)
}

// readers is the size of the read pool: lists, exports and Items, beside the
// one writer.
const readers = 4

// Store is an open database. Its methods are safe for concurrent use.
type Store struct {
	cfg Config
	d   dialect
	// SQLite has one writer at a time; a second connection would only wait for
	// the lock by polling instead of in the pool's queue.
	write *sql.DB
	read  *sql.DB
}

// Open opens the database, brings its schema up to date and makes sure that it
// answers. A schema newer than this program is refused.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("store configuration: %w", err)
	}
	if cfg.MigrateTimeout == 0 {
		cfg.MigrateTimeout = time.Minute
	}
	if cfg.PassTimeout == 0 {
		cfg.PassTimeout = min(10*cfg.WriteTimeout, time.Hour)
	}
	if err := create(cfg.Path); err != nil {
		return nil, fmt.Errorf("create database %s: %w", cfg.Path, err)
	}
	s := &Store{cfg: cfg, d: sqlite}
	var err error
	if s.write, err = connect(cfg, "immediate", 1); err != nil {
		return nil, fmt.Errorf("open database %s: %w", cfg.Path, err)
	}
	if err = s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database %s: %w", cfg.Path, err), s.Close())
	}
	if s.read, err = connect(cfg, "deferred", readers, "query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s for reading: %w", cfg.Path, err), s.Close())
	}
	if err = s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Ping makes sure that the database answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.Now(ctx)
	return err
}

// Now is the database's clock, to the millisecond.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	ms, err := s.clock(ctx, s.read)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the database's clock: %w", err)
	}
	return fromMillis(ms), nil
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	modernc "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations
var migrationFiles embed.FS

// migrate brings the schema up to date through db with the migrations in all,
// and gives the version it then has. One replica does it while the others wait.
// A schema that is ahead of all stays as it is. goose prints nothing.
func migrate(ctx context.Context, d dialect, db *sql.DB, all fs.FS) (Schema, error) {
	files, err := fs.Sub(all, d.migrations)
	if err != nil {
		return Schema{}, err
	}
	engine := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler))}
	if d.arrays {
		engine = goose.DialectPostgres
		options = append(options, goose.WithSessionLocker(sessionLock{}))
		if err := ensureVersionTable(ctx, db); err != nil {
			return Schema{}, err
		}
	}
	provider, err := goose.NewProvider(engine, db, files, options...)
	if err != nil {
		return Schema{}, err
	}
	if err := up(ctx, provider); err != nil {
		return Schema{}, clean(err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return Schema{}, clean(err)
	}
	if have > known {
		have, err = admitted(ctx, db, known)
	}
	return Schema{Database: have, Program: known}, err
}

// up applies what is missing. SQLite has no lock that outlives a transaction:
// where two processes open a fresh file at once, the slower one fails at what
// the other has just made or renamed, its transaction is rolled back, and it looks
// again.
func up(ctx context.Context, provider *goose.Provider) error {
	for {
		before, err := provider.GetDBVersion(ctx)
		if err == nil {
			_, err = provider.Up(ctx)
		}
		if err == nil || !madeByAnother(err) && !movedOn(ctx, provider, before) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, while another process migrates: %w", ctx.Err(), err)
		case <-time.After(time.Duration(rand.Int64N(int64(50 * time.Millisecond)))):
		}
	}
}

// movedOn reports whether the schema has another version than before. What this
// process applied itself counts too: it then fails once more at the same statement,
// and the version stands.
func movedOn(ctx context.Context, provider *goose.Provider, before int64) bool {
	now, err := provider.GetDBVersion(ctx)
	return err == nil && now != before
}

// madeByAnother tells the errors of SQLite that another process's migration
// under way can cause.
func madeByAnother(err error) bool {
	e, ok := errors.AsType[*modernc.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_SCHEMA:
		return true
	}
	return strings.Contains(e.Error(), "already exists") || strings.Contains(e.Error(), "duplicate column name")
}

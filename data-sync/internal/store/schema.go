package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Schema tells the database's schema version from the one that this program
// knows. Each engine counts its own versions.
type Schema struct {
	// Database is the version of the database when it was opened.
	Database int64
	// Program is the newest version that this program knows.
	Program int64
}

// Ahead reports whether a newer program has migrated the database.
func (s Schema) Ahead() bool { return s.Database > s.Program }

// Schema gives the versions as they were when the database was opened.
func (s *Store) Schema() Schema { return s.schema }

// support is what a database ahead of this program says of itself, read in one
// statement, since another replica may be migrating it.
const support = `SELECT (SELECT max(version_id) FROM goose_db_version WHERE is_applied), version, oldest_program_schema
	FROM schema_support WHERE id = 1`

// admitted gives the version of a database that is ahead of a program that knows
// up to version known, or ErrSchemaNewer where the program may not use it.
func admitted(ctx context.Context, db *sql.DB, known int64) (have int64, err error) {
	var said, oldest int64
	switch err := db.QueryRowContext(ctx, support).Scan(&have, &said, &oldest); {
	case errors.Is(err, sql.ErrNoRows):
		said = -1
	case err != nil && Transient(clean(err)):
		return 0, clean(err)
	case err != nil:
		return 0, fmt.Errorf("%w, which knows up to version %d, and does not say which programs may use it: %w; %s", ErrSchemaNewer, known, clean(err), useNewer)
	}
	switch {
	case have != said:
		return have, fmt.Errorf("%w: it is version %d, this program knows up to %d, and version %d does not say which programs may use it; %s",
			ErrSchemaNewer, have, known, have, useNewer)
	case oldest > known:
		return have, fmt.Errorf("%w: it is version %d, for programs that know %d or later, and this program knows up to %d; %s",
			ErrSchemaNewer, have, oldest, known, useNewer)
	}
	return have, nil
}

const useNewer = "start the program that migrated it, or this one on the backup from before that"

// ensureVersionTable makes goose's list of migrations in PostgreSQL under the
// lock. goose itself looks for it and makes it before it takes the lock, so that
// of several replicas on an empty database all but one would fail, and wait a
// second each before they look again.
func ensureVersionTable(ctx context.Context, db *sql.DB) (err error) {
	list, err := database.NewStore(database.DialectPostgres, goose.DefaultTablename)
	if err != nil {
		return err
	}
	catalog, ok := list.(database.StoreExtender)
	if !ok {
		return errors.New("goose cannot tell whether its list of migrations exists")
	}
	if exists, err := catalog.TableExists(ctx, db); err != nil || exists {
		return clean(err)
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return clean(err)
	}
	defer conn.Close()
	if err := (sessionLock{}).SessionLock(ctx, conn); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sessionLock{}.SessionUnlock(context.WithoutCancel(ctx), conn)) }()
	if exists, err := catalog.TableExists(ctx, conn); err != nil || exists {
		return clean(err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return clean(err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it has nothing to do
	if err := list.CreateVersionTable(ctx, tx); err != nil {
		return clean(err)
	}
	if err := list.Insert(ctx, tx, database.InsertRequest{Version: 0}); err != nil {
		return clean(err)
	}
	return clean(tx.Commit())
}

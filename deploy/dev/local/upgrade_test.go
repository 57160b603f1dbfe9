package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	_ "modernc.org/sqlite" // the store's engine

	"aecode/deploy/dev/local/stack"
)

// nextRelease does to a database what an additive migration of the next release
// may do.
func nextRelease(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		"ALTER TABLE ae_reports ADD COLUMN next_note TEXT",
		"ALTER TABLE pass_members ADD COLUMN next_flag INTEGER NOT NULL DEFAULT 0",
		"CREATE TABLE next_things (id INTEGER PRIMARY KEY)",
		"CREATE INDEX next_reports ON ae_reports (next_note)",
		"INSERT INTO goose_db_version (version_id, is_applied) SELECT max(version_id) + 1, true FROM goose_db_version",
		"UPDATE schema_support SET version = version + 1",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// A binary taken back after an upgrade: on the schema that the next release left
// it codes a whole night.
func TestTheBuiltProgramsCodeANightOnTheNextReleasesSchema(t *testing.T) {
	t.Parallel()
	const n = 1_000
	for name, on := range map[string]func(*testing.T) func(*stack.Options){
		"sqlite":   func(*testing.T) func(*stack.Options) { return all() },
		"postgres": func(t *testing.T) func(*stack.Options) { return replicas(1, freshDatabase(t), ownRedis(t).Addr()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := load(t, n)
			s := begun(t, on(t)) // makes the schema
			s.signal(t, stack.DataSync, syscall.SIGTERM)
			must(t, s.Wait(t.Context(), stack.DataSync))
			db := s.written(t)
			nextRelease(t, db)
			must(t, s.Restart(t.Context(), stack.DataSync))
			if log := readFile(t, s.log(stack.DataSync)); !strings.Contains(log, "a newer program has migrated the database") || !strings.Contains(log, `"database_schema":`) {
				t.Error("the log does not say that the schema is ahead")
			}
			s.mustSyncctl(t, "import", input)
			if state := readTable(t, s.mustSyncctl(t, "run", "--wait").stdout).state; state != "COMPLETED" {
				t.Errorf("the night ends %s", state)
			}
			s.mustSyncctl(t, "export", "--coded", filepath.Join(s.out, "coded.csv"), "--review", filepath.Join(s.out, "review.csv"))

			s.signal(t, stack.DataSync, syscall.SIGTERM)
			must(t, s.Wait(t.Context(), stack.DataSync))
			s.accountedFor(t, input, n)
			decidedOnce(t, db, n)
			if _, err := db.ExecContext(t.Context(), "UPDATE schema_support SET oldest_program_schema = version"); err != nil {
				t.Fatal(err)
			}
			if err := s.Restart(t.Context(), stack.DataSync); err == nil || !strings.Contains(err.Error(), "its schema is newer than this program") ||
				!strings.Contains(err.Error(), "start the program that migrated it") {
				t.Errorf("a schema that admits newer programs only: %v", err)
			}
			_ = s.Wait(t.Context(), stack.DataSync) // with an error, as it should
		})
	}
}

// written opens the database of a stack whose data-sync has ended, to write.
func (s *system) written(t *testing.T) *sql.DB {
	t.Helper()
	if s.postgres != "" {
		return s.store(t)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.out, "aecode.db"))
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

package store

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// empty gives the configuration of a database that nobody has opened, for each
// engine.
var empty = map[string]func(*testing.T) Config{
	"sqlite":   func(t *testing.T) Config { return fileConfig(filepath.Join(t.TempDir(), "aecode.db")) },
	"postgres": func(t *testing.T) Config { return pgConfig(server.database(t, "")) },
}

func TestFiveReplicasStartedAtOnceOnAnEmptyDatabaseAllOpenIt(t *testing.T) {
	for name, config := range empty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			stores := make([]*Store, 5)
			errs := make([]error, len(stores))
			var group sync.WaitGroup
			for i := range stores {
				group.Go(func() { stores[i], errs[i] = Open(t.Context(), cfg) })
			}
			group.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			load(t, stores[0], 3)
			for i, s := range stores {
				if n := len(everyReport(t, s)); n != 3 {
					t.Errorf("replica %d sees %d reports", i, n)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	for name, config := range empty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s := openStore(t, cfg)
			direct(t, s, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, $1)", true)
			if _, err := Open(t.Context(), cfg); !errors.Is(err, ErrSchemaNewer) || Transient(err) {
				t.Fatalf("err %v", err)
			}
		})
	}
}

// TestADatabaseOfTheFirstVersionKeepsItsDataAndGetsTallies opens a file as the
// first version left it, in the middle of a pass.
func TestADatabaseOfTheFirstVersionKeepsItsDataAndGetsTallies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "aecode.db")
	s, err := Open(t.Context(), fileConfig(path))
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, 7)
	p := openPass(t, s, "all", 2)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	commit(t, s, c, codedAs(list[0]), reviewOf(list[1]))
	c = claim(t, s, p, "me")
	commit(t, s, c, leftOf(items(t, s, c)[0], "DEADLINE", false))
	held := claim(t, s, p, "still-held")
	before := everyReport(t, s)
	want, err := s.Pass(t.Context(), p.RunID, p.Number)
	if err != nil {
		t.Fatal(err)
	}
	// Back to what the first version knew.
	withoutRevisions(t, s)
	for _, undo := range []string{"DROP INDEX reports_pending", "DROP INDEX reports_serious_review",
		"ALTER TABLE reports DROP COLUMN status_since", "DROP INDEX chunks_open", "DROP INDEX audit_report", "ALTER TABLE chunks DROP COLUMN tally",
		"ALTER TABLE chunks DROP COLUMN tries", "DROP TABLE schema_support", "DELETE FROM goose_db_version WHERE version_id > 1"} {
		direct(t, s, undo)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openFile(t, path)
	if diff := cmp.Diff(before, everyReport(t, s)); diff != "" {
		t.Fatal(diff)
	}
	got, err := s.Pass(t.Context(), p.RunID, p.Number)
	if err != nil {
		t.Fatal(err)
	}
	want.Elapsed, got.Elapsed = 0, 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	commit(t, s, held, codeAll(items(t, s, held))...)
	for {
		c, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "me", 1e9)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		commit(t, s, c, codeAll(items(t, s, c))...)
	}
	if ended := finish(t, s, p); ended.Coded != 5 || ended.Review != 1 || ended.Left != 1 || ended.State != run.Partial {
		t.Fatalf("%+v", ended)
	}
}

func TestAMigrationThatCannotWorkIsToldAndNotTriedForEver(t *testing.T) {
	db, err := connect(fileConfig(filepath.Join(t.TempDir(), "a.db")), "immediate", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, fstest.MapFS{
		"00001_bad.sql": {Data: []byte("-- +goose Up\nCREATE TABLE;\n")},
	}, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := up(t.Context(), provider); err == nil {
		t.Fatal("a migration that is no SQL was applied")
	}
}

// Both engines come to the same column from the version before it, in the middle
// of a pass.
func TestADatabaseThatCountedClaimsOnlyBeginsToCountTries(t *testing.T) {
	before := map[string]int{"sqlite": 2, "postgres": 1}
	for name, config := range empty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s := openStore(t, cfg)
			load(t, s, 4)
			p := openPass(t, s, "all", 2)
			held := claim(t, s, p, "still-held")
			withoutRevisions(t, s)
			for _, undo := range []string{"ALTER TABLE chunks DROP COLUMN tries", "DROP TABLE schema_support", "DROP INDEX reports_pending",
				"DROP INDEX reports_serious_review", "ALTER TABLE reports DROP COLUMN status_since"} {
				direct(t, s, undo)
			}
			direct(t, s, "DELETE FROM goose_db_version WHERE version_id > $1", before[name])

			s = openStore(t, cfg)
			held.Tries = 1
			if err := s.ReleaseChunk(t.Context(), held, 0); err != nil {
				t.Fatal(err)
			}
			if c := claim(t, s, p, "me"); c.Seq != held.Seq || c.Tries != 1 {
				t.Fatalf("%+v", c)
			}
			if c := claim(t, s, p, "me"); c.Tries != 0 || c.Attempt != 1 {
				t.Fatalf("%+v", c)
			}
		})
	}
}

func TestReportsThatWaitedBeforeItWasNotedWaitSinceTheirLastUpdate(t *testing.T) {
	before := map[string]int{"sqlite": 4, "postgres": 3}
	for name, config := range empty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s := openStore(t, cfg)
			serious := held(textRow(2, "A", ""), report.Empty)
			serious.Serious = report.Serious
			newImport(t, s, "one").send(serious, textRow(3, "B", "Headache"))
			direct(t, s, "UPDATE ae_reports SET updated_at = updated_at - 3600000")
			withoutRevisions(t, s)
			for _, undo := range []string{"DROP INDEX reports_pending", "DROP INDEX reports_serious_review",
				"ALTER TABLE reports DROP COLUMN status_since"} {
				direct(t, s, undo)
			}
			direct(t, s, "DELETE FROM goose_db_version WHERE version_id > $1", before[name])

			s = openStore(t, cfg)
			b := waiting(t, s)
			about(t, "pending", b.OldestPending, time.Hour)
			about(t, "serious in review", b.OldestSeriousReview, time.Hour)
			if name == "sqlite" {
				return // one process at a time uses the file
			}
			// What a program of the version before brings in meanwhile.
			oldReport(t, s.write, "C", "PENDING", "Rash", 0)
			direct(t, s, "UPDATE ae_reports SET status = 'CODED' WHERE record_id <> 'C'")
			if b := waiting(t, s); b.Pending != 1 || b.OldestPending < time.Hour {
				t.Errorf("%+v", b)
			}
		})
	}
}

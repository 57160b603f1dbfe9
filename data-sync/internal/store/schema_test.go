package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"aecode/data-sync/internal/run"
)

// tables are all of the schema, but for what says who may use it.
var tables = []string{"installation", "imports", "import_batches", "source_columns", "unreadable_rows", "ae_reports", "report_revisions", "report_volatile", "sources",
	"report_versions", "import_rows", "codings", "suggestions", "runs", "passes", "chunks", "pass_members", "audit_chain", "audit"}

// additive is a migration as the next release may bring it: in every table a
// nullable column and one with a default, a further table, a further index.
func additive(name string) string {
	var b strings.Builder
	for _, table := range tables {
		fmt.Fprintf(&b, "ALTER TABLE %s ADD COLUMN %s_note TEXT;\nALTER TABLE %s ADD COLUMN %s_flag INTEGER NOT NULL DEFAULT 0;\n", table, name, table, name)
	}
	fmt.Fprintf(&b, "CREATE TABLE %s_things (id INTEGER PRIMARY KEY, report_id BIGINT REFERENCES ae_reports (id));\n", name)
	fmt.Fprintf(&b, "CREATE INDEX %s_reports ON ae_reports (%s_note, study) WHERE %s_note IS NOT NULL;\n", name, name, name)
	return b.String()
}

// admits is how a migration ends.
func admits(version, oldest int64) string {
	return fmt.Sprintf("UPDATE schema_support SET version = %d, oldest_program_schema = %d;\n", version, oldest)
}

// kind is one of the two engines, with the newest version of its migrations.
type kind struct {
	d      dialect
	newest int64
}

var kinds = map[string]kind{"sqlite": {sqlite, newest(sqlite)}, "postgres": {postgres, newest(postgres)}}

func newest(d dialect) (version int64) {
	for v := range embedded(d) {
		version = max(version, v)
	}
	return version
}

// embedded are an engine's migrations by version.
func embedded(d dialect) map[int64]string {
	files, err := fs.ReadDir(migrationFiles, d.migrations)
	if err != nil {
		panic(err)
	}
	found := make(map[int64]string)
	for _, f := range files {
		text, err := fs.ReadFile(migrationFiles, path.Join(d.migrations, f.Name()))
		version, err2 := strconv.ParseInt(strings.SplitN(f.Name(), "_", 2)[0], 10, 64)
		if err := errors.Join(err, err2); err != nil {
			panic(err)
		}
		found[version] = string(text)
	}
	return found
}

// newer gives the migrations of a program with further ones.
func (e kind) newer(further ...string) fs.FS {
	all := fstest.MapFS{}
	add := func(version int64, text string) {
		all[fmt.Sprintf("%s/%05d_x.sql", e.d.migrations, version)] = &fstest.MapFile{Data: []byte(text)}
	}
	for version, text := range embedded(e.d) {
		add(version, text)
	}
	for i, text := range further {
		add(e.newest+1+int64(i), "-- +goose Up\n"+text)
	}
	return all
}

// nextRelease is the program after this one.
func (e kind) nextRelease() fs.FS { return e.newer(additive("next") + admits(e.newest+1, e.newest)) }

// migratedBy takes the database where a newer program leaves it.
func migratedBy(t *testing.T, cfg Config, migrations fs.FS) {
	t.Helper()
	s, err := open(t.Context(), cfg, migrations)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSQLiteHoldsTheContractOnTheNextReleasesSchema(t *testing.T) {
	contract(t, func(t *testing.T) *Store {
		cfg := empty["sqlite"](t)
		migratedBy(t, cfg, kinds["sqlite"].nextRelease())
		return ahead(t, openStore(t, cfg))
	})
}

func TestPostgresHoldsTheContractOnTheNextReleasesSchema(t *testing.T) {
	made := server.database(t, template)
	migratedBy(t, pgConfig(made), kinds["postgres"].nextRelease())
	from := path.Base(strings.SplitN(made, "?", 2)[0])
	contract(t, func(t *testing.T) *Store { return ahead(t, openStore(t, pgConfig(server.database(t, from)))) })
}

// ahead makes sure of what the test is about.
func ahead(t *testing.T, s *Store) *Store {
	t.Helper()
	if schema := s.Schema(); !schema.Ahead() || schema.Database != schema.Program+1 {
		t.Fatalf("%+v", schema)
	}
	number(t, s, "SELECT count(next_note) + count(*) FROM next_things, audit")
	return s
}

func TestADatabaseAheadIsOpenedIffItAdmitsThisProgram(t *testing.T) {
	for name, e := range kinds {
		n := e.newest
		for _, tc := range []struct {
			name    string
			further []string
			refused string // "": it is opened
		}{
			{"one additive migration ahead", []string{additive("one") + admits(n+1, n)}, ""},
			{"two additive ones", []string{additive("one") + admits(n+1, n), additive("two") + admits(n+2, n)}, ""},
			{"one that admits older programs still", []string{additive("one") + admits(n+1, n-1)}, ""},
			{"two ahead, the second contracts", []string{additive("one") + admits(n+1, n),
				"ALTER TABLE chunks DROP COLUMN tries;\n" + admits(n+2, n+1)},
				fmt.Sprintf("it is version %d, for programs that know %d or later, and this program knows up to %d; start the program", n+2, n+1, n)},
			{"one that forgets to say", []string{additive("one")},
				fmt.Sprintf("it is version %d, this program knows up to %d, and version %d does not say which programs may use it; start the program", n+1, n, n+1)},
			{"the second forgets to say", []string{additive("one") + admits(n+1, n), additive("two")},
				fmt.Sprintf("version %d does not say", n+2)},
			{"a record that is empty", []string{"DELETE FROM schema_support;\n"}, "does not say which programs may use it"},
			{"no record", []string{"DROP TABLE schema_support;\n"}, "does not say which programs may use it"},
		} {
			t.Run(name+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				cfg := empty[name](t)
				migratedBy(t, cfg, e.newer(tc.further...))
				s, err := Open(t.Context(), cfg)
				if tc.refused == "" {
					if err != nil {
						t.Fatal(err)
					}
					defer s.Close()
					if want := (Schema{Database: n + int64(len(tc.further)), Program: n}); s.Schema() != want {
						t.Errorf("%+v, want %+v", s.Schema(), want)
					}
					load(t, s, 2)
					return
				}
				if !errors.Is(err, ErrSchemaNewer) || Transient(err) || !strings.Contains(err.Error(), tc.refused) {
					t.Errorf("%v, want %s", err, tc.refused)
				}
			})
		}
	}
}

func TestADatabaseOfThisProgramsOwnVersionIsNotAhead(t *testing.T) {
	for name, e := range kinds {
		cfg := empty[name](t)
		if got := openStore(t, cfg).Schema(); got.Ahead() || got != (Schema{e.newest, e.newest}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

var saysSupport = regexp.MustCompile(`(?m)^UPDATE schema_support SET version = (\d+), oldest_program_schema = (\d+);\n*\z`)

func TestEveryMigrationSaysWhichProgramsMayUseWhatItLeaves(t *testing.T) {
	first := map[string]int64{"sqlite": 4, "postgres": 3} // makes the record
	for name, e := range kinds {
		oldest := first[name]
		for version := first[name] + 1; version <= e.newest; version++ {
			m := saysSupport.FindStringSubmatch(embedded(e.d)[version])
			if m == nil || m[1] != strconv.FormatInt(version, 10) {
				t.Errorf("%s %d does not end with UPDATE schema_support SET version = %d, oldest_program_schema = ...;", name, version, version)
				continue
			}
			said, err := strconv.ParseInt(m[2], 10, 64)
			if err != nil || said < oldest || said > version {
				t.Errorf("%s %d admits programs from %s on, after one that admitted from %d on", name, version, m[2], oldest)
			}
			oldest = said
		}
	}
}

// A rolling upgrade in mid-pass, with one replica taken back after it.
func TestReplicasOfTwoReleasesWorkOneQueueWhileTheNewerMigrates(t *testing.T) {
	t.Parallel()
	const reports, chunkSize = 1200, 20
	old := openPG(t)
	loadMany(t, old, "load", reports)
	p := openPass(t, old, "all", chunkSize)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()

	var group sync.WaitGroup
	var mu sync.Mutex
	done := map[string]int{}
	// work commits chunks until none is left, or until that many are done.
	work := func(s *Store, name string, most int) {
		for range most {
			c, ok, err := s.ClaimChunk(ctx, p.RunID, p.Number, name, time.Minute)
			if err != nil || !ok {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				return
			}
			list, err := s.Items(ctx, c)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			results := codeAll(list)
			results[0] = reviewOf(list[0])
			if _, err := s.CommitChunk(ctx, c, results, 0); err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			mu.Lock()
			done[name]++
			mu.Unlock()
		}
	}
	const part = reports / chunkSize / 4
	group.Go(func() { work(old, "old", part) })
	group.Go(func() { work(old, "old, too", part) })
	upgraded, err := openAgain(ctx, old.cfg, kinds["postgres"].nextRelease())
	if err != nil {
		t.Fatal(err)
	}
	defer upgraded.Close()
	if upgraded.Schema().Ahead() {
		t.Errorf("%+v", upgraded.Schema())
	}
	taken := ahead(t, openStore(t, old.cfg)) // back
	late := map[string]*Store{"new": upgraded, "taken back": taken, "old, again": old}
	for name, s := range late {
		work(s, name, 2) // before another can have taken all that is left
	}
	for name, s := range late {
		group.Go(func() { work(s, name, reports) })
	}
	group.Wait()
	for _, name := range []string{"old", "old, too", "new", "taken back", "old, again"} {
		if done[name] == 0 {
			t.Errorf("%s did nothing: %v", name, done)
		}
	}
	ended := finish(t, old, p)
	if ended.State != run.Completed || ended.Read != reports || ended.Review != reports/chunkSize {
		t.Errorf("%+v", ended)
	}
	if n := number(t, upgraded, "SELECT count(DISTINCT report_id) FROM codings"); n != ended.Coded {
		t.Errorf("%d codings, want %d", n, ended.Coded)
	}
	if err := upgraded.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

// openAgain is open as a service does it: what passes is waited for.
func openAgain(ctx context.Context, cfg Config, migrations fs.FS) (*Store, error) {
	for {
		s, err := open(ctx, cfg, migrations)
		if err == nil || !Transient(err) || ctx.Err() != nil {
			return s, err
		}
	}
}

func TestReplicasOfTwoReleasesStartedAtOnceOnAnEmptyDatabaseAllOpenIt(t *testing.T) {
	for name, e := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := empty[name](t)
			stores, errs := make([]*Store, 6), make([]error, 6)
			var group sync.WaitGroup
			for i := range stores {
				migrations := fs.FS(migrationFiles)
				if i%2 == 1 {
					migrations = e.nextRelease()
				}
				group.Go(func() { stores[i], errs[i] = open(t.Context(), cfg, migrations) })
			}
			group.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			for i, s := range stores {
				if _, _, err := s.Submit(t.Context(), textRow(0, fmt.Sprint(i), "Headache")); err != nil {
					t.Errorf("replica %d: %v", i, err)
				}
			}
			for _, s := range stores {
				if n := len(everyReport(t, s)); n != len(stores) {
					t.Errorf("%d reports", n)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

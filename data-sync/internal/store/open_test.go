package store

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
)

var _ nightly.Store = (*Store)(nil)

// setBack gives a store as a backup taken now would restore it.
func setBack(t *testing.T, s *Store) *Store {
	t.Helper()
	if s.d.arrays {
		return copyPG(t, s)
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	direct(t, s, "VACUUM INTO '"+path+"'")
	return openFile(t, path)
}

func TestOpenRefusesAConfigurationThatCannotWork(t *testing.T) {
	for field, change := range map[string]func(*Config){
		"Path":             func(c *Config) { c.Path = "" },
		"Path: must name":  func(c *Config) { c.Path = ":memory:" },
		"StatementTimeout": func(c *Config) { c.StatementTimeout = 0 },
		"WriteTimeout":     func(c *Config) { c.WriteTimeout = -time.Second },
		"is of no use":     func(c *Config) { c.Postgres.PasswordFile = "/run/secrets/db" },
	} {
		cfg := fileConfig(filepath.Join(t.TempDir(), "a.db"))
		change(&cfg)
		s, err := Open(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: store %v, err %v", field, s, err)
		}
	}
}

func TestOpenSaysWhenTheFolderIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "a.db")
	if _, err := Open(t.Context(), fileConfig(path)); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Fatalf("err %v", err)
	}
}

func TestOpenRefusesAFileThatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), fileConfig(path)); err == nil {
		t.Fatal("opened")
	}
}

func TestReportsSurviveReopening(t *testing.T) {
	// A path that a URL would take apart.
	path := filepath.Join(t.TempDir(), "a b%20?x=1#y.db")
	s, err := Open(t.Context(), fileConfig(path))
	if err != nil {
		t.Fatal(err)
	}
	load(t, s, 3)
	before := everyReport(t, s)
	if err = s.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, everyReport(t, openFile(t, path))); diff != "" {
		t.Fatal(diff)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v: others can read verbatims", info.Mode())
	}
}

func TestEveryConnectionHasItsPragmas(t *testing.T) {
	s := openSQLite(t)
	for name, db := range map[string]*sql.DB{"write": s.write, "read": s.read} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
			var got string
			if err := db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %q, %v", name, pragma, got, err)
			}
		}
	}
	if _, err := s.read.Exec("DELETE FROM ae_reports"); err == nil {
		t.Error("the read pool writes")
	}
}

func TestTheClockIsTheDatabases(t *testing.T) {
	s := openSQLite(t)
	before := time.Now().Add(-2 * time.Millisecond)
	got, err := s.Now(t.Context())
	if err != nil || got.Before(before) || got.After(time.Now().Add(2*time.Millisecond)) {
		t.Fatalf("%v after %v, %v", got, before, err)
	}
}

func TestAWriteWaitsNoLongerThanItsTimeout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	cfg := fileConfig(path)
	cfg.WriteTimeout = 20 * time.Millisecond
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	// Another process holds the database.
	other := openFile(t, path)
	tx, err := other.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Submit(t.Context(), textRow(0, "A", "Headache"))
	if rollback := tx.Rollback(); rollback != nil {
		t.Fatal(rollback)
	}
	if !errors.Is(err, context.DeadlineExceeded) && (err == nil || !strings.Contains(err.Error(), "locked")) {
		t.Fatalf("err %v", err)
	}
}

// TestTheReasonsForPeopleAreTheOnesReportHolds keeps the SQL condition and the
// Go one the same.
func TestTheReasonsForPeopleAreTheOnesReportHolds(t *testing.T) {
	for _, r := range forPeople {
		if r != report.Poison && !r.Held() {
			t.Errorf("%s is not held", r)
		}
	}
	for _, r := range []report.Reason{report.Empty, report.TooLong, report.InvalidUTF8, report.ControlCharacter, report.NewlineInVerbatim,
		report.DuplicateIdentity, report.Poison, report.Suggested, report.NoMatch, report.Refused, ""} {
		sub := subject{status: report.Review, reason: r}
		if want := strings.Contains(machineMayDecide, "'"+string(r)+"'"); r != "" && sub.machineMayDecide() == want {
			t.Errorf("%s: SQL and Go differ", r)
		}
	}
}

func FuzzFieldsComeBackAsTheyWere(f *testing.F) {
	f.Add("AETERM", "pain \"in\" \\ the <arm>\x00\xff\n\u2028")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, name, value string) {
		if !report.IsText(name) {
			return
		}
		want := []report.Field{{Name: name, Value: value}, {Name: value, Value: name}}
		if !report.IsText(value) {
			want = want[:1]
		}
		got, err := decodeFields(encodeFields(want))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestFieldsThatSayTheSameAreTheSame(t *testing.T) {
	for _, c := range []struct {
		stored, fresh string
		same          bool
	}{
		{`[{"n": "A", "v": "\u0031"}]`, `[{"n":"A","v":"1"}]`, true},
		{`[{"n":"A","v":"1"}]`, `[{"n":"A","v":"2"}]`, false},
		{`[{"n":"A","v":"1"}]`, `[{"n":"A","v":"1"},{"n":"B","v":""}]`, false},
		{`no JSON`, `[]`, false},
	} {
		if got := sameFields(c.stored, c.fresh); got != c.same {
			t.Errorf("%s and %s: %v", c.stored, c.fresh, got)
		}
	}
}

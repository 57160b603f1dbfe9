package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aecode/common/retry"
	"aecode/common/testsupport/localserver"
	"aecode/data-sync/internal/report"
)

func TestAConfigurationOfPostgresThatCannotWorkIsRefusedByField(t *testing.T) {
	for field, change := range map[string]func(*Config){
		"Path: must name":         func(c *Config) { c.Postgres.URL = "" },
		"Postgres.URL: must be":   func(c *Config) { c.Postgres.URL = "host=db password=s3cret" },
		"URL: must be of the":     func(c *Config) { c.Postgres.URL = "postgres://u:s3cret@host:port/x" },
		"Postgres.URL: has":       func(c *Config) { c.Postgres.URL += "?sslmode=s3cret" },
		"PasswordFile: must not":  func(c *Config) { c.Postgres.PasswordFile = "/run/secrets/db" },
		"Postgres.MaxConnections": func(c *Config) { c.Postgres.MaxConnections = -1 },
		"Postgres.ConnectTimeout": func(c *Config) { c.Postgres.ConnectTimeout = time.Hour },
		"StatementTimeout":        func(c *Config) { c.StatementTimeout = 0 },
	} {
		cfg := pgConfig("postgres://u:s3cret@127.0.0.1:1/x")
		change(&cfg)
		err := cfg.Validate()
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: err %v", field, err)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the password is shown", field)
		}
	}
}

func TestWithPostgresThePathIsUnusedAndFilesAreNotLookedFor(t *testing.T) {
	cfg := pgConfig("postgres://u@127.0.0.1:1/x?sslmode=verify-full&sslrootcert=/nowhere/ca.crt")
	cfg.Path, cfg.Postgres.PasswordFile = "a.db", "/nowhere/password"
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), cfg); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/nowhere/ca.crt") {
		t.Errorf("Open = %v, want the file named", err)
	}
}

// TestWhyADatabaseCannotBeOpenedIsTold tells what a start waits for from what
// it must not wait for, and never shows a password.
func TestWhyADatabaseCannotBeOpenedIsTold(t *testing.T) {
	t.Parallel()
	good := server.database(t, "")
	at, err := url.Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*url.URL)) string {
		u := *at
		change(&u)
		return u.String()
	}
	port, err := localserver.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url string
		wait      bool
		says      string
	}{
		{"wrong password", with(func(u *url.URL) { u.User = url.UserPassword("aecode", "s3cret-wrong") }), false, "28P01"},
		{"no such database", with(func(u *url.URL) { u.Path = "/none" }), false, "3D000"},
		{"nobody listens", with(func(u *url.URL) { u.Host = fmt.Sprint("127.0.0.1:", port) }), true, "connect"},
	} {
		_, err := Open(t.Context(), pgConfig(c.url))
		if err == nil || Transient(err) != c.wait || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: transient %v, err %v", c.name, Transient(err), err)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "localserver@")) {
			t.Errorf("%s: the password is shown: %v", c.name, err)
		}
	}
}

func TestThePasswordFileIsReadAtEachConnect(t *testing.T) {
	t.Parallel()
	at, err := url.Parse(server.database(t, template))
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := at.User.Password()
	at.User = url.User(at.User.Username())
	cfg := pgConfig(at.String())
	cfg.Postgres.PasswordFile = filepath.Join(t.TempDir(), "password")
	if _, err := Open(t.Context(), cfg); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("err %v", err)
	}
	if err := os.WriteFile(cfg.Postgres.PasswordFile, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Fatalf("err %v", err)
	}
	if err := os.WriteFile(cfg.Postgres.PasswordFile, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	openStore(t, cfg)
}

// TestNoErrorOfTheServerQuotesARow provokes errors whose detail and message
// hold values.
func TestNoErrorOfTheServerQuotesARow(t *testing.T) {
	t.Parallel()
	s := openPG(t)
	load(t, s, 1)
	const secret = "sentinel-verbatim"
	for statement, code := range map[string]string{
		"INSERT INTO source_columns (name) VALUES ($1), ($1)":                                    "23505",
		"INSERT INTO import_rows (import_number, report_id, line, outcome) VALUES (1, 1, 1, $1)": "23514",
		"SELECT CAST($1 AS text)::bigint":                                                        "22P02",
		"INSERT INTO ae_reports (status) VALUES ($1)":                                            "23",
	} {
		err := s.inShortWrite(t.Context(), func(ctx context.Context, tx *txn) error {
			_, err := tx.exec(ctx, statement, secret)
			return err
		})
		e, ok := errors.AsType[*ServerError](err)
		if !ok || !strings.HasPrefix(e.Code, code) {
			t.Errorf("%s: err %v", statement, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			t.Errorf("%s: the value is quoted: %v", statement, err)
		}
	}
	// A value that the driver cannot send.
	err := s.inShortWrite(t.Context(), func(ctx context.Context, tx *txn) error {
		_, err := tx.exec(ctx, "SELECT $1::bigint", []string{secret})
		return err
	})
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("err %v", err)
	}
}

func TestOnlyWhatPassesIsTriedAgain(t *testing.T) {
	for code, want := range map[string]retry.Class{
		"40001": retry.Transient, "40P01": retry.Transient, "55P03": retry.Transient, "23505": retry.Transient,
		"08006": retry.Transient, "57P01": retry.Transient, "57P02": retry.Transient, "57P03": retry.Transient,
		"53300": retry.Transient, "25P03": retry.Transient,
		"23514": retry.Permanent, "42601": retry.Permanent, "28P01": retry.Permanent, "57014": retry.Permanent, "22021": retry.Permanent,
	} {
		if got := classify(fmt.Errorf("store codings: %w", &ServerError{Code: code})); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
	for _, err := range []error{context.DeadlineExceeded, context.Canceled, ErrInvalid, errMiscounted, errUnknownOutcome} {
		if classify(err) != retry.Permanent {
			t.Errorf("%v is tried again", err)
		}
	}
}

func TestADeadlockIsTriedAgainUntilBothAreDone(t *testing.T) {
	t.Parallel()
	s := openPG(t)
	load(t, s, 2)
	var tries [2]int
	done := make(chan error, 2)
	meet := make(chan struct{}, 2)
	for i, order := range [][]int{{1, 2}, {2, 1}} {
		go func() {
			done <- s.inShortWrite(t.Context(), func(ctx context.Context, tx *txn) error {
				tries[i]++
				for k, id := range order {
					if _, err := tx.exec(ctx, "UPDATE ae_reports SET updated_at = updated_at + 1 WHERE id = $1", id); err != nil {
						return err
					}
					if k == 0 && tries[i] == 1 { // both hold one, and want the other's
						meet <- struct{}{}
						for len(meet) < 2 {
							time.Sleep(time.Millisecond)
						}
					}
				}
				return nil
			})
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if tries[0]+tries[1] != 3 {
		t.Errorf("tries %v", tries)
	}
}

// TestAFrozenReplicaGivesItsLocksBack: one that stops within a transaction, and
// neither ends nor closes its connection.
func TestAFrozenReplicaGivesItsLocksBack(t *testing.T) {
	t.Parallel()
	cfg := pgConfig(server.database(t, template))
	cfg.StatementTimeout = 300 * time.Millisecond
	frozen, s := openStore(t, cfg), openStore(t, pgConfig(cfg.Postgres.URL))
	load(t, s, 1)
	tx, err := frozen.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("SELECT pg_advisory_xact_lock($1, $2)", lockClass, lockAudit); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, _, err := s.Submit(t.Context(), textRow(0, "A", "Headache")); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 500*time.Millisecond {
		t.Errorf("the lock was no lock: %v", took)
	}
	if tx.Commit() == nil {
		t.Error("the frozen transaction committed")
	}
}

func TestAStatementOnPostgresEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	cfg := pgConfig(server.database(t, template))
	cfg.StatementTimeout = 200 * time.Millisecond
	s, other := openStore(t, cfg), openStore(t, pgConfig(cfg.Postgres.URL))
	load(t, s, 1)
	tx, err := other.write.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("LOCK TABLE reports"); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	_, err = s.List(t.Context(), Filter{})
	if took := time.Since(begin); err == nil || !Transient(err) || took > 5*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if list, err := s.List(t.Context(), Filter{}); err != nil || len(list) != 1 {
		t.Errorf("%d reports, %v", len(list), err)
	}
}

func TestEverySessionOfPostgresHasItsLimits(t *testing.T) {
	t.Parallel()
	s := openPG(t)
	for name, want := range map[string]string{
		"application_name": "data-sync", "statement_timeout": "6s", "lock_timeout": "4s",
		"idle_in_transaction_session_timeout": "6s", "tcp_keepalives_idle": "5", "transaction_isolation": "read committed",
	} {
		var got string
		if err := s.read.QueryRow("SHOW " + name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	// What touches a million members may take its time.
	err := s.inPassWrite(t.Context(), func(ctx context.Context, tx *txn) error {
		var got string
		_, err := tx.row(ctx, "SHOW statement_timeout", nil, &got)
		if got != "101s" {
			t.Errorf("statement_timeout is %q", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheAuditOnPostgresCannotBeTruncated(t *testing.T) {
	t.Parallel()
	s := openPG(t)
	for _, table := range []string{"audit", "audit_chain"} {
		if _, err := s.write.Exec("TRUNCATE " + table); err == nil {
			t.Errorf("%s was emptied", table)
		}
	}
}

// TestAStoreOutlivesItsDatabase kills the server and starts it again: what was
// committed is there, and the same store goes on.
func TestAStoreOutlivesItsDatabase(t *testing.T) {
	t.Parallel()
	pg, err := localserver.StartPostgres(t.Context(), localserver.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if err := pg.CreateDatabase(t.Context(), "life", ""); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, pgConfig(pg.URL("life")))
	load(t, s, 3)
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, _, err := s.Submit(t.Context(), textRow(0, "A", "Headache")); err == nil || !Transient(err) {
		t.Errorf("err %v", err)
	}
	if _, err := s.Now(t.Context()); err == nil || !Transient(err) {
		t.Errorf("err %v", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("an outage is told after %v", took)
	}
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, outcome, err := s.Submit(t.Context(), textRow(0, "A", "Headache")); err != nil || outcome != report.New {
		t.Errorf("%s %v", outcome, err)
	}
	if n := len(everyReport(t, s)); n != 4 {
		t.Errorf("%d reports", n)
	}
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

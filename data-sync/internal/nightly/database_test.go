package nightly_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for SQL past the store
	_ "modernc.org/sqlite"             // likewise

	"aecode/common/testsupport/localserver"
	"aecode/data-sync/internal/store"
)

// database is a migrated database without reports: the store on it, and a way
// past the store.
type database struct {
	cfg   store.Config
	store *store.Store
	sql   *sql.DB
	drop  func() error
}

func (d *database) close() error {
	for _, end := range []func() error{d.store.Close, d.sql.Close, d.drop} {
		if err := end(); err != nil {
			return err
		}
	}
	return nil
}

// another opens the same database once more, as another replica does.
func (d *database) another(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), d.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// maker makes databases of one engine, fast: each is a copy of one that was
// migrated.
type maker func(ctx context.Context) (*database, error)

// onEveryEngine runs a test on SQLite and on a real PostgreSQL.
func onEveryEngine(t *testing.T, test func(t *testing.T, fresh maker)) {
	t.Run("sqlite", func(t *testing.T) { test(t, sqliteMaker(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresMaker(t)) })
}

func sqliteMaker(t *testing.T) maker {
	dir := t.TempDir()
	template := filepath.Join(dir, "template.db")
	migrate(t, storeConfig(template))
	bytes, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	var n atomic.Int32
	return func(ctx context.Context) (*database, error) {
		home := filepath.Join(dir, fmt.Sprint(n.Add(1)))
		if err := os.Mkdir(home, 0o700); err != nil {
			return nil, err
		}
		path := filepath.Join(home, "aecode.db")
		if err := os.WriteFile(path, bytes, 0o600); err != nil {
			return nil, err
		}
		return openDatabase(ctx, storeConfig(path), "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)",
			func() error { return os.RemoveAll(home) })
	}
}

var postgres struct {
	sync.Mutex
	server    *localserver.Postgres
	databases atomic.Int32
}

func stopPostgres() error {
	postgres.Lock()
	defer postgres.Unlock()
	if postgres.server == nil {
		return nil
	}
	return postgres.server.Stop()
}

func postgresMaker(t *testing.T) maker {
	t.Helper()
	const template = "migrated"
	postgres.Lock()
	defer postgres.Unlock()
	if postgres.server == nil {
		server, err := localserver.StartPostgres(t.Context(), localserver.PostgresOptions{})
		if err != nil {
			t.Fatal(err)
		}
		postgres.server = server
		if err := server.CreateDatabase(t.Context(), template, ""); err != nil {
			t.Fatal(err)
		}
		migrate(t, postgresConfig(server.URL(template)))
	}
	server := postgres.server
	return func(ctx context.Context) (*database, error) {
		name := fmt.Sprintf("test%d", postgres.databases.Add(1))
		if err := server.CreateDatabase(ctx, name, template); err != nil {
			return nil, err
		}
		url := server.URL(name)
		return openDatabase(ctx, postgresConfig(url), "pgx", url,
			func() error { return server.DropDatabase(context.WithoutCancel(ctx), name) })
	}
}

func postgresConfig(url string) store.Config {
	cfg := storeConfig("")
	cfg.Postgres = store.PostgresConfig{URL: url, MaxConnections: 16, ConnectTimeout: 5 * time.Second}
	return cfg
}

func storeConfig(path string) store.Config {
	return store.Config{Path: path, StatementTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
}

func migrate(t *testing.T, cfg store.Config) {
	t.Helper()
	s, err := store.Open(t.Context(), cfg)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func openDatabase(ctx context.Context, cfg store.Config, driver, dsn string, drop func() error) (*database, error) {
	s, err := store.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	direct, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	return &database{cfg: cfg, store: s, sql: direct, drop: drop}, nil
}

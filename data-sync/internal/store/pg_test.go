package store

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aecode/common/testsupport/localserver"
)

// withServer stops the PostgreSQL that the tests share before goroutines are
// counted.
type withServer struct{ *testing.M }

func (w withServer) Run() int {
	code := w.M.Run()
	if err := server.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		return max(code, 1)
	}
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(withServer{m}) }

// pgServer is one PostgreSQL for all tests of the process, started by the first
// that needs it. Each test has a database of its own, made from a migrated one.
type pgServer struct {
	once  sync.Once
	mu    sync.Mutex // localserver is for one goroutine
	pg    *localserver.Postgres
	err   error
	count atomic.Int64
}

var server pgServer

const template = "migrated"

func (p *pgServer) start() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if p.pg, p.err = localserver.StartPostgres(ctx, localserver.PostgresOptions{}); p.err != nil {
		return
	}
	if p.err = p.pg.CreateDatabase(ctx, template, ""); p.err != nil {
		return
	}
	s, err := Open(ctx, pgConfig(p.pg.URL(template)))
	if err != nil {
		p.err = err
		return
	}
	p.err = s.Close()
}

func (p *pgServer) stop() error {
	if p.pg == nil {
		return nil
	}
	return p.pg.Stop()
}

// database makes a database from another one, or an empty one, for a test.
func (p *pgServer) database(t testing.TB, from string) string {
	t.Helper()
	p.once.Do(p.start)
	if p.err != nil {
		t.Fatalf("PostgreSQL for the tests: %v", p.err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	name := fmt.Sprintf("test_%d", p.count.Add(1))
	if err := p.pg.CreateDatabase(t.Context(), name, from); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	return p.pg.URL(name)
}

func pgConfig(url string) Config {
	return Config{Postgres: PostgresConfig{URL: url, MaxConnections: 8, ConnectTimeout: 5 * time.Second}, StatementTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
}

func openPG(t testing.TB) *Store {
	t.Helper()
	return openStore(t, pgConfig(server.database(t, template)))
}

// replica opens the database of s once more, with a pool of its own.
func replica(t testing.TB, s *Store) *Store {
	t.Helper()
	return openStore(t, s.cfg)
}

// copyPG gives a copy of the database of s as it is now.
func copyPG(t *testing.T, s *Store) *Store {
	t.Helper()
	// A template must have no connections.
	s.write.SetMaxIdleConns(0)
	defer s.write.SetMaxIdleConns(4)
	at, _, _ := strings.Cut(s.cfg.Postgres.URL, "?")
	return openStore(t, pgConfig(server.database(t, at[strings.LastIndex(at, "/")+1:])))
}

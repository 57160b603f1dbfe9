package main

import (
	"context"
	"database/sql"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the store's engine
	"github.com/redis/go-redis/v9"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/local/stack"
)

// servers holds the PostgreSQL that the tests share, each with a database of
// its own in it.
var servers struct {
	sync.Mutex
	started   bool
	postgres  *localserver.Postgres
	err       error
	databases int
}

// closeServers ends what the tests shared.
func closeServers() error {
	servers.Lock()
	defer servers.Unlock()
	if servers.postgres == nil {
		return nil
	}
	return servers.postgres.Stop()
}

// startPostgres starts a server, with further settings if there are any.
func startPostgres(settings map[string]string) (*localserver.Postgres, error) {
	// Its life is not a test's.
	return localserver.StartPostgres(context.Background(), localserver.PostgresOptions{Settings: settings})
}

// freshDatabase makes an empty database on the shared server, which goes with
// the test, and gives its URL.
func freshDatabase(t *testing.T) string {
	t.Helper()
	servers.Lock()
	defer servers.Unlock()
	if !servers.started {
		servers.started = true
		servers.postgres, servers.err = startPostgres(nil)
	}
	if servers.err != nil {
		t.Fatal(servers.err)
	}
	servers.databases++
	name := fmt.Sprintf("test%d", servers.databases)
	if err := servers.postgres.CreateDatabase(t.Context(), name, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		servers.Lock()
		defer servers.Unlock()
		if err := servers.postgres.DropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return servers.postgres.URL(name)
}

// ownRedis starts a Redis for this test, to be killed or flushed as it likes.
func ownRedis(t *testing.T) *localserver.Redis {
	t.Helper()
	r, err := localserver.StartRedis(t.Context(), localserver.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// ownPostgres starts a PostgreSQL for this test, to be killed as it likes.
func ownPostgres(t *testing.T) *localserver.Postgres {
	t.Helper()
	return postgresWith(t, nil)
}

// postgresWith is ownPostgres with further settings.
func postgresWith(t *testing.T, settings map[string]string) *localserver.Postgres {
	t.Helper()
	pg, err := startPostgres(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	return pg
}

func flush(t *testing.T, addr string) {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr})
	defer client.Close()
	if err := client.FlushAll(soon(t)).Err(); err != nil {
		t.Fatal(err)
	}
}

// replicas makes a stack of n data-syncs on one PostgreSQL and one Redis.
func replicas(n int, url, redisAddr string) func(*stack.Options) {
	return func(o *stack.Options) {
		o.DataSyncReplicas, o.Postgres, o.Redis = n, url, []string{redisAddr}
	}
}

// all applies changes one after another.
func all(changes ...func(*stack.Options)) func(*stack.Options) {
	return func(o *stack.Options) {
		for _, change := range changes {
			change(o)
		}
	}
}

// store opens the database of a system: PostgreSQL's at any time, the SQLite
// file of a stack that has ended.
func (s *system) store(t *testing.T) *sql.DB {
	t.Helper()
	if s.postgres == "" {
		return database(t, s.out)
	}
	db, err := sql.Open("pgx", s.postgres)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// accountedFor has the accounting program judge the database by the input: every
// row found, nothing lost, nothing doubled, nothing left to do.
func (s *system) accountedFor(t *testing.T, input string, n int) {
	t.Helper()
	s.accounts(t, input, n, "left=0 lost=0 doubled=0")
}

// accounts has the accounting program judge the database, also in mid-run. Any
// goroutine may ask.
func (s *system) accounts(t *testing.T, input string, n int, want string) {
	t.Helper()
	db := s.postgres
	if db == "" {
		db = s.out + "/aecode.db"
	}
	program, err := verify()
	if err != nil {
		t.Error(err)
		return
	}
	said, err := exec.CommandContext(t.Context(), program, "-db", db, input).CombinedOutput()
	if err != nil || !strings.Contains(string(said), fmt.Sprintf("in=%d ", n)) || !strings.Contains(string(said), want) {
		t.Errorf("verify: %v\n%s", err, said)
	}
}

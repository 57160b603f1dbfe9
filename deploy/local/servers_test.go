package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the store's engine
	"github.com/redis/go-redis/v9"

	"aecode/common/localserver"
	"aecode/deploy/local/stack"
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

// startPostgres starts a server with the settings of all the tests' servers.
func startPostgres() (*localserver.Postgres, error) {
	// Its life is not a test's.
	return localserver.StartPostgres(context.Background(), localserver.PostgresOptions{})
}

// freshDatabase makes an empty database on the shared server, which goes with
// the test, and gives its URL.
func freshDatabase(t *testing.T) string {
	t.Helper()
	servers.Lock()
	defer servers.Unlock()
	if !servers.started {
		servers.started = true
		servers.postgres, servers.err = startPostgres()
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
	pg, err := startPostgres()
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
// row found, nothing lost, nothing doubled.
func (s *system) accountedFor(t *testing.T, input string, n int) {
	t.Helper()
	db := s.postgres
	if db == "" {
		db = s.out + "/aecode.db"
	}
	got := begin(t, nil, verifier(t), "-db", db, input).end(t)
	if got.code != 0 || !strings.Contains(got.stdout, fmt.Sprintf("in=%d ", n)) || !strings.Contains(got.stdout, "left=0 lost=0 doubled=0") {
		t.Errorf("verify: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// slowLink is a TCP proxy on loopback that holds everything back for a while, so
// that a pass takes long enough for something to happen in the middle of it.
type slowLink struct {
	listener net.Listener
	to       string
	delay    atomic.Int64 // nanoseconds, each way
	ctx      context.Context
	work     sync.WaitGroup
}

// newSlowLink proxies to an address that need not listen yet.
func newSlowLink(t *testing.T, to string, delay time.Duration) *slowLink {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &slowLink{listener: listener, to: to, ctx: ctx}
	l.delay.Store(int64(delay))
	l.work.Go(l.accept)
	t.Cleanup(func() {
		cancel()
		listener.Close()
		l.work.Wait()
	})
	return l
}

func (l *slowLink) addr() string { return l.listener.Addr().String() }

func (l *slowLink) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.work.Go(func() { l.serve(client) })
	}
}

func (l *slowLink) serve(client net.Conn) {
	defer client.Close()
	var dialer net.Dialer
	server, err := dialer.DialContext(l.ctx, "tcp", l.to)
	if err != nil {
		return
	}
	defer server.Close()
	// Either end, or the link's, ends both ways.
	ctx, cancel := context.WithCancel(l.ctx)
	stop := context.AfterFunc(ctx, func() { client.Close(); server.Close() })
	defer stop()
	var ways sync.WaitGroup
	ways.Go(func() { l.forward(ctx, server, client); cancel() })
	ways.Go(func() { l.forward(ctx, client, server); cancel() })
	ways.Wait()
}

func (l *slowLink) forward(ctx context.Context, to io.Writer, from io.Reader) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			select {
			case <-time.After(time.Duration(l.delay.Load())):
			case <-ctx.Done():
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// behind puts a slow link before each terminology.
func behind(t *testing.T, delay time.Duration) func(*stack.Options) {
	t.Helper()
	return func(o *stack.Options) {
		o.Via = func(addr string) string { return newSlowLink(t, addr, delay).addr() }
	}
}

package localserver

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPostgresKeepsItsDataOverAKillAndIsGoneAfterStop(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p, err := StartPostgres(ctx, PostgresOptions{Settings: map[string]string{"work_mem": "8MB"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CreateDatabase(ctx, "first one", ""); err != nil {
		t.Fatal(err)
	}
	query := func(database, sql string) (text string) {
		t.Helper()
		conn, err := pgx.Connect(ctx, p.URL(database))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		if err := conn.QueryRow(ctx, sql).Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	query("first one", "WITH x AS (SELECT set_config('search_path', 'public', false)) SELECT 'ok' FROM x")
	if got := query("first one", "SHOW work_mem"); got != "8MB" {
		t.Errorf("work_mem is %s", got)
	}
	conn, err := pgx.Connect(ctx, p.URL("first one"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE kept AS SELECT 'here' AS what"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(ctx, p.URL("first one")); err == nil {
		t.Error("it answers after Kill")
	}
	if err := p.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.CreateDatabase(ctx, "copy", "first one"); err != nil {
		t.Fatal(err)
	}
	if got := query("copy", "SELECT what FROM kept"); got != "here" {
		t.Errorf("the copy holds %q", got)
	}
	if err := p.DropDatabase(ctx, "copy"); err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	silent, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
	defer cancel()
	if _, err := pgx.Connect(silent, p.URL("first one")); err == nil {
		t.Error("it answers while it is stopped")
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p.dir); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
}

func TestRedisIsStoppedRestartedAndGoneAfterStop(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r, err := StartRedis(ctx, RedisOptions{Args: []string{"--appendonly", "yes", "--appendfsync", "always"}})
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: r.Addr()})
	defer client.Close()
	if err := client.Set(ctx, "kept", "here", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := r.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := r.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if got, err := client.Get(ctx, "kept").Result(); err != nil || got != "here" {
		t.Errorf("after the restart: %q, %v", got, err)
	}
	if err := r.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
		t.Errorf("its folder is still there: %v", err)
	}
}

// Both kinds answer each other's questions: the servers of all tests have the same
// users and passwords.
func TestAServerWhosePortAnotherHasTakenDoesNotPassForIt(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	owner, err := StartRedis(ctx, RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	late, err := StartRedis(ctx, RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Kill(); err != nil {
		t.Fatal(err)
	}
	late.port = owner.port
	if err := late.Restart(ctx); !errors.Is(err, errEnded) {
		t.Errorf("a second Redis on the port: %v, want %v", err, errEnded)
	}
	p, err := StartPostgres(ctx, PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second := *p
	if second.dir, err = p.runAs.newDir("aecode-postgres-"); err != nil {
		t.Fatal(err)
	}
	if err := second.initialise(); err != nil {
		t.Fatal(err)
	}
	second.args = second.settings(PostgresOptions{})
	if err := second.start(ctx); !errors.Is(err, errEnded) {
		t.Errorf("a second PostgreSQL on the port: %v, want %v", err, errEnded)
	}
	for _, stop := range []func() error{owner.Stop, late.Stop, p.Stop, second.Stop} {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
}

func TestServersAreNotRoots(t *testing.T) {
	t.Parallel()
	r, err := StartRedis(t.Context(), RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	}()
	info, err := os.Stat(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || stat.Uid == 0 {
		t.Error("a server's data belongs to root")
	}
}

func TestAMissingProgramSaysWhatInstallsIt(t *testing.T) {
	t.Parallel()
	_, err := find("no-such-server", "redis")
	if err == nil || err.Error() != "no-such-server is not installed: run deploy/dev/scripts/needs.sh redis" {
		t.Error(err)
	}
}

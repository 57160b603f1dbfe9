package svc_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"aecode/common/testsupport/localserver"
	"aecode/common/testsupport/trialca"
	"aecode/data-sync/internal/config"
)

// pair is a PostgreSQL and a Redis, which the tests share; one that kills them
// starts them again.
type pair struct {
	pg *localserver.Postgres
	rd *localserver.Redis
}

var shared = sync.OnceValues(func() (pair, error) {
	var p pair
	var err error
	if p.pg, err = localserver.StartPostgres(context.Background(), localserver.PostgresOptions{}); err != nil {
		return p, err
	}
	stops = append(stops, p.pg.Stop)
	if p.rd, err = localserver.StartRedis(context.Background(), localserver.RedisOptions{Args: []string{"--requirepass", "redis-secret"}}); err != nil {
		return p, err
	}
	stops = append(stops, p.rd.Stop)
	return p, nil
})

// stops end the shared servers.
var stops []func() error

// servers gives the shared servers, with an empty database.
func servers(t *testing.T) (*localserver.Postgres, *localserver.Redis) {
	t.Helper()
	p, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.pg.DropDatabase(t.Context(), "aecode"), p.pg.CreateDatabase(t.Context(), "aecode", "")); err != nil {
		t.Fatal(err)
	}
	return p.pg, p.rd
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func onServers(t *testing.T, pg *localserver.Postgres, rd *localserver.Redis) config.Config {
	t.Helper()
	c := load(t)
	c.Store.Postgres.URL = pg.URL("aecode")
	c.Idempotency.Redis.Addrs = []string{rd.Addr()}
	c.Idempotency.Redis.PasswordFile = secretFile(t, "redis-secret")
	return c
}

func TestItWaitsForPostgreSQLAndRedisAndFollowsTheDatabase(t *testing.T) {
	pg, rd := servers(t)
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := rd.Kill(); err != nil {
		t.Fatal(err)
	}
	s := begin(t, onServers(t, pg, rd))
	time.Sleep(2 * time.Second)
	if s.get() {
		t.Fatal("ready without its database")
	}
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	if s.get() {
		t.Fatal("ready without its Redis")
	}
	if err := rd.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready %v after Redis", s.becomes(t, true, 5*time.Second))

	// Redis alone makes no replica unready: what needs it fails by itself.
	if err := rd.Kill(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second)
	if !s.get() {
		t.Error("not ready for want of Redis")
	}
	if err := rd.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	t.Logf("not ready %v after the database died", s.becomes(t, false, 15*time.Second))
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready again %v after the database", s.becomes(t, true, 5*time.Second))
	s.end(t)
}

func TestAReplicaToldToStopWhileItWaitsEndsAtOnce(t *testing.T) {
	pg, rd := servers(t)
	if err := pg.Kill(); err != nil {
		t.Fatal(err)
	}
	s := begin(t, onServers(t, pg, rd))
	time.Sleep(time.Second)
	if took := s.end(t); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := pg.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestFiveReplicasStartAtOnceOnAnEmptyDatabase(t *testing.T) {
	pg, rd := servers(t)
	c := onServers(t, pg, rd)
	var all []*running
	for range 5 {
		all = append(all, begin(t, c))
	}
	var ending sync.WaitGroup
	for _, s := range all {
		s.becomes(t, true, patience)
	}
	for _, s := range all {
		ending.Go(func() { s.end(t) })
	}
	ending.Wait()
}

func TestWrongCredentialsAndANewerSchemaEndTheProcessAndSayWhy(t *testing.T) {
	pg, rd := servers(t)
	// A schema as this program makes it, which a newer one then went on with.
	s := begin(t, onServers(t, pg, rd))
	s.becomes(t, true, patience)
	s.end(t)
	db, err := sql.Open("pgx", pg.URL("aecode"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := pg.CreateDatabase(t.Context(), "newer", "aecode"); err != nil {
		t.Fatal(err)
	}
	newer, err := sql.Open("pgx", pg.URL("newer"))
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close()
	if _, err := newer.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE ROLE stranger LOGIN PASSWORD 'right'"); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"a wrong password of the database": {func(c *config.Config) {
			c.Store.Postgres.URL = strings.Replace(pg.URL("aecode"), "aecode:localserver@", "stranger@", 1)
			c.Store.Postgres.PasswordFile = secretFile(t, "WRONG-SECRET")
		}, "28P01"},
		"a password file that is not there": {func(c *config.Config) {
			c.Store.Postgres.URL = strings.Replace(pg.URL("aecode"), "aecode:localserver@", "stranger@", 1)
			c.Store.Postgres.PasswordFile = "/nowhere/password"
		}, "/nowhere/password"},
		"a newer schema": {func(c *config.Config) { c.Store.Postgres.URL = pg.URL("newer") }, "newer"},
		"a wrong password of Redis": {func(c *config.Config) {
			c.Idempotency.Redis.PasswordFile = secretFile(t, "WRONG-SECRET")
		}, "WRONGPASS"},
	} {
		t.Run(name, func(t *testing.T) {
			c := onServers(t, pg, rd)
			tc.change(&c)
			s := begin(t, c)
			select {
			case err := <-s.ended:
				if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "SECRET") {
					t.Errorf("%v, want %s named and no secret", err, tc.want)
				} else {
					t.Log(err)
				}
			case <-time.After(patience):
				t.Error("it waits for what will not come")
				s.stop()
				<-s.ended
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestADatabaseWithTheCertificateOfAnotherCAEndsTheProcess(t *testing.T) {
	_, rd := servers(t)
	now := time.Now()
	caFile := func() (*trialca.CA, string) {
		ca, err := trialca.New("ca", now.Add(-time.Hour), now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		cert, _, err := ca.PEM()
		if err != nil {
			t.Fatal(err)
		}
		return ca, secretFile(t, string(cert))
	}
	ca, _ := caFile()
	_, another := caFile()
	shown := &localserver.Certificate{}
	var err error
	if shown.Cert, shown.Key, err = ca.Issue(trialca.Leaf{Names: []string{"db"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	pg, err := localserver.StartPostgres(t.Context(), localserver.PostgresOptions{TLS: shown})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	}()
	c := onServers(t, pg, rd)
	c.Store.Postgres.URL = strings.Replace(pg.URL("postgres"), "sslmode=disable", "sslmode=verify-full&sslrootcert="+another, 1)
	s := begin(t, c)
	select {
	case err := <-s.ended:
		if err == nil || !strings.Contains(err.Error(), "unknown authority") {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("it waits for what will not come")
		s.stop()
		<-s.ended
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatIsNotThereYetIsWaitedFor(t *testing.T) {
	pg, rd := servers(t)
	c := onServers(t, pg, rd)
	c.Store.Postgres.URL = pg.URL("later")
	s := begin(t, c)
	// PostgreSQL has refused it twice: it has asked, and goes on asking.
	for began := time.Now(); refusals(t, pg, "later") < 2; time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-s.ended:
			t.Fatalf("it does not wait: %v", err)
		default:
		}
		if time.Since(began) > patience {
			t.Fatalf("it does not ask for its database twice within %v", patience)
		}
	}
	if s.get() {
		t.Fatal("ready without its database")
	}
	if err := pg.CreateDatabase(t.Context(), "later", ""); err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", s.becomes(t, true, patience))
	s.end(t)
}

// refusals counts how often PostgreSQL has said that a database is not there.
func refusals(t *testing.T, pg *localserver.Postgres, database string) int {
	t.Helper()
	log, err := os.ReadFile(pg.Log())
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(log), `database "`+database+`" does not exist`)
}

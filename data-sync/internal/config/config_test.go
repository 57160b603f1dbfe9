package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aecode/common/configfile"
	"aecode/common/mtls"
	"aecode/common/redisconn"
	"aecode/common/testsupport/samplefile"
	"aecode/data-sync/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

const shipped = "../../etc/datasync.yaml"

func load(t *testing.T) config.Config {
	t.Helper()
	var c config.Config
	if err := configfile.Load(shipped, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheShippedFileLoadsWithTheDocumentedDefaults(t *testing.T) {
	c := load(t)
	for name, same := range map[string]bool{
		"attempt 300 ms":         c.Terminology.AttemptTimeout == 300*time.Millisecond,
		"3 tries":                c.Terminology.MaxAttempts == 3,
		"100 ms to 1 s":          c.Terminology.FirstDelay == 100*time.Millisecond && c.Terminology.MaxDelay == time.Second,
		"budget 10 % + 10/s":     c.Terminology.BudgetRatio == 0.1 && c.Terminology.BudgetPerSecond == 10,
		"5 s overall":            c.Terminology.Overall == 5*time.Second,
		"run deadline 4 h":       c.Run.Deadline == 4*time.Hour,
		"outage budget 15 min":   c.Run.OutageBudget == 15*time.Minute,
		"chunk lease 15 s":       c.Run.ChunkLease == 15*time.Second,
		"nightly claim 15 s":     c.Idempotency.NightlyLease == 15*time.Second,
		"claim 30 s":             c.Idempotency.Lease == 30*time.Second,
		"retention 72 h":         c.Idempotency.Retention == 72*time.Hour,
		"500 reports a chunk":    c.Run.ChunkSize == 500,
		"loopback":               strings.HasPrefix(c.ListenOn, "127.0.0.1:"),
		"embedded":               c.Idempotency.Embedded(),
		"SQLite":                 c.Store.Path == "aecode.db" && c.Store.Postgres.URL == "",
		"anonymous reports":      c.AllowAnonymousReports,
		"no reflection":          c.Mode == "pro",
		"no request in the logs": !c.Log.Stat,
		"no TLS":                 !c.TLS.Enabled() && len(c.TLS.Clients) == 0 && !c.Idempotency.Redis.TLS.Enabled,
		"sampled every 30 s":     c.Metrics.Sample == 30*time.Second,
	} {
		if !same {
			t.Errorf("the default is not: %s", name)
		}
	}
}

func TestTheSampleShowsTheDefaultsOrSaysWhatHoldsWhereAKeyIsLeftOut(t *testing.T) {
	sample, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	wrong, keys, err := samplefile.Differences[config.Config](sample)
	if err != nil || keys < 20 {
		t.Fatalf("%d keys, %v", keys, err)
	}
	for _, difference := range wrong {
		t.Errorf("%s: %s", shipped, difference)
	}
}

func TestEveryImpossibleValueIsNamedByItsPath(t *testing.T) {
	for path, change := range map[string]func(*config.Config){
		"MaxInFlight":            func(c *config.Config) { c.MaxInFlight = 0 },
		"MaxStreams":             func(c *config.Config) { c.MaxStreams = 0 },
		"ListenOn":               func(c *config.Config) { c.ListenOn = "0.0.0.0:9102" },
		"TLS.KeyFile":            func(c *config.Config) { c.TLS.CertFile, c.TLS.CAFile = "tls.crt", "ca.crt" },
		"TLS.Clients":            func(c *config.Config) { c.TLS.Config = mtls.Config{CertFile: "c", KeyFile: "k", CAFile: "a"} },
		"Terminology.ServerName": func(c *config.Config) { c.Terminology.ServerName = "terminology" },
		"Store.Path":             func(c *config.Config) { c.Store.Path = "" },
		"Store.StatementTimeout": func(c *config.Config) { c.Store.StatementTimeout = 0 },
		"Store.WriteTimeout":     func(c *config.Config) { c.Store.WriteTimeout = time.Hour },
		"Store.Postgres.URL":     func(c *config.Config) { c.Store.Postgres.URL = "host=db password=SECRET" },
		"Store.Postgres.PasswordFile": func(c *config.Config) {
			c.Store.Postgres.URL, c.Store.Postgres.PasswordFile = "postgres://a:SECRET@db/aecode", "/run/secrets/db"
		},
		"Store.Postgres.MaxConnections": func(c *config.Config) {
			c.Store.Postgres.URL, c.Store.Postgres.MaxConnections = "postgres://a:SECRET@db/aecode", 1
		},
		"Store.Postgres.ConnectTimeout": func(c *config.Config) {
			c.Store.Postgres.URL, c.Store.Postgres.ConnectTimeout = "postgres://a:SECRET@db/aecode", 0
		},
		"Idempotency.Redis.Addrs": func(c *config.Config) { c.Idempotency.Redis.PasswordFile = "/run/secrets/redis" },
		"Idempotency.Redis.TLS.KeyFile": func(c *config.Config) {
			c.Idempotency.Redis.Addrs, c.Idempotency.Redis.TLS = []string{"r:1"}, redisconn.TLS{Enabled: true, CertFile: "tls.crt"}
		},
		"Idempotency.Redis.Addrs[0]": func(c *config.Config) { c.Idempotency.Redis.Addrs = []string{"r"} },
		"Idempotency.CallTimeout":    func(c *config.Config) { c.Idempotency.CallTimeout = 0 },
		"Idempotency.NightlyLease":   func(c *config.Config) { c.Idempotency.NightlyLease = time.Second },
		"Idempotency.Lease":          func(c *config.Config) { c.Idempotency.Lease = 5 * time.Second },
		"Idempotency.Retention":      func(c *config.Config) { c.Idempotency.Retention = 29 * time.Second },
		"Terminology.Target":         func(c *config.Config) { c.Terminology.Target = "" },
		"Terminology.AttemptTimeout": func(c *config.Config) { c.Terminology.AttemptTimeout = 0 },
		"Terminology.Overall":        func(c *config.Config) { c.Terminology.Overall = 299 * time.Millisecond },
		"Terminology.MaxAttempts":    func(c *config.Config) { c.Terminology.MaxAttempts = 0 },
		"Terminology.FirstDelay":     func(c *config.Config) { c.Terminology.FirstDelay = 0 },
		"Terminology.MaxDelay":       func(c *config.Config) { c.Terminology.MaxDelay = 99 * time.Millisecond },
		"Terminology.BudgetRatio":    func(c *config.Config) { c.Terminology.BudgetRatio = 1.1 },
		"Terminology.BudgetPerSecond": func(c *config.Config) {
			c.Terminology.BudgetRatio, c.Terminology.BudgetPerSecond = 0, 0
		},
		"Terminology.MaxBatch":    func(c *config.Config) { c.Terminology.MaxBatch = 257 },
		"Terminology.Candidates":  func(c *config.Config) { c.Terminology.Candidates = 21 },
		"Terminology.Concurrency": func(c *config.Config) { c.Terminology.Concurrency = 65 },
		"Run.TimeZone":            func(c *config.Config) { c.Run.TimeZone = "Mars/Olympus" },
		"Run.Workers":             func(c *config.Config) { c.Run.Workers = 0 },
		"Run.ChunkSize":           func(c *config.Config) { c.Run.ChunkSize = 5001 },
		"Run.ChunkLease":          func(c *config.Config) { c.Run.ChunkLease = 999 * time.Millisecond },
		"Run.Deadline":            func(c *config.Config) { c.Run.Deadline = 0 },
		"Run.OutageBudget":        func(c *config.Config) { c.Run.OutageBudget = time.Millisecond },
		"Run.Poll":                func(c *config.Config) { c.Run.Poll = time.Millisecond },
		"Run.Grace":               func(c *config.Config) { c.Run.Grace = 0 },
		"Metrics.Sample":          func(c *config.Config) { c.Metrics.Sample = 3 * time.Minute },
		"Shutdown.WaitTime":       func(c *config.Config) { c.Shutdown.WaitTime = c.Run.Grace },
	} {
		t.Run(path, func(t *testing.T) {
			c := load(t)
			change(&c)
			err := c.Validate()
			if err == nil {
				t.Fatal("taken")
			}
			if strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the password is shown: %v", err)
			}
			for line := range strings.Lines(err.Error()) {
				if strings.HasPrefix(line, path+": ") {
					return
				}
			}
			t.Errorf("%v; want a line that begins with %q", err, path+": ")
		})
	}
}

func TestTheEnvironmentAloneMovesDataSyncToPostgreSQLAndRedis(t *testing.T) {
	t.Setenv("DATASYNC_POSTGRES", "postgres://aecode@db:5432/aecode")
	t.Setenv("DATASYNC_POSTGRES_PASSWORD_FILE", "/run/secrets/db")
	t.Setenv("DATASYNC_REDIS", "r1:26379, r2:26379")
	t.Setenv("DATASYNC_REDIS_PASSWORD_FILE", "/run/secrets/redis")
	c := load(t)
	p, r := c.Store.Postgres, c.Idempotency.Redis
	if p.URL != "postgres://aecode@db:5432/aecode" || p.PasswordFile != "/run/secrets/db" || p.MaxConnections != 16 ||
		c.Idempotency.Embedded() || !slices.Equal(r.Addrs, []string{"r1:26379", "r2:26379"}) || r.PasswordFile != "/run/secrets/redis" {
		t.Errorf("%+v, %+v", p, r)
	}
}

func TestTheEnvironmentAloneGivesDataSyncItsCertificatesAndANetwork(t *testing.T) {
	for name, value := range map[string]string{
		"AECODE_TLS_CERT": "/tls/tls.crt", "AECODE_TLS_KEY": "/tls/tls.key", "AECODE_TLS_CA": "/tls/ca.crt",
		"DATASYNC_CLIENTS": "syncctl,spiffe://trial/edc", "DATASYNC_LISTEN": "0.0.0.0:9102", "TERMINOLOGY_SERVER_NAME": "terminology",
		"DATASYNC_REDIS": "redis:6379", "DATASYNC_REDIS_TLS": "true", "DATASYNC_REDIS_CA": "/tls/ca.crt",
	} {
		t.Setenv(name, value)
	}
	c := load(t)
	if c.TLS.Config != (mtls.Config{CertFile: "/tls/tls.crt", KeyFile: "/tls/tls.key", CAFile: "/tls/ca.crt"}) ||
		!slices.Equal(c.TLS.Clients, []string{"syncctl", "spiffe://trial/edc"}) || c.ListenOn != "0.0.0.0:9102" ||
		c.Terminology.ServerName != "terminology" || c.Idempotency.Redis.TLS != (redisconn.TLS{Enabled: true, CAFile: "/tls/ca.crt"}) {
		t.Errorf("%+v, %+v", c.TLS, c.Idempotency.Redis.TLS)
	}
}

func TestReplicasThatShareADatabaseMustShareARedis(t *testing.T) {
	t.Setenv("DATASYNC_POSTGRES", "postgres://aecode:SECRET@db/aecode")
	var c config.Config
	err := configfile.Load(shipped, &c)
	if err == nil || !strings.Contains(err.Error(), "Idempotency.Redis.Addrs: must name a Redis") || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("%v, want the address of a Redis asked for", err)
	}
}

func TestEveryMistakeIsToldAtOnceWithItsLine(t *testing.T) {
	content, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(content), "Workers: 2", "Workers: 0", 1)
	text = strings.Replace(text, "MaxAttempts: 3", "MaxAttempts: 99", 1)
	var c config.Config
	err = configfile.Parse("datasync.yaml", []byte(text), &c)
	if err == nil {
		t.Fatal("taken")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "datasync.yaml:") || !strings.HasPrefix(lines[1], "datasync.yaml:") ||
		strings.HasPrefix(lines[0], "datasync.yaml: ") || !strings.Contains(err.Error(), ": Run.Workers: ") || !strings.Contains(err.Error(), ": Terminology.MaxAttempts: ") {
		t.Errorf("want both with file and line:\n%v", err)
	}
}

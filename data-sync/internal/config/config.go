// Package config is the configuration of data-sync. etc/datasync.yaml shows
// every setting with its default and meaning.
package config

import (
	"net/url"
	"strings"
	"time"

	"github.com/zeromicro/go-zero/zrpc"

	"aecode/common/configfile"
	"aecode/common/mtls/mtlsconfig"
	"aecode/common/redisconn"
	"aecode/common/rpcclient"
)

// Config is the whole configuration.
type Config struct {
	zrpc.RpcServerConf
	// MaxInFlight is how many calls run at once before one is shed.
	MaxInFlight int `json:",default=256"`
	// MaxStreams is the same for watches and exports, which last.
	MaxStreams int `json:",default=64"`
	// AllowAnonymousReports lets SyncAEData take reports without identity.
	AllowAnonymousReports bool `json:",default=true"`
	// TLS is the service's identity, to its callers and to terminology, and who
	// may call it.
	TLS         mtlsconfig.Server
	Store       Store
	Idempotency Idempotency
	Terminology Terminology
	Run         Run
	Metrics     Metrics
}

// Store is where reports live: a PostgreSQL database where Postgres.URL is set,
// else an SQLite file.
type Store struct {
	// Path of the SQLite file; of no use with PostgreSQL.
	Path     string `json:",optional"`
	Postgres Postgres
	// StatementTimeout bounds one read, WriteTimeout one transaction.
	StatementTimeout time.Duration `json:",default=5s"`
	WriteTimeout     time.Duration `json:",default=10s"`
}

// Postgres is the database that several replicas share.
type Postgres struct {
	// URL is postgres://user@host:5432/database?sslmode=...; it may hold the
	// password.
	URL string `json:",optional"`
	// PasswordFile holds the password where the URL does not.
	PasswordFile string `json:",optional"`
	// MaxConnections is the largest number of connections of this process.
	MaxConnections int `json:",default=16"`
	// ConnectTimeout bounds one connection attempt.
	ConnectTimeout time.Duration `json:",default=5s"`
}

// Idempotency is the Redis that holds leases and fast replays. Where no address
// is given, one runs inside this process.
type Idempotency struct {
	Redis redisconn.Config
	// CallTimeout bounds one round trip.
	CallTimeout time.Duration `json:",default=2s"`
	// NightlyLease is renewed with the chunk, Lease is for single reports.
	NightlyLease time.Duration `json:",default=15s"`
	Lease        time.Duration `json:",default=30s"`
	Retention    time.Duration `json:",default=72h"`
}

// Terminology is the client side of the terminology service.
type Terminology struct {
	// Target is dns:///terminology:9101, a name that stands for all replicas, or
	// their addresses parted by commas.
	Target string
	// ServerName is the name in terminology's certificate where that is not the
	// host of Target.
	ServerName string `json:",optional"`
	// AttemptTimeout bounds one try, Overall all tries of one batch.
	AttemptTimeout time.Duration `json:",default=300ms"`
	Overall        time.Duration `json:",default=5s"`
	MaxAttempts    int           `json:",default=3"`
	FirstDelay     time.Duration `json:",default=100ms"`
	MaxDelay       time.Duration `json:",default=1s"`
	// BudgetRatio of the items sent, plus BudgetPerSecond items, may be retried.
	BudgetRatio     float64 `json:",default=0.1"`
	BudgetPerSecond float64 `json:",default=10"`
	// MaxBatch is the largest batch of one call, in verbatims.
	MaxBatch int `json:",default=256"`
	// Candidates wanted for a person.
	Candidates int `json:",default=5"`
	// Concurrency is how many batches are in flight at once.
	Concurrency int `json:",default=4"`
}

// Run is the nightly engine.
type Run struct {
	// TimeZone of business dates, an IANA name.
	TimeZone string `json:",default=UTC"`
	// Workers is how many chunks this process works on at once.
	Workers      int           `json:",default=2"`
	ChunkSize    int           `json:",default=500"`
	ChunkLease   time.Duration `json:",default=15s"`
	Deadline     time.Duration `json:",default=4h"`
	OutageBudget time.Duration `json:",default=15m"`
	Poll         time.Duration `json:",default=500ms"`
	// Grace is how long SIGTERM leaves a chunk to finish before it is given back.
	Grace time.Duration `json:",default=5s"`
}

// Metrics is what /metrics shows beside what this process has counted.
type Metrics struct {
	// Sample is how often the database is asked what waits in it and how the last
	// run ended.
	Sample time.Duration `json:",default=30s"`
}

// longestSample: the alerts take what is older than 5 min for unknown.
const longestSample = 2 * time.Minute

// Longest durations that are no slip of the pen.
const (
	longWait  = 10 * time.Minute
	longNight = 7 * 24 * time.Hour
)

// Validate names every setting that cannot be used by its path. What it takes,
// the packages that are set up with it take too: a file that was checked starts.
func (c Config) Validate() error {
	var errs configfile.Errors
	errs.Add("", c.RpcServerConf.Validate())
	count := func(path string, v, least, most int) {
		errs.Check(v >= least && v <= most, path, "must be %d to %d, is %d", least, most, v)
	}
	span := func(path string, d, least, most time.Duration) {
		errs.Check(d >= least && d <= most, path, "must be %v to %v, is %v", least, most, d)
	}
	count("MaxInFlight", c.MaxInFlight, 1, 100_000)
	count("MaxStreams", c.MaxStreams, 1, 100_000)
	errs.Add("TLS", c.TLS.Validate())
	errs.Add("", c.TLS.CheckListen(c.ListenOn))
	errs.Add("Store", c.Store.validate())
	span("Store.StatementTimeout", c.Store.StatementTimeout, time.Millisecond, longWait)
	span("Store.WriteTimeout", c.Store.WriteTimeout, time.Millisecond, longWait)

	i := c.Idempotency
	errs.Add("Idempotency.Redis", i.validate(c.Store))
	span("Idempotency.CallTimeout", i.CallTimeout, time.Millisecond, longWait)
	errs.Check(i.NightlyLease >= c.Run.ChunkLease, "Idempotency.NightlyLease", "must be at least Run.ChunkLease (%v), is %v", c.Run.ChunkLease, i.NightlyLease)
	errs.Check(i.Lease > c.Terminology.Overall, "Idempotency.Lease", "must be longer than Terminology.Overall (%v), is %v", c.Terminology.Overall, i.Lease)
	errs.Check(i.Retention >= max(i.Lease, i.NightlyLease), "Idempotency.Retention", "must be at least Lease and NightlyLease, is %v", i.Retention)

	t := c.Terminology
	if _, err := rpcclient.Target(t.Target); err != nil {
		errs.Addf("Terminology.Target", "must be such as dns:///terminology:9101, or several host:port parted by commas: %v", err)
	}
	errs.Check(t.ServerName == "" || c.TLS.Enabled(), "Terminology.ServerName", "is of no use without TLS.CertFile, TLS.KeyFile and TLS.CAFile")
	span("Terminology.AttemptTimeout", t.AttemptTimeout, 10*time.Millisecond, time.Minute)
	span("Terminology.Overall", t.Overall, t.AttemptTimeout, longWait)
	count("Terminology.MaxAttempts", t.MaxAttempts, 1, 10)
	span("Terminology.FirstDelay", t.FirstDelay, time.Millisecond, longWait)
	span("Terminology.MaxDelay", t.MaxDelay, t.FirstDelay, longWait)
	errs.Check(t.BudgetRatio >= 0 && t.BudgetRatio <= 1, "Terminology.BudgetRatio", "must be 0 to 1, is %v", t.BudgetRatio)
	errs.Check(t.BudgetPerSecond >= 0 && t.BudgetPerSecond <= 1e6, "Terminology.BudgetPerSecond", "must be 0 to 1,000,000, is %v", t.BudgetPerSecond)
	errs.Check(t.BudgetRatio != 0 || t.BudgetPerSecond != 0, "Terminology.BudgetPerSecond", "must not be 0 where BudgetRatio is 0; for no retries set MaxAttempts: 1")
	count("Terminology.MaxBatch", t.MaxBatch, 1, 256)
	count("Terminology.Candidates", t.Candidates, 1, 20)
	count("Terminology.Concurrency", t.Concurrency, 1, 64)

	r := c.Run
	if _, err := time.LoadLocation(r.TimeZone); err != nil {
		errs.Addf("Run.TimeZone", "must be an IANA time zone such as Europe/Berlin: %v", err)
	}
	count("Run.Workers", r.Workers, 1, 64)
	count("Run.ChunkSize", r.ChunkSize, 1, 5000)
	span("Run.ChunkLease", r.ChunkLease, time.Second, longWait)
	span("Run.Deadline", r.Deadline, time.Second, longNight)
	span("Run.OutageBudget", r.OutageBudget, time.Second, longNight)
	span("Run.Poll", r.Poll, 10*time.Millisecond, time.Minute)
	span("Run.Grace", r.Grace, time.Millisecond, longWait)
	span("Metrics.Sample", c.Metrics.Sample, time.Second, longestSample)
	errs.Check(c.Shutdown.WaitTime == 0 || c.Shutdown.WaitTime > r.Grace, "Shutdown.WaitTime",
		"must be longer than Run.Grace (%v), is %v", r.Grace, c.Shutdown.WaitTime)
	return errs.Err()
}

// validate names what cannot work by its path below Store. It never shows the
// URL, which may hold the password.
func (s Store) validate() error {
	var errs configfile.Errors
	p := s.Postgres
	if p.URL == "" {
		errs.Check(s.Path != "" && !strings.Contains(s.Path, ":memory:"), "Path", "must name the SQLite file, or Postgres.URL a database")
		errs.Check(p.PasswordFile == "", "Postgres.PasswordFile", "is of no use without Postgres.URL")
		return errs.Err()
	}
	at, err := url.Parse(p.URL)
	switch {
	case err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" || strings.Trim(at.Path, "/") == "":
		errs.Addf("Postgres.URL", "must be of the form postgres://user@host:5432/database")
	case p.PasswordFile != "":
		_, given := at.User.Password()
		errs.Check(!given && !at.Query().Has("password"), "Postgres.PasswordFile", "must not be set where the URL holds a password")
	}
	errs.Check(p.MaxConnections >= 2 && p.MaxConnections <= 1000, "Postgres.MaxConnections", "must be 2 to 1000, is %d", p.MaxConnections)
	errs.Check(p.ConnectTimeout >= time.Millisecond && p.ConnectTimeout <= time.Minute, "Postgres.ConnectTimeout", "must be 1ms to 1m, is %v", p.ConnectTimeout)
	return errs.Err()
}

// Embedded reports whether the Redis runs inside this process.
func (i Idempotency) Embedded() bool { return len(i.Redis.Addrs) == 0 }

// validate names what cannot work by its path below Idempotency.Redis.
func (i Idempotency) validate(store Store) error {
	if !i.Embedded() {
		return i.Redis.Validate()
	}
	var errs configfile.Errors
	errs.Check(store.Postgres.URL == "", "Addrs", "must name a Redis where Store.Postgres.URL is set: replicas that share a database must share their leases too")
	r := i.Redis
	errs.Check(r.MasterName == "" && !r.Cluster && r.Username == "" && r.Password == "" && r.PasswordFile == "" && r.TLS == redisconn.TLS{}, "Addrs",
		"must name the Redis that the settings beside it are for; without an address one runs inside the process")
	return errs.Err()
}

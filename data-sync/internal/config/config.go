// Package config is the configuration of data-sync. etc/datasync.yaml shows
// every setting with its default and meaning.
package config

import (
	"errors"
	"fmt"
	"time"

	"github.com/zeromicro/go-zero/zrpc"

	"aecode/common/configfile"
	"aecode/common/redisconn"
)

// Config is the whole configuration.
type Config struct {
	zrpc.RpcServerConf
	// MaxInFlight is how many calls run at once before one is shed.
	MaxInFlight int `json:",default=256"`
	// AllowAnonymousReports lets SyncAEData take reports without identity.
	AllowAnonymousReports bool `json:",default=true"`
	// InstallationKeyFile holds the key of fingerprints, 32 bytes or more.
	// Empty: a key of this process's own, for the embedded Redis only.
	InstallationKeyFile string `json:",optional"`
	Store               Store
	Idempotency         Idempotency
	Terminology         Terminology
	Run                 Run
}

// Store is where reports live.
type Store struct {
	// Path of the SQLite file.
	Path string
	// StatementTimeout bounds one read, WriteTimeout one transaction.
	StatementTimeout time.Duration `json:",default=5s"`
	WriteTimeout     time.Duration `json:",default=10s"`
}

// Idempotency is the Redis that holds leases and fast replays.
type Idempotency struct {
	// Embedded runs a Redis inside this process; Redis.Addrs is empty then.
	Embedded bool `json:",default=true"`
	Redis    redisconn.Config
	// CallTimeout bounds one round trip.
	CallTimeout time.Duration `json:",default=2s"`
	// NightlyLease is renewed with the chunk, Lease is for single reports.
	NightlyLease time.Duration `json:",default=15s"`
	Lease        time.Duration `json:",default=30s"`
	Retention    time.Duration `json:",default=72h"`
}

// Terminology is the client side of the terminology service.
type Terminology struct {
	// Target is a gRPC target such as dns:///terminology:9101.
	Target string
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

// Validate names every setting that cannot be used. go-zero calls it after
// loading.
func (c Config) Validate() error {
	errs := []error{c.RpcServerConf.Validate()}
	require := func(ok bool, path, format string, args ...any) {
		if !ok {
			errs = append(errs, configfile.Fieldf(path, format, args...))
		}
	}
	between := func(path string, v, low, high int) {
		require(v >= low && v <= high, path, "must be %d to %d, is %d", low, high, v)
	}
	positive := func(path string, d time.Duration) {
		require(d > 0, path, "must be longer than 0, is %v", d)
	}
	between("MaxInFlight", c.MaxInFlight, 1, 100_000)
	require(c.Store.Path != "", "Store.Path", "must name the SQLite file")
	positive("Store.StatementTimeout", c.Store.StatementTimeout)
	positive("Store.WriteTimeout", c.Store.WriteTimeout)

	i := c.Idempotency
	require(i.Embedded == (len(i.Redis.Addrs) == 0), "Idempotency.Redis.Addrs", "must be empty with Embedded: true and name the Redis otherwise")
	if !i.Embedded && len(i.Redis.Addrs) > 0 {
		if err := i.Redis.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("Idempotency.Redis: %w", err))
		}
	}
	require(i.Embedded || c.InstallationKeyFile != "", "InstallationKeyFile", "must be set with a Redis that outlives this process")
	positive("Idempotency.CallTimeout", i.CallTimeout)
	require(i.NightlyLease >= c.Run.ChunkLease, "Idempotency.NightlyLease", "must be at least Run.ChunkLease (%v), is %v", c.Run.ChunkLease, i.NightlyLease)
	require(i.Lease > c.Terminology.Overall, "Idempotency.Lease", "must be longer than Terminology.Overall (%v), is %v", c.Terminology.Overall, i.Lease)
	require(i.Retention >= i.Lease, "Idempotency.Retention", "must be at least Lease, is %v", i.Retention)

	t := c.Terminology
	require(t.Target != "", "Terminology.Target", "must be a gRPC target such as dns:///terminology:9101")
	positive("Terminology.AttemptTimeout", t.AttemptTimeout)
	require(t.Overall >= t.AttemptTimeout, "Terminology.Overall", "must be at least AttemptTimeout (%v), is %v", t.AttemptTimeout, t.Overall)
	between("Terminology.MaxAttempts", t.MaxAttempts, 1, 10)
	positive("Terminology.FirstDelay", t.FirstDelay)
	require(t.MaxDelay >= t.FirstDelay, "Terminology.MaxDelay", "must be at least FirstDelay (%v), is %v", t.FirstDelay, t.MaxDelay)
	require(t.BudgetRatio >= 0 && t.BudgetRatio <= 1, "Terminology.BudgetRatio", "must be 0 to 1, is %v", t.BudgetRatio)
	require(t.BudgetPerSecond >= 0 && t.BudgetPerSecond <= 1e6, "Terminology.BudgetPerSecond", "must be 0 to 1,000,000, is %v", t.BudgetPerSecond)
	between("Terminology.MaxBatch", t.MaxBatch, 1, 256)
	between("Terminology.Candidates", t.Candidates, 1, 20)
	between("Terminology.Concurrency", t.Concurrency, 1, 256)

	r := c.Run
	if _, err := time.LoadLocation(r.TimeZone); err != nil {
		require(false, "Run.TimeZone", "must be an IANA time zone such as Europe/Berlin: %v", err)
	}
	between("Run.Workers", r.Workers, 1, 64)
	between("Run.ChunkSize", r.ChunkSize, 1, 5000)
	require(r.ChunkLease >= time.Second, "Run.ChunkLease", "must be at least 1s, is %v", r.ChunkLease)
	positive("Run.Deadline", r.Deadline)
	positive("Run.OutageBudget", r.OutageBudget)
	positive("Run.Poll", r.Poll)
	positive("Run.Grace", r.Grace)
	require(c.Shutdown.WaitTime == 0 || c.Shutdown.WaitTime > r.Grace, "Shutdown.WaitTime",
		"must be longer than Run.Grace (%v), is %v", r.Grace, c.Shutdown.WaitTime)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return nil
}

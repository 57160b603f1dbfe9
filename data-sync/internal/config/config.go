// Package config is the configuration of data-sync. etc/datasync.yaml shows
// every setting with its default and meaning. A section is declared, with its ranges,
// in the package that works by it; the rules between two sections are here.
package config

import (
	"github.com/zeromicro/go-zero/zrpc"

	"aecode/common/configerr"
	"aecode/common/mtls/mtlsconfig"
	"aecode/data-sync/internal/backlog"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/store"
	"aecode/data-sync/internal/terminologyclient"
)

// Config is the whole configuration.
type Config struct {
	zrpc.RpcServerConf
	// MaxInFlight is the maximum number of calls at once: 1 to 100,000. A further call is
	// answered ResourceExhausted.
	MaxInFlight int `json:",default=256"`
	// MaxStreams is the maximum number of streams at once, which are watches and exports:
	// 1 to 100,000.
	MaxStreams int `json:",default=64"`
	// AllowAnonymousReports lets SyncAEData take reports without identity.
	AllowAnonymousReports bool `json:",default=true"`
	// TLS is the service's certificate, which it shows to its callers and to terminology,
	// and the names of its callers.
	TLS mtlsconfig.Server
	// Store is where reports live.
	Store store.Config
	// Idempotency is where idempotency records live, and for how long.
	Idempotency Idempotency
	// Terminology is how terminology is called.
	Terminology terminologyclient.Config
	// Run is the nightly engine.
	Run nightly.Config
	// Metrics is what /metrics shows beside what this process has counted.
	Metrics backlog.Config
}

// Validate returns an error that names every setting with an impossible value by its
// path. A configuration that it accepts is accepted by the packages that get it.
func (c Config) Validate() error {
	var errs configerr.Errors
	errs.Add("", c.RpcServerConf.Validate())
	errs.Count("MaxInFlight", c.MaxInFlight, 1, 100_000)
	errs.Count("MaxStreams", c.MaxStreams, 1, 100_000)
	errs.Add("TLS", c.TLS.Validate())
	errs.Add("", c.TLS.CheckListen(c.ListenOn))
	errs.Add("Store", c.Store.Validate())
	errs.Add("Idempotency", c.Idempotency.Validate())
	errs.Add("Terminology", c.Terminology.Validate())
	errs.Add("Run", c.Run.Validate())
	errs.Add("Metrics", c.Metrics.Validate())
	c.checkBetween(&errs)
	return errs.Err()
}

// checkBetween adds the faults between two sections.
func (c Config) checkBetween(errs *configerr.Errors) {
	errs.Check(c.Store.Postgres.URL == "" || !c.Idempotency.Embedded(), "Idempotency.Redis.Addrs",
		"must name a Redis where Store.Postgres.URL is set: replicas that share a database must share their leases too")
	errs.Check(c.Idempotency.NightlyLease >= c.Run.ChunkLease, "Idempotency.NightlyLease",
		"must be at least Run.ChunkLease (%v), is %v", c.Run.ChunkLease, c.Idempotency.NightlyLease)
	errs.Check(c.Idempotency.Lease > c.Terminology.Overall, "Idempotency.Lease",
		"must be longer than Terminology.Overall (%v), is %v", c.Terminology.Overall, c.Idempotency.Lease)
	errs.Check(c.Terminology.ServerName == "" || c.TLS.Enabled(), "Terminology.ServerName",
		"is of no use without TLS.CertFile, TLS.KeyFile and TLS.CAFile")
	errs.Check(c.Shutdown.WaitTime == 0 || c.Shutdown.WaitTime > c.Run.Grace, "Shutdown.WaitTime",
		"must be longer than Run.Grace (%v), is %v", c.Run.Grace, c.Shutdown.WaitTime)
}

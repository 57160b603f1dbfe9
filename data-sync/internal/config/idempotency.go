package config

import (
	"time"

	"aecode/common/configerr"
	"aecode/common/idempotency"
	"aecode/common/redisconn"
)

// Idempotency is the Redis of the idempotency records, and how long they last. The
// records of single reports and those of the nightly run are two stores, which differ
// in their leases only.
type Idempotency struct {
	// Redis is where the records are. Without an address, a Redis runs inside this
	// process.
	Redis redisconn.Config
	// Config is for both stores. Its Lease is that of a single report, longer than
	// Terminology.Overall.
	idempotency.Config
	// NightlyLease is the lease of a nightly claim, which is renewed with its chunk: at
	// least Run.ChunkLease.
	NightlyLease time.Duration `json:",default=15s"`
}

// Embedded reports whether the Redis runs inside this process.
func (i Idempotency) Embedded() bool { return len(i.Redis.Addrs) == 0 }

// Nightly returns the configuration of the nightly run's records.
func (i Idempotency) Nightly() idempotency.Config {
	c := i.Config
	c.Lease = i.NightlyLease
	return c
}

// Validate returns every field that cannot be used, each as a configerr.FieldError.
func (i Idempotency) Validate() error {
	var errs configerr.Errors
	if i.Embedded() {
		r := i.Redis
		errs.Check(r.MasterName == "" && !r.Cluster && r.Username == "" && r.Password == "" && r.PasswordFile == "" && r.TLS == redisconn.TLS{}, "Redis.Addrs",
			"must name the Redis that the settings beside it are for; without an address one runs inside the process")
	} else {
		errs.Add("Redis", i.Redis.Validate())
	}
	errs.Add("", i.Config.Validate())
	errs.Check(i.Retention >= i.NightlyLease, "Retention", "must be at least NightlyLease (%v), is %v", i.NightlyLease, i.Retention)
	return errs.Err()
}

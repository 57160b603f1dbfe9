package idempotency

import (
	"cmp"
	"strings"
	"time"

	"aecode/common/configerr"
)

// The defaults of Options. The tags of Config repeat them for configurations that
// are loaded from a file.
const (
	DefaultPrefix      = "idem"
	DefaultLease       = 30 * time.Second
	DefaultRetention   = 72 * time.Hour
	DefaultCallTimeout = 2 * time.Second
	DefaultMaxResult   = 64 << 10
)

// Config is the part of Options that a configuration file may hold.
type Config struct {
	// CallTimeout limits each round trip to Redis, in addition to the caller's
	// context: 1ms to 10m. The default of 2s is so long because an embedded Redis
	// shares its cores with the rest of the process.
	CallTimeout time.Duration `json:",default=2s"`
	// Lease is how long a claim lasts without Extend or Complete: at least 1ms. It
	// must be longer than the deadline of the work, with a margin for a slow clock
	// and a slow reply.
	Lease time.Duration `json:",default=30s"`
	// Retention is how long a completed record answers Replay: at least Lease. It
	// must be longer than the longest time between a request and its repetition.
	Retention time.Duration `json:",default=72h"`
}

// Validate returns every field that cannot be used, each as a configerr.FieldError.
func (c Config) Validate() error {
	var errs configerr.Errors
	errs.Span("CallTimeout", c.CallTimeout, time.Millisecond, 10*time.Minute)
	errs.Check(c.Lease >= time.Millisecond, "Lease", "must be at least 1ms, is %v", c.Lease)
	errs.Check(c.Retention >= c.Lease, "Retention", "must be at least Lease (%v), is %v", c.Lease, c.Retention)
	return errs.Err()
}

// Options are the settings of a Store. Zero values mean the defaults.
type Options struct {
	// Prefix is the beginning of every Redis key of the store: 1 to 64 bytes without
	// braces, "idem" by default. All replicas that share work must use the same.
	Prefix string
	Config
	// MaxResult is the size of the largest result that can be stored, in bytes,
	// 64 KiB by default.
	MaxResult int
	// Observe, if it is not nil, receives the outcomes.
	Observe Observer
}

func (o Options) withDefaults() Options {
	o.Prefix = cmp.Or(o.Prefix, DefaultPrefix)
	o.CallTimeout = cmp.Or(o.CallTimeout, DefaultCallTimeout)
	o.Lease = cmp.Or(o.Lease, DefaultLease)
	o.Retention = cmp.Or(o.Retention, DefaultRetention)
	o.MaxResult = cmp.Or(o.MaxResult, DefaultMaxResult)
	return o
}

// Validate returns every field that cannot be used, each as a configerr.FieldError.
func (o Options) Validate() error {
	var errs configerr.Errors
	errs.Check(len(o.Prefix) <= 64 && !strings.ContainsAny(o.Prefix, "{}"), "Prefix", "must have 1 to 64 bytes and no braces")
	errs.Add("", o.Config.Validate())
	errs.Check(o.MaxResult >= 0, "MaxResult", "must not be negative, is %d", o.MaxResult)
	return errs.Err()
}

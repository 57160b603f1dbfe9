package idempotency

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// The defaults of Options.
const (
	DefaultPrefix      = "idem"
	DefaultLease       = 30 * time.Second
	DefaultRetention   = 72 * time.Hour
	DefaultCallTimeout = 2 * time.Second
	DefaultMaxResult   = 64 << 10
)

// Options are the settings of a Store. Zero values mean the defaults.
type Options struct {
	// Prefix is the beginning of every Redis key of the store: 1 to 64 bytes without
	// braces, "idem" by default. All replicas that share work must use the same.
	Prefix string
	// Lease is how long a claim lasts without Extend or Complete: at least 1 ms,
	// 30 s by default. It must be longer than the deadline of the work, with a
	// margin for a slow clock and a slow reply.
	Lease time.Duration
	// Retention is how long a completed record answers Replay: at least Lease, 72 h
	// by default. It must be longer than the longest time between a request and its
	// repetition.
	Retention time.Duration
	// CallTimeout limits each round trip to Redis, in addition to the caller's
	// context: at least 1 ms, 2 s by default, because an embedded Redis shares its
	// cores with the rest of the process.
	CallTimeout time.Duration
	// MaxResult is the size of the largest result that can be stored, in bytes,
	// 64 KiB by default.
	MaxResult int
	// Observe, if it is not nil, receives the outcomes.
	Observe Observer
}

// Store claims and completes idempotency records. It is safe for concurrent use
// and has no state of its own.
type Store struct {
	client redis.UniversalClient
	opt    Options
}

// New returns a store that uses client and does not close it. It returns an error
// for options out of range, and for a client that ignores the deadlines of contexts
// (ContextTimeoutEnabled is false), because its calls would have no time limit.
func New(client redis.UniversalClient, opt Options) (*Store, error) {
	if client == nil {
		return nil, errors.New("idempotency: no Redis client given")
	}
	if !honoursDeadlines(client) {
		return nil, errors.New("idempotency: the Redis client ignores the deadlines of contexts: open it with ContextTimeoutEnabled")
	}
	if opt.Prefix == "" {
		opt.Prefix = DefaultPrefix
	}
	opt.Lease = orDefault(opt.Lease, DefaultLease)
	opt.Retention = orDefault(opt.Retention, DefaultRetention)
	opt.CallTimeout = orDefault(opt.CallTimeout, DefaultCallTimeout)
	if opt.MaxResult == 0 {
		opt.MaxResult = DefaultMaxResult
	}
	var errs []error
	if len(opt.Prefix) > 64 || strings.ContainsAny(opt.Prefix, "{}") {
		errs = append(errs, errors.New("idempotency: Prefix must have 1 to 64 bytes and no braces"))
	}
	if opt.Lease < time.Millisecond {
		errs = append(errs, fmt.Errorf("idempotency: Lease must be at least 1ms, is %v", opt.Lease))
	}
	if opt.Retention < opt.Lease {
		errs = append(errs, fmt.Errorf("idempotency: Retention must be at least the lease of %v, is %v", opt.Lease, opt.Retention))
	}
	if opt.CallTimeout < time.Millisecond {
		errs = append(errs, fmt.Errorf("idempotency: CallTimeout must be at least 1ms, is %v", opt.CallTimeout))
	}
	if opt.MaxResult < 0 {
		errs = append(errs, fmt.Errorf("idempotency: MaxResult must not be negative, is %d", opt.MaxResult))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &Store{client: client, opt: opt}, nil
}

// Lease returns how long a claim of this store lasts.
func (s *Store) Lease() time.Duration { return s.opt.Lease }

// NewOwner returns a new random owner token of at least 128 bits. Use a new one
// for each owner of claims, such as an attempt at a chunk, and the same one for
// retries of the Redis calls.
func NewOwner() string { return rand.Text() }

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

// honoursDeadlines reports whether client respects the deadlines of contexts. It
// trusts a client of an unknown type.
func honoursDeadlines(client redis.UniversalClient) bool {
	switch c := client.(type) {
	case *redis.Client:
		return c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	default:
		return true
	}
}

// millis returns d in milliseconds, rounded up and at least 1. A lease may end
// late but never early, and Redis refuses 0.
func millis(d time.Duration) int64 {
	return max(1, int64((d+time.Millisecond-1)/time.Millisecond))
}

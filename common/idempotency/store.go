package idempotency

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Defaults of Options.
const (
	DefaultPrefix      = "idem"
	DefaultLease       = 30 * time.Second
	DefaultRetention   = 72 * time.Hour
	DefaultCallTimeout = 2 * time.Second
	DefaultMaxResult   = 64 << 10
)

// Options of a Store. Zero values take the defaults.
type Options struct {
	// Prefix starts every Redis key of this store: 1 to 64 bytes without
	// braces, "idem" by default. All replicas that share work must agree on it.
	Prefix string
	// Lease is how long a claim holds without Extend or Complete, at least
	// 1 ms, 30 s by default. It must exceed the deadline of the work it covers
	// by a margin for a slow clock and a slow reply.
	Lease time.Duration
	// Retention is how long a completed record answers Replay, 72 h by
	// default. It must exceed the longest gap between a request and its
	// repetition and may not be below Lease.
	Retention time.Duration
	// CallTimeout bounds each round trip to Redis inside the caller's context,
	// 2 s by default: a busy embedded Redis shares its cores with everything.
	CallTimeout time.Duration
	// MaxResult bounds a stored result in bytes, 64 KiB by default.
	MaxResult int
	// Observe, if set, counts outcomes.
	Observe Observer
}

// Store claims and completes idempotency records. It is safe for concurrent
// use and holds no state of its own.
type Store struct {
	client redis.UniversalClient
	opt    Options
}

// New returns a store over client, which it does not own. It refuses options
// that could not work, and a client that ignores context deadlines
// (ContextTimeoutEnabled off): its calls could not be bounded.
func New(client redis.UniversalClient, opt Options) (*Store, error) {
	if client == nil {
		return nil, errors.New("idempotency: no Redis client given")
	}
	if !honoursDeadlines(client) {
		return nil, errors.New("idempotency: the Redis client ignores context deadlines; open it with ContextTimeoutEnabled")
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

// Lease returns how long a claim of this store holds.
func (s *Store) Lease() time.Duration { return s.opt.Lease }

// NewOwner returns a fresh random owner token (at least 128 bits). Take one for
// each holder of claims, for instance one per attempt at a chunk, and keep it
// across retries of the Redis calls themselves.
func NewOwner() string { return rand.Text() }

func orDefault(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

// honoursDeadlines looks into the clients it knows; others are trusted.
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

// millis rounds up: a lease may end late, never early, and never becomes 0,
// which Redis would refuse.
func millis(d time.Duration) int64 {
	return max(1, int64((d+time.Millisecond-1)/time.Millisecond))
}

package idempotency

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

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
	opt = opt.withDefaults()
	if err := opt.Validate(); err != nil {
		return nil, fmt.Errorf("idempotency: %w", err)
	}
	return &Store{client: client, opt: opt}, nil
}

// Lease returns how long a claim of this store lasts.
func (s *Store) Lease() time.Duration { return s.opt.Lease }

// NewOwner returns a new random owner token of at least 128 bits. Use a new one
// for each owner of claims, such as an attempt at a chunk, and the same one for
// retries of the Redis calls.
func NewOwner() string { return rand.Text() }

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

package idempotency

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"aecode/common/redisconn"
	"aecode/common/testsupport/localserver"
)

// The real servers of this process. Each is started when a test first needs it.
var (
	realRedis = shared[*localserver.Redis]{start: func(ctx context.Context) (*localserver.Redis, error) {
		return localserver.StartRedis(ctx, localserver.RedisOptions{})
	}}
	realSentinel = shared[*localserver.Sentinel]{start: func(ctx context.Context) (*localserver.Sentinel, error) {
		return localserver.StartSentinel(ctx, localserver.RedisOptions{})
	}}
	realCluster = shared[*localserver.Cluster]{start: func(ctx context.Context) (*localserver.Cluster, error) {
		return localserver.StartCluster(ctx, 3, localserver.RedisOptions{})
	}}
)

// shared is a server that several tests use one after another.
type shared[T interface{ Stop() error }] struct {
	start  func(context.Context) (T, error)
	once   sync.Once
	server T
	err    error
	runs   bool
}

// use starts the server if it does not run. It keeps running after the test that
// started it.
func (s *shared[T]) use(t testing.TB) T {
	t.Helper()
	s.once.Do(func() {
		s.server, s.err = s.start(context.Background())
		s.runs = s.err == nil
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.server
}

func (s *shared[T]) stop() error {
	if !s.runs {
		return nil
	}
	return s.server.Stop()
}

// dial opens a client as the services do, and closes it at the end of the test.
func dial(t testing.TB, conf redisconn.Config, opts ...redisconn.Option) redis.UniversalClient {
	t.Helper()
	c, err := redisconn.Open(conf, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// eachMaster runs do on every server that holds records.
func eachMaster(ctx context.Context, client redis.UniversalClient, do func(context.Context, redis.UniversalClient) error) error {
	if cluster, ok := client.(*redis.ClusterClient); ok {
		return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error { return do(ctx, node) })
	}
	return do(ctx, client)
}

func flushAll(t testing.TB, client redis.UniversalClient) {
	t.Helper()
	if err := eachMaster(t.Context(), client, func(ctx context.Context, c redis.UniversalClient) error {
		return c.FlushAll(ctx).Err()
	}); err != nil {
		t.Fatal(err)
	}
}

func flushScripts(t testing.TB, client redis.UniversalClient) {
	t.Helper()
	if err := eachMaster(t.Context(), client, func(ctx context.Context, c redis.UniversalClient) error {
		return c.ScriptFlush(ctx).Err()
	}); err != nil {
		t.Fatal(err)
	}
}

// ageBy subtracts d from the time to live of every key, as if the server's clock
// had moved by d. The clock of a real server cannot be moved.
const ageBy = `
for _, key in ipairs(redis.call('KEYS', '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 and left <= tonumber(ARGV[1]) then
    redis.call('DEL', key)
  elseif left >= 0 then
    redis.call('PEXPIRE', key, left - ARGV[1])
  end
end`

func age(t testing.TB, client redis.UniversalClient, d time.Duration) {
	t.Helper()
	if err := eachMaster(t.Context(), client, func(ctx context.Context, c redis.UniversalClient) error {
		err := c.Eval(ctx, ageBy, nil, d.Milliseconds()).Err()
		if errors.Is(err, redis.Nil) { // the script returns nothing
			return nil
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func startRedis(t testing.TB, args ...string) *localserver.Redis {
	t.Helper()
	server, err := localserver.StartRedis(t.Context(), localserver.RedisOptions{Args: args})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func restart(t testing.TB, server *localserver.Redis) {
	t.Helper()
	if err := server.Restart(context.Background()); err != nil { // also in cleanups
		t.Fatal(err)
	}
}

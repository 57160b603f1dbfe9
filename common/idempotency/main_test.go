package idempotency

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	// The tests take Redis away on purpose; go-redis prints every failed dial.
	redis.SetLogger(silent{})
	goleak.VerifyTestMain(m,
		// Probes a server that went away once a second and ends after its
		// client is closed, at its next probe.
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

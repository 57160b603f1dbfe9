package idempotency

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func TestMain(m *testing.M) {
	// The tests take Redis away on purpose; go-redis prints every failed dial.
	redis.SetLogger(silent{})
	goleak.VerifyTestMain(withServers{m},
		goleak.IgnoreCurrent(), // what imports have started
		// Probes a server that went away once a second and ends after its
		// client is closed, at its next probe.
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// withServers stops the servers of the tests before goleak looks for leaks.
type withServers struct{ *testing.M }

func (m withServers) Run() int {
	code := m.M.Run()
	for _, stop := range []func() error{realRedis.stop, realSentinel.stop, realCluster.stop} {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	return code
}

package svc_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"aecode/common/configfile"
	"aecode/data-sync/internal/config"
	"aecode/data-sync/internal/svc"
)

// patience is how long a test waits for something that must happen: far longer
// than it takes on a machine that does much else.
const patience = 3 * time.Minute

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(stopped{m}, goleak.IgnoreCurrent(),
		// Of go-zero's, started with its first client and never ended.
		goleak.IgnoreAnyFunction("github.com/zeromicro/go-zero/core/collection.(*TimingWheel).run"),
		goleak.IgnoreAnyFunction("github.com/zeromicro/go-zero/core/stat.init.0.func1"))
}

// stopped ends the shared servers before goroutines are counted.
type stopped struct{ *testing.M }

func (s stopped) Run() int {
	code := s.M.Run()
	for _, stop := range stops {
		if err := stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

func load(t *testing.T) config.Config {
	t.Helper()
	var c config.Config
	if err := configfile.Load("../../etc/datasync.yaml", &c); err != nil {
		t.Fatal(err)
	}
	c.Store.Path = filepath.Join(t.TempDir(), "aecode.db")
	return c
}

// fresh gives the test a metrics registry of its own: a process has one context.
func fresh(t *testing.T) {
	t.Helper()
	before := prometheus.DefaultRegisterer
	prometheus.DefaultRegisterer = prometheus.NewRegistry()
	t.Cleanup(func() { prometheus.DefaultRegisterer = before })
}

// readiness notes what it is told.
type readiness struct {
	mu    sync.Mutex
	ready bool
	was   bool // ever ready
}

func (r *readiness) Set(ready bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.ready != ready
	r.ready, r.was = ready, r.was || ready
	return changed
}

func (r *readiness) get() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ready
}

// running is a service context whose Run is under way.
type running struct {
	*svc.ServiceContext
	readiness
	stop  context.CancelFunc
	ended chan error
}

func begin(t *testing.T, c config.Config) *running {
	t.Helper()
	fresh(t)
	ctx, stop := context.WithCancel(context.Background())
	r := &running{ServiceContext: svc.NewServiceContext(c, nil), stop: stop, ended: make(chan error, 1)}
	go func() { r.ended <- r.Run(ctx, &r.readiness) }()
	return r
}

// becomes waits until the service is ready, or is not any more.
func (r *running) becomes(t *testing.T, ready bool, within time.Duration) time.Duration {
	t.Helper()
	began := time.Now()
	for r.get() != ready {
		select {
		case err := <-r.ended:
			t.Fatalf("it ended while ready was to become %t: %v", ready, err)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Since(began) > within {
			t.Fatalf("ready is not %t within %v", ready, within)
		}
	}
	return time.Since(began)
}

// end stops it, which must be clean and soon, and gives how long it took.
func (r *running) end(t *testing.T) time.Duration {
	t.Helper()
	began := time.Now()
	r.stop()
	select {
	case err := <-r.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	took := time.Since(began)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return took
}

func TestItIsReadyWithoutTerminologyAndStopsWithinItsGrace(t *testing.T) {
	c := load(t)
	c.Terminology.Target = "dns:///127.0.0.1:1" // nobody listens
	s := begin(t, c)
	s.becomes(t, true, patience)
	watching, release := s.UntilStopping(t.Context())
	defer release()
	if watching.Err() != nil {
		t.Error("streams end before the stop")
	}
	s.end(t)
	select {
	case <-watching.Done():
	case <-time.After(patience):
		t.Error("a stream goes on after the stop")
	}
}

// Each bound that a checked configuration may reach must be one that the
// packages behind it take.
func TestWhatTheConfigurationTakesStarts(t *testing.T) {
	for name, change := range map[string]func(*config.Config){
		"the smallest": func(c *config.Config) {
			c.Store.StatementTimeout, c.Store.WriteTimeout = time.Second, time.Second
			c.Run.Workers, c.Run.ChunkSize = 1, 1
			c.Run.ChunkLease, c.Run.Deadline, c.Run.OutageBudget = time.Second, time.Second, time.Second
			c.Run.Poll, c.Run.Grace = 10*time.Millisecond, time.Millisecond
			c.Terminology.AttemptTimeout, c.Terminology.Overall = 10*time.Millisecond, 10*time.Millisecond
			c.Terminology.MaxAttempts, c.Terminology.MaxBatch, c.Terminology.Candidates, c.Terminology.Concurrency = 1, 1, 1, 1
			c.Terminology.FirstDelay, c.Terminology.MaxDelay = time.Millisecond, time.Millisecond
			c.Terminology.BudgetRatio = 0
			c.Idempotency.CallTimeout, c.Idempotency.NightlyLease = time.Millisecond, time.Second
			c.Idempotency.Lease, c.Idempotency.Retention = 11*time.Millisecond, time.Second
		},
		"the largest": func(c *config.Config) {
			c.Store.StatementTimeout, c.Store.WriteTimeout = 10*time.Minute, 10*time.Minute
			c.Run.Workers, c.Run.ChunkSize = 64, 5000
			c.Run.ChunkLease, c.Run.Deadline, c.Run.OutageBudget = 10*time.Minute, 7*24*time.Hour, 7*24*time.Hour
			c.Run.Poll, c.Run.Grace, c.Shutdown.WaitTime = time.Minute, 10*time.Minute, time.Hour
			c.Terminology.AttemptTimeout, c.Terminology.Overall = time.Minute, 10*time.Minute
			c.Terminology.MaxAttempts, c.Terminology.MaxBatch, c.Terminology.Candidates, c.Terminology.Concurrency = 10, 256, 20, 64
			c.Terminology.FirstDelay, c.Terminology.MaxDelay = 10*time.Minute, 10*time.Minute
			c.Terminology.BudgetRatio, c.Terminology.BudgetPerSecond = 1, 1e6
			c.Idempotency.CallTimeout, c.Idempotency.NightlyLease, c.Idempotency.Lease = 10*time.Minute, 10*time.Minute, 11*time.Minute
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t)
			change(&c)
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			s := begin(t, c)
			s.becomes(t, true, patience)
			if _, err := s.Store.Now(t.Context()); err != nil {
				t.Error(err)
			}
			s.end(t)
		})
	}
}

func TestAFaultThatLastsEndsTheStartLeavesNothingOpenAndSaysWhatItWas(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"a database in a folder that is not there": {func(c *config.Config) { c.Store.Path = "/nowhere/aecode.db" }, "/nowhere/aecode.db"},
		"a password file that is not there": {func(c *config.Config) {
			c.Idempotency.Redis.Addrs, c.Idempotency.Redis.PasswordFile = []string{"127.0.0.1:1"}, "/nowhere/password"
		}, "PasswordFile"},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t)
			tc.change(&c)
			s := begin(t, c)
			select {
			case err := <-s.ended:
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%v, want %s named", err, tc.want)
				}
			case <-time.After(patience):
				t.Error("it waits for what will not come")
				s.stop()
				<-s.ended
			}
			if s.was {
				t.Error("it was ready")
			}
			// goleak holds that nothing is left.
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

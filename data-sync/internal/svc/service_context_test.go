package svc_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"aecode/common/configfile"
	"aecode/data-sync/internal/config"
	"aecode/data-sync/internal/svc"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(),
		// Of go-zero's, started with its first client and never ended.
		goleak.IgnoreAnyFunction("github.com/zeromicro/go-zero/core/collection.(*TimingWheel).run"),
		goleak.IgnoreAnyFunction("github.com/zeromicro/go-zero/core/stat.init.0.func1"))
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

func TestItStartsWithoutTerminologyAndStopsWithinItsGrace(t *testing.T) {
	fresh(t)
	c := load(t)
	c.Terminology.Target = "dns:///127.0.0.1:1" // nobody listens
	s, err := svc.NewServiceContext(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.RunEngine() }()
	watching, release := s.UntilStopping(t.Context())
	defer release()
	if watching.Err() != nil {
		t.Error("streams end before the stop")
	}
	s.Stop()
	select {
	case <-watching.Done():
	case <-time.After(10 * time.Second):
		t.Error("a stream goes on after the stop")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
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
			fresh(t)
			c := load(t)
			change(&c)
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			s, err := svc.NewServiceContext(t.Context(), c)
			if err != nil {
				t.Fatalf("checked, and yet: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() { _ = s.RunEngine() }()
			if _, err := s.Store.Now(ctx); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAFaultAtTheStartLeavesNothingOpenAndSaysWhatItWas(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"a database in a folder that is not there": {func(c *config.Config) { c.Store.Path = "/nowhere/aecode.db" }, "/nowhere/aecode.db"},
		"a password file that is not there": {func(c *config.Config) {
			c.Idempotency.Embedded, c.Idempotency.Redis.Addrs, c.Idempotency.Redis.PasswordFile = false, []string{"127.0.0.1:1"}, "/nowhere/password"
		}, "PasswordFile"},
	} {
		t.Run(name, func(t *testing.T) {
			fresh(t)
			c := load(t)
			tc.change(&c)
			// goleak holds that nothing is left.
			if s, err := svc.NewServiceContext(t.Context(), c); err == nil || s != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %s named", err, tc.want)
			}
		})
	}
}

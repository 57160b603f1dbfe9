package redisconn

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"aecode/common/configerr"
	"aecode/common/configfile"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(),
		// Probes a server that went away once a second and ends after its
		// client is closed, at its next probe.
		goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

func start(t *testing.T) (*Embedded, redis.UniversalClient) {
	t.Helper()
	e, err := StartEmbedded(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(e.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		_ = e.Close()
	})
	return e, c
}

func TestValidateNamesEveryFieldAtFault(t *testing.T) {
	ok := Config{Addrs: []string{"a:1"}}
	for _, tc := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Addrs = nil }, "Addrs: needs"},
		{func(c *Config) { c.Addrs = []string{"a:1", "b"} }, "Addrs[1]: must be host:port"},
		{func(c *Config) { c.Addrs = []string{":1"} }, "Addrs[0]: has no host"},
		{func(c *Config) { c.Addrs = []string{"a:70000"} }, "Addrs[0]: needs a port"},
		{func(c *Config) { c.Password, c.PasswordFile = "x", "y" }, "PasswordFile: must not"},
		{func(c *Config) { c.MasterName, c.Cluster = "m", true }, "MasterName: must not"},
		{func(c *Config) { c.MasterName, c.SentinelPassword, c.SentinelPasswordFile = "m", "x", "y" }, "SentinelPasswordFile: must not"},
		{func(c *Config) { c.SentinelPassword = "x" }, "MasterName: must be set"},
		{func(c *Config) { c.TLS.CAFile = "ca.crt" }, "TLS.Enabled: must be true"},
		{func(c *Config) { c.TLS = TLS{Enabled: true, CertFile: "tls.crt"} }, "TLS.KeyFile: must be set"},
		{func(c *Config) { c.DB = -1 }, "DB: must not be negative"},
		{func(c *Config) { c.Cluster, c.DB = true, 1 }, "DB: must be 0"},
		{func(c *Config) { c.Addrs, c.DB = []string{"a:1", "b:1"}, 1 }, "DB: must be 0"},
		{func(c *Config) { c.DialTimeout = -1 }, "DialTimeout: must be"},
		{func(c *Config) { c.ReadTimeout = time.Microsecond }, "ReadTimeout: must be"},
		{func(c *Config) { c.WriteTimeout = -2 }, "WriteTimeout: must be"},
		{func(c *Config) { c.PoolTimeout = -1 }, "PoolTimeout: must be"},
		{func(c *Config) { c.ConnMaxIdleTime = -1 }, "ConnMaxIdleTime: must be"},
		{func(c *Config) { c.PoolSize = -1 }, "PoolSize: must be"},
		{func(c *Config) { c.MinIdleConns = 17 }, "MinIdleConns: must be"},
	} {
		c := ok
		tc.change(&c)
		err := c.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("got %v, want %s", err, tc.want)
		}
		if _, openErr := Open(c); openErr == nil {
			t.Errorf("Open accepted a configuration that fails with %v", err)
		}
	}
	if err := ok.Validate(); err != nil {
		t.Error(err)
	}
}

func TestTheTagDefaultsAreTheConstants(t *testing.T) {
	var file struct{ Redis Config }
	if err := configfile.Parse("f", []byte("Redis: {Addrs: [a:1]}"), &file); err != nil {
		t.Fatal(err)
	}
	code := Config{Addrs: []string{"a:1"}}.withDefaults()
	file.Redis.Addrs, code.Addrs = nil, nil
	if got, want := file.Redis, code; got.DialTimeout != want.DialTimeout || got.ReadTimeout != want.ReadTimeout ||
		got.WriteTimeout != want.WriteTimeout || got.PoolTimeout != want.PoolTimeout || got.PoolSize != want.PoolSize ||
		got.ConnMaxIdleTime != want.ConnMaxIdleTime {
		t.Errorf("a file gives %+v, code gives %+v", got, want)
	}
}

func TestOpenChoosesTheKindOfClient(t *testing.T) {
	for _, tc := range []struct {
		conf Config
		want string
	}{
		{Config{Addrs: []string{"127.0.0.1:1"}}, "client"},
		{Config{Addrs: []string{"127.0.0.1:1", "127.0.0.1:2"}}, "cluster"},
		{Config{Addrs: []string{"127.0.0.1:1"}, Cluster: true}, "cluster"},
		{Config{Addrs: []string{"127.0.0.1:1", "127.0.0.1:2"}, MasterName: "m"}, "client"},
	} {
		c, err := Open(tc.conf)
		if err != nil {
			t.Fatal(err)
		}
		var deadlines bool
		kind := "other"
		switch c := c.(type) {
		case *redis.Client:
			kind, deadlines = "client", c.Options().ContextTimeoutEnabled && c.Options().MaxRetries == 0
		case *redis.ClusterClient:
			kind, deadlines = "cluster", c.Options().ContextTimeoutEnabled
		}
		if kind != tc.want || !deadlines {
			t.Errorf("%+v: %T, deadlines and retries as needed: %v", tc.conf, c, deadlines)
		}
		_ = c.Close()
	}
}

func TestThePasswordMayComeFromAFile(t *testing.T) {
	e, _ := start(t)
	conf := e.Config()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(conf.Password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	conf.Password, conf.PasswordFile = "", file
	c, err := Open(conf)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := Ping(t.Context(), c); err != nil {
		t.Error(err)
	}
	conf.PasswordFile += ".absent"
	var fe *configerr.FieldError
	if _, err := Open(conf); !errors.As(err, &fe) || fe.Path != "PasswordFile" {
		t.Errorf("got %v", err)
	}
}

func TestTheEmbeddedRedisRefusesStrangers(t *testing.T) {
	e, _ := start(t)
	for _, password := range []string{"", "wrong"} {
		c, err := Open(Config{Addrs: []string{e.addr}, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		if err := Ping(t.Context(), c); err == nil {
			t.Errorf("password %q was let in", password)
		}
		_ = c.Close()
	}
}

func TestTheEmbeddedRedisStaysOnLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.org:0", "nonsense"} {
		if e, err := StartEmbedded(t.Context(), addr); err == nil {
			_ = e.Close()
			t.Errorf("%q was accepted", addr)
		}
	}
}

func TestKeysOfTheEmbeddedRedisExpireInRealTime(t *testing.T) {
	e, c := start(t)
	ctx := t.Context()
	if err := c.Set(ctx, "short", "x", 30*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(ctx, "long", "x", time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	keys := func() int { return len(e.server.DB(0).Keys()) }
	if n := keys(); n != 2 {
		t.Errorf("%d keys, want 2", n)
	}
	for limit := time.Now().Add(10 * time.Second); c.Exists(ctx, "short").Val() == 1; {
		if time.Now().After(limit) {
			t.Fatal("a key of 30ms is still there after 10s")
		}
	}
	if c.Exists(ctx, "long").Val() != 1 || keys() != 1 {
		t.Error("a key of an hour is gone")
	}
}

func TestCloseEndsTheEmbeddedRedis(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	byClose, err := StartEmbedded(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	byContext, err := StartEmbedded(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(byClose.Close(), byClose.Close()); err != nil {
		t.Error(err)
	}
	cancel()
	<-byContext.done
	if err := byContext.Close(); err != nil {
		t.Error(err)
	}
	for _, addr := range []string{byClose.addr, byContext.addr} {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			t.Errorf("%s still accepts connections", addr)
		}
	}
	if _, err := StartEmbedded(ctx, ""); err == nil {
		t.Error("started under a context that has ended")
	}
}

func TestACallEndsAtItsContextsDeadline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts and stays silent
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c, err := Open(Config{Addrs: []string{l.Addr().String()}, ReadTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := Ping(ctx, c); err == nil {
		t.Error("a silent server answered")
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("took %v with a deadline of 50ms", d)
	}
}

func TestExpiryFollowsTheClockAndKeepsItsShareOfACore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, cost := range []time.Duration{0, 20 * time.Millisecond, time.Second} {
			ctx, cancel := context.WithCancel(t.Context())
			var passes int
			var forwarded, busy time.Duration
			began := time.Now()
			done := make(chan struct{})
			go func() {
				defer close(done)
				expire(ctx, func(d time.Duration) {
					passes++
					forwarded += d
					busy += cost
					time.Sleep(cost)
				})
			}()
			time.Sleep(time.Minute)
			cancel()
			<-done
			elapsed := time.Since(began)
			if late := elapsed - forwarded; late < 0 || late > maxTick+2*cost {
				t.Errorf("pass of %v: %v forwarded in %v", cost, forwarded, elapsed)
			}
			if cost == 0 && passes < 590 {
				t.Errorf("%d free passes in a minute, want one each %v", passes, minTick)
			}
			if cost == 20*time.Millisecond && busy > elapsed/tickShare {
				t.Errorf("passes of %v took %v of %v", cost, busy, elapsed)
			}
		}
	})
}

package redisconn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"aecode/common/configfile"
	"aecode/common/redisconn/rediserr"
)

// Option changes how a client is opened.
type Option func(*redis.UniversalOptions)

// Open returns a client for c, which the caller closes. It reads the files of
// passwords and certificates but does not connect: a Redis that is away is
// reported by the first call, or by Ping.
func Open(c Config, opts ...Option) (redis.UniversalClient, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("redis configuration: %w", err)
	}
	password, err := secret("PasswordFile", c.Password, c.PasswordFile)
	if err != nil {
		return nil, err
	}
	sentinelPassword, err := secret("SentinelPasswordFile", c.SentinelPassword, c.SentinelPasswordFile)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := c.TLS.open()
	if err != nil {
		return nil, fmt.Errorf("redis configuration: TLS: %w", err)
	}
	c = c.withDefaults()
	o := &redis.UniversalOptions{
		Dialer:        dialer(c.DialTimeout, tlsConfig),
		Addrs:         c.Addrs,
		MasterName:    c.MasterName,
		IsClusterMode: c.Cluster,
		DB:            c.DB,
		Username:      c.Username,
		Password:      password,

		SentinelUsername: c.SentinelUsername,
		SentinelPassword: sentinelPassword,

		DialTimeout:           c.DialTimeout,
		ReadTimeout:           c.ReadTimeout,
		WriteTimeout:          c.WriteTimeout,
		PoolTimeout:           c.PoolTimeout,
		ContextTimeoutEnabled: true,

		MaxRetries:    -1,
		DialerRetries: 1,
		// A moved slot needs one redirect. In a cluster go-redis also uses
		// these to repeat a pipeline after a network error.
		MaxRedirects: 2,

		PoolSize: c.PoolSize,
		// Pipelines share the one pool, so that PoolSize is the whole number.
		PipelinePoolSize: -1,
		MinIdleConns:     c.MinIdleConns,
		ConnMaxIdleTime:  c.ConnMaxIdleTime,

		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	for _, opt := range opts {
		opt(o)
	}
	quiet()
	return redis.NewUniversalClient(o), nil
}

// secret reads a password that is given as it is or in the file of a field.
func secret(field, value, file string) (string, error) {
	text, err := configfile.ReadSecret(value, file)
	if err != nil {
		return "", fmt.Errorf("redis configuration: %w", &configfile.FieldError{Path: field, Problem: err.Error()})
	}
	return text, nil
}

// Ping asks whether Redis serves before ctx ends, for readiness checks. Its
// error matches rediserr.ErrRefused where waiting is no use.
func Ping(ctx context.Context, client redis.UniversalClient) error {
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis does not serve: %w", rediserr.Explain(err))
	}
	return nil
}

// keepAlive finds a connection out that a network swallows without a word, even
// one that lies idle in the pool: each would cost a call its whole timeout
// otherwise, when everything else has long been well again.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: time.Second, Count: 3}

type discard struct{}

func (discard) Printf(context.Context, string, ...any) {}

// quiet silences go-redis's own logger, which is global and prints to standard
// error past the service's log, a line for each failed dial. Callers get the
// same errors.
var quiet = sync.OnceFunc(func() { redis.SetLogger(discard{}) })

func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return errors.New("must be host:port")
	}
	if host == "" {
		return errors.New("has no host")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errors.New("needs a port between 1 and 65535")
	}
	return nil
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

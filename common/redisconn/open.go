package redisconn

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"aecode/common/configfile"
)

// Option changes how a client is opened.
type Option func(*redis.UniversalOptions)

// WithTLS makes every connection use TLS.
func WithTLS(conf *tls.Config) Option {
	return func(o *redis.UniversalOptions) { o.TLSConfig = conf }
}

// Open returns a client for c, which the caller closes. It reads the password
// file but does not connect: a Redis that is away is reported by the first
// call, or by Ping.
func Open(c Config, opts ...Option) (redis.UniversalClient, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("redis configuration: %w", err)
	}
	password, err := configfile.ReadSecret(c.Password, c.PasswordFile)
	if err != nil {
		return nil, fmt.Errorf("redis configuration: %w", &configfile.FieldError{Path: "PasswordFile", Problem: err.Error()})
	}
	c = c.withDefaults()
	o := &redis.UniversalOptions{
		Addrs:         c.Addrs,
		MasterName:    c.MasterName,
		IsClusterMode: c.Cluster,
		DB:            c.DB,
		Username:      c.Username,
		Password:      password,

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

// Ping asks whether Redis answers before ctx ends, for readiness checks.
func Ping(ctx context.Context, client redis.UniversalClient) error {
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("redis does not answer: %w", err)
	}
	return nil
}

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

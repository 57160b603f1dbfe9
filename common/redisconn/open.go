package redisconn

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"aecode/common/configerr"
	"aecode/common/configfile"
	"aecode/common/redisconn/rediserr"
)

// Option changes the options of a client before Open creates it.
type Option func(*redis.UniversalOptions)

// Open returns a client for c. The caller must close it. Open reads the files of
// passwords and certificates but does not connect: the first call, or Ping,
// returns an error if Redis cannot be reached.
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
	var tlsConfig func() *tls.Config // nil: no TLS
	if c.TLS.Enabled {
		if tlsConfig, err = c.TLS.open(); err != nil {
			return nil, fmt.Errorf("redis configuration: TLS: %w", err)
		}
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
		// A slot that has moved needs one redirect. In a cluster go-redis also
		// uses redirects to send a pipeline again after a network error.
		MaxRedirects: 2,

		PoolSize: c.PoolSize,
		// Pipelines use the same pool, so that PoolSize is the total.
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

// secret returns a password that is set as a value, or as a file in the setting
// field.
func secret(field, value, file string) (string, error) {
	text, err := configfile.ReadSecret(value, file)
	if err != nil {
		return "", fmt.Errorf("redis configuration: %w", &configerr.FieldError{Path: field, Problem: err.Error()})
	}
	return text, nil
}

// Ping returns nil if Redis answers before ctx ends. It is for readiness checks.
// Its error matches rediserr.ErrRefused if waiting does not help.
func Ping(ctx context.Context, client redis.UniversalClient) error {
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping redis: %w", rediserr.Explain(err))
	}
	return nil
}

type discard struct{}

func (discard) Printf(context.Context, string, ...any) {}

// quiet turns off the logger of go-redis. It is global and prints a line for each
// failed connection to standard error instead of the service's log. Callers get
// the same errors.
var quiet = sync.OnceFunc(func() { redis.SetLogger(discard{}) })

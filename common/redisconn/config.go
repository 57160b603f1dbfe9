// Package redisconn opens connections to Redis: a single server, Sentinel or
// Cluster. It also runs the embedded Redis that a single machine uses by default.
//
// The clients are go-redis v9 with the settings that the rest of the project
// relies on. They respect the deadline of a context. They never retry a call:
// the caller retries, with its own budget. They open a connection without extra
// round trips for identification or maintenance notifications.
package redisconn

import (
	"errors"
	"net"
	"strconv"
	"time"

	"aecode/common/configerr"
)

// The defaults of Config. The tags of Config repeat them for configurations that
// are loaded from a file.
const (
	defaultDialTimeout     = time.Second
	defaultReadTimeout     = 2 * time.Second
	defaultWriteTimeout    = 2 * time.Second
	defaultPoolTimeout     = time.Second
	defaultPoolSize        = 16
	defaultConnMaxIdleTime = 5 * time.Minute
)

// Config says where Redis is and how to connect to it. Zero durations and a zero
// PoolSize mean the defaults.
type Config struct {
	// Addrs are host:port addresses. With MasterName they are the Sentinels.
	// Without it, one address is a single server, and several are the seeds of a
	// cluster.
	Addrs []string `json:",optional"`
	// MasterName is the name of the master in the Sentinels' configuration.
	MasterName string `json:",optional"`
	// Cluster makes a single address the seed of a cluster.
	Cluster bool `json:",optional"`
	// Username is the user of a Redis 6 access control list. Empty means the
	// default user.
	Username string `json:",optional"`
	// Password is the password and PasswordFile a file that holds it. At most one
	// of the two may be set.
	Password     string `json:",optional"`
	PasswordFile string `json:",optional"`
	// SentinelUsername, and SentinelPassword or SentinelPasswordFile, are for
	// Sentinels that ask for a password themselves.
	SentinelUsername     string `json:",optional"`
	SentinelPassword     string `json:",optional"`
	SentinelPasswordFile string `json:",optional"`
	// DB is the number of the database. It must be 0 with a cluster.
	DB int `json:",optional"`
	// TLS applies to the servers and the Sentinels.
	TLS TLS `json:",optional"`
	// DialTimeout limits one connection attempt with its handshake, ReadTimeout
	// one reply, WriteTimeout one request, and PoolTimeout the wait for a free
	// connection. Each is at least 1 ms. A shorter deadline of the caller's context
	// takes precedence.
	DialTimeout  time.Duration `json:",default=1s"`
	ReadTimeout  time.Duration `json:",default=2s"`
	WriteTimeout time.Duration `json:",default=2s"`
	PoolTimeout  time.Duration `json:",default=1s"`
	// PoolSize is the maximum number of connections to one server, 1 to 1000.
	PoolSize int `json:",default=16"`
	// MinIdleConns is the number of idle connections kept open to each server, 0
	// to PoolSize.
	MinIdleConns int `json:",optional"`
	// ConnMaxIdleTime is how long a connection may be idle before it is closed, at
	// least 1 ms.
	ConnMaxIdleTime time.Duration `json:",default=5m"`
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&c.DialTimeout, defaultDialTimeout},
		{&c.ReadTimeout, defaultReadTimeout},
		{&c.WriteTimeout, defaultWriteTimeout},
		{&c.PoolTimeout, defaultPoolTimeout},
		{&c.ConnMaxIdleTime, defaultConnMaxIdleTime},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if c.PoolSize == 0 {
		c.PoolSize = defaultPoolSize
	}
	return c
}

// Validate returns the settings that cannot be used, joined, each as a
// configerr.FieldError.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs configerr.Errors
	errs.Check(len(c.Addrs) > 0, "Addrs", "needs at least one host:port address")
	for i, addr := range c.Addrs {
		if err := checkAddr(addr); err != nil {
			errs.Addf(indexed("Addrs", i), "%v", err)
		}
	}
	errs.Check(c.Password == "" || c.PasswordFile == "", "PasswordFile", "must not be set together with Password")
	errs.Check(c.SentinelPassword == "" || c.SentinelPasswordFile == "", "SentinelPasswordFile", "must not be set together with SentinelPassword")
	errs.Check(c.MasterName != "" || c.SentinelUsername+c.SentinelPassword+c.SentinelPasswordFile == "",
		"MasterName", "must be set if SentinelUsername, SentinelPassword or SentinelPasswordFile is set")
	errs.Check(c.MasterName == "" || !c.Cluster, "MasterName", "must not be set together with Cluster")
	isCluster := c.Cluster || (c.MasterName == "" && len(c.Addrs) > 1)
	errs.Check(c.DB >= 0, "DB", "must not be negative, is %d", c.DB)
	errs.Check(c.DB <= 0 || !isCluster, "DB", "must be 0 with a cluster, is %d", c.DB)
	for _, d := range []struct {
		path  string
		value time.Duration
	}{
		{"DialTimeout", c.DialTimeout},
		{"ReadTimeout", c.ReadTimeout},
		{"WriteTimeout", c.WriteTimeout},
		{"PoolTimeout", c.PoolTimeout},
		{"ConnMaxIdleTime", c.ConnMaxIdleTime},
	} {
		errs.Check(d.value >= time.Millisecond, d.path, "must be at least 1ms, is %v", d.value)
	}
	errs.Add("TLS", c.TLS.validate())
	errs.Check(c.PoolSize >= 1 && c.PoolSize <= 1000, "PoolSize", "must be between 1 and 1000, is %d", c.PoolSize)
	errs.Check(c.MinIdleConns >= 0 && c.MinIdleConns <= c.PoolSize, "MinIdleConns", "must be between 0 and PoolSize, is %d", c.MinIdleConns)
	return errs.Err()
}

// checkAddr checks one host:port.
func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return errors.New("must be host:port")
	}
	if host == "" {
		return errors.New("has no host: it must be host:port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errors.New("needs a port between 1 and 65535")
	}
	return nil
}

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// Package redisconn opens the project's connections to Redis, single, Sentinel
// or Cluster, and runs the embedded Redis of the single-machine default.
//
// Clients are go-redis v9 with the settings the rest of the project relies on:
// context deadlines are honoured, go-redis never repeats a call by itself
// (retries are the caller's, with its own budget), and connecting costs no
// round trips for identification or maintenance notifications.
package redisconn

import (
	"time"

	"aecode/common/configfile"
)

// Defaults of Config. They are repeated in its tags, for configurations that
// are loaded from a file.
const (
	DefaultDialTimeout     = time.Second
	DefaultReadTimeout     = 2 * time.Second
	DefaultWriteTimeout    = 2 * time.Second
	DefaultPoolTimeout     = time.Second
	DefaultPoolSize        = 16
	DefaultConnMaxIdleTime = 5 * time.Minute
)

// Config says where Redis is. Zero durations and sizes take the defaults.
type Config struct {
	// Addrs are host:port addresses: one server, the Sentinels where
	// MasterName is set, or the seeds of a cluster where there are several or
	// Cluster is set.
	Addrs []string `json:",optional"`
	// MasterName is the name the Sentinels know the master by.
	MasterName string `json:",optional"`
	// Cluster speaks Redis Cluster even to a single seed address.
	Cluster bool `json:",optional"`
	// Username is for Redis 6 access control lists; empty is the default user.
	Username string `json:",optional"`
	// Password, or the file that holds it; at most one of both.
	Password     string `json:",optional"`
	PasswordFile string `json:",optional"`
	// SentinelUsername, and SentinelPassword or the file that holds it, are what
	// the Sentinels themselves ask for, where they do.
	SentinelUsername     string `json:",optional"`
	SentinelPassword     string `json:",optional"`
	SentinelPasswordFile string `json:",optional"`
	// DB is the database number, 0 with a cluster.
	DB int `json:",optional"`
	// TLS to the servers and the Sentinels alike.
	TLS TLS `json:",optional"`
	// DialTimeout bounds one connection attempt, handshake included, ReadTimeout and WriteTimeout
	// one reply and one request, PoolTimeout the wait for a free connection.
	// A shorter deadline of the caller's context always wins.
	DialTimeout  time.Duration `json:",default=1s"`
	ReadTimeout  time.Duration `json:",default=2s"`
	WriteTimeout time.Duration `json:",default=2s"`
	PoolTimeout  time.Duration `json:",default=1s"`
	// PoolSize is the greatest number of connections to one server.
	PoolSize int `json:",default=16"`
	// MinIdleConns are kept open to each server.
	MinIdleConns int `json:",optional"`
	// ConnMaxIdleTime closes a connection that was not used for so long.
	ConnMaxIdleTime time.Duration `json:",default=5m"`
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value *time.Duration
		def   time.Duration
	}{
		{&c.DialTimeout, DefaultDialTimeout},
		{&c.ReadTimeout, DefaultReadTimeout},
		{&c.WriteTimeout, DefaultWriteTimeout},
		{&c.PoolTimeout, DefaultPoolTimeout},
		{&c.ConnMaxIdleTime, DefaultConnMaxIdleTime},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
	}
	if c.PoolSize == 0 {
		c.PoolSize = DefaultPoolSize
	}
	return c
}

// Validate returns every setting that cannot work as a configfile.FieldError
// with the field's name, joined.
func (c Config) Validate() error {
	c = c.withDefaults()
	var errs configfile.Errors
	errs.Check(len(c.Addrs) > 0, "Addrs", "needs at least one host:port address")
	for i, addr := range c.Addrs {
		if err := checkAddr(addr); err != nil {
			errs.Addf(indexed("Addrs", i), "%v", err)
		}
	}
	errs.Check(c.Password == "" || c.PasswordFile == "", "PasswordFile", "must not be set together with Password")
	errs.Check(c.SentinelPassword == "" || c.SentinelPasswordFile == "", "SentinelPasswordFile", "must not be set together with SentinelPassword")
	errs.Check(c.MasterName != "" || c.SentinelUsername+c.SentinelPassword+c.SentinelPasswordFile == "",
		"MasterName", "must be set where the Sentinels' user or password is")
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

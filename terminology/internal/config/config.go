// Package config is the configuration of terminology. etc/terminology.yaml
// shows every setting with its default and meaning.
package config

import (
	"time"

	"github.com/zeromicro/go-zero/zrpc"

	"aecode/common/configerr"
	"aecode/common/mtls/mtlsconfig"
	"aecode/terminology/internal/catalog"
)

// Config is the whole configuration.
type Config struct {
	zrpc.RpcServerConf
	// MaxInFlight is the maximum number of calls at once: 1 to 100,000. A further call is
	// answered ResourceExhausted.
	MaxInFlight int `json:",default=64"`
	// MaxStreams is the maximum number of streams at once: 1 to 100,000.
	MaxStreams int `json:",default=16"`
	// TLS is the service's certificate and the names of its callers.
	TLS mtlsconfig.Server
	// Config says where the releases and lists are.
	catalog.Config
}

// Validate returns an error that names every setting with an impossible value by its path.
func (c Config) Validate() error {
	var errs configerr.Errors
	errs.Add("", c.RpcServerConf.Validate())
	errs.Check(c.MaxInFlight >= 1 && c.MaxInFlight <= 100_000, "MaxInFlight", "must be 1 to 100,000, is %d", c.MaxInFlight)
	errs.Check(c.MaxStreams >= 1 && c.MaxStreams <= 100_000, "MaxStreams", "must be 1 to 100,000, is %d", c.MaxStreams)
	errs.Add("TLS", c.TLS.Validate())
	errs.Add("", c.TLS.CheckListen(c.ListenOn))
	errs.Check((c.Dictionaries.Release == "") != (c.Dictionaries.Library == ""), "Dictionaries",
		"must name either Release, one version folder, or Library, a folder of them")
	errs.Check(c.Dictionaries.Rescan == 0 || c.Dictionaries.Rescan >= 100*time.Millisecond && c.Dictionaries.Rescan <= 24*time.Hour,
		"Dictionaries.Rescan", "must be 100ms to 24h, or 0 for never, is %v", c.Dictionaries.Rescan)
	errs.Check(c.CacheEntries >= 0 && c.CacheEntries <= 10_000_000, "CacheEntries", "must be 0 to 10,000,000, is %d", c.CacheEntries)
	return errs.Err()
}

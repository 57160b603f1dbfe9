// Package config is the configuration of terminology. etc/terminology.yaml
// shows every setting with its default and meaning. What package catalog works by is
// declared there, with its ranges.
package config

import (
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
	errs.Count("MaxInFlight", c.MaxInFlight, 1, 100_000)
	errs.Count("MaxStreams", c.MaxStreams, 1, 100_000)
	errs.Add("TLS", c.TLS.Validate())
	errs.Add("", c.TLS.CheckListen(c.ListenOn))
	errs.Add("", c.Config.Validate())
	return errs.Err()
}

// Package buildinfo tells Prometheus which build of aecode is running.
package buildinfo

import (
	"errors"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"aecode/common/version"
)

// Register adds aecode_build_info{version,commit,goversion}, which is always 1,
// to r. Done twice it changes nothing.
func Register(r prometheus.Registerer) {
	info := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "aecode_build_info", Help: "1; its labels say which build is running.",
		ConstLabels: prometheus.Labels{"version": version.Version, "commit": version.Commit, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
	if err := r.Register(info); err != nil {
		if _, twice := errors.AsType[prometheus.AlreadyRegisteredError](err); !twice {
			panic(err) // a fault of this program's, as with MustRegister
		}
	}
}

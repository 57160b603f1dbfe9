// Package buildinfo is the metric that says which build of aecode is running. It
// is apart from package version so that programs without metrics do not link the
// Prometheus client.
package buildinfo

import (
	"errors"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"aecode/common/version"
)

// Register adds the metric aecode_build_info{version,commit,goversion} to r. Its
// value is always 1. A second call with the same r changes nothing.
func Register(r prometheus.Registerer) {
	info := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "aecode_build_info", Help: "Always 1; the labels say which build is running.",
		ConstLabels: prometheus.Labels{"version": version.Version, "commit": version.Commit, "goversion": runtime.Version()},
	}, func() float64 { return 1 })
	if err := r.Register(info); err != nil {
		if _, twice := errors.AsType[prometheus.AlreadyRegisteredError](err); !twice {
			panic(err) // a mistake in this program, as with MustRegister
		}
	}
}

package certfiles

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	expiry = prometheus.NewDesc("aecode_certificate_expiry_timestamp_seconds",
		"When the first certificate expires, in seconds since 1970. own: the service's certificate and those it sends with it; ca: the CAs it trusts.", []string{"certificate"}, nil)
	failures = prometheus.NewDesc("aecode_certificate_reload_failures_total",
		"Changed certificate files that could not be used.", nil, nil)
	faulty = prometheus.NewDesc("aecode_certificate_files_faulty",
		"1 while the certificate files cannot be used and the previous ones stay in use, else 0.", nil, nil)
)

// Describe sends the descriptions of the metrics, as a prometheus.Collector.
func (s *Source) Describe(to chan<- *prometheus.Desc) { to <- expiry; to <- failures; to <- faulty }

// Collect sends the metrics, as a prometheus.Collector. It checks the files when
// a check is due, so that a fault shows even if nobody asks for the material.
func (s *Source) Collect(to chan<- prometheus.Metric) {
	m := s.Now()
	for label, until := range map[string]time.Time{"own": m.ownUntil, "ca": m.caUntil} {
		if !until.IsZero() {
			to <- prometheus.MustNewConstMetric(expiry, prometheus.GaugeValue, float64(until.Unix()), label)
		}
	}
	to <- prometheus.MustNewConstMetric(failures, prometheus.CounterValue, float64(s.failures.Load()))
	state := 0.0
	if s.faulty.Load() {
		state = 1
	}
	to <- prometheus.MustNewConstMetric(faulty, prometheus.GaugeValue, state)
}

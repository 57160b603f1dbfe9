package main

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// standIn plays what this test does not start: the cron container, and what the
// services show of their certificates. A metric that becomes real
// here is to be taken out of it.
func standIn(t *testing.T) (address string) {
	t.Helper()
	registry := prometheus.NewRegistry()
	show := func(name string, value float64, labels ...string) {
		l := prometheus.Labels{}
		for i := 0; i+1 < len(labels); i += 2 {
			l[labels[i]] = labels[i+1]
		}
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: name, ConstLabels: l})
		g.Set(value)
		registry.MustRegister(g)
	}
	now := float64(time.Now().Unix())

	// The cron container.
	for _, outcome := range []string{"ok", "partial", "cancelled", "failed", "skipped"} {
		show("aecode_nightly_runs_total", 1, "outcome", outcome)
	}
	show("aecode_nightly_last_exit_code", 0)
	show("aecode_nightly_last_start_timestamp_seconds", now-60)
	show("aecode_nightly_last_end_timestamp_seconds", now)
	show("aecode_nightly_last_success_timestamp_seconds", now)
	show("aecode_nightly_next_timestamp_seconds", now+86400)
	show("aecode_nightly_running", 0)
	show("aecode_nightly_longest_gap_seconds", 86400)
	show("aecode_nightly_state_unwritable", 0)
	// Both services, with TLS.
	show("aecode_certificate_expiry_timestamp_seconds", now+30*86400, "certificate", "server")
	show("aecode_certificate_reload_failures_total", 0)
	show("aecode_certificate_files_faulty", 0)
	show("aecode_tls_refused_total", 0, "reason", "name")

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	return listener.Addr().String()
}

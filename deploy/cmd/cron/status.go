package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"aecode/common/version"
)

// silent is the time without a look at the clock after which the scheduler counts as
// stuck.
const silent = 3 * lookEvery

// status is the HTTP server of /metrics and /healthz.
type status struct {
	server *http.Server
	ended  chan error
}

// listenStatus listens on the address and serves until close.
func listenStatus(ctx context.Context, at address, rec *record) (*status, error) {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(rec.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", rec.healthz)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at.String())
	if err != nil {
		return nil, fmt.Errorf("-listen: %w", err)
	}
	s := &status{
		server: &http.Server{
			Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
			WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		},
		ended: make(chan error, 1),
	}
	go func() { s.ended <- s.server.Serve(listener) }()
	return s, nil
}

// close ends the server and its connections.
func (s *status) close() error {
	err := s.server.Close()
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// healthz answers 200 while the scheduler looks at its clock, else 503. It does not
// depend on the runs, which the metrics show: a restart does not repair a failed run.
func (r *record) healthz(w http.ResponseWriter, _ *http.Request) {
	ago, next := r.alive()
	who := "cron " + version.Short()
	if ago > silent {
		http.Error(w, fmt.Sprintf("not ready %s: the scheduler last ran %v ago", who, ago.Round(time.Second)), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "ok %s, next run %s\n", who, next.Format(time.RFC3339))
}

package rpcserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/zeromicro/go-zero/core/prometheus"
	"github.com/zeromicro/go-zero/core/service"

	"aecode/common/version/buildinfo"
)

// operations is the plain HTTP server for health probes and Prometheus. It
// replaces that of go-zero, whose /healthz answers OK as soon as the gRPC port is
// open. The zero value is a server that is turned off.
type operations struct {
	server *http.Server
	ended  chan error
}

// startOperations starts the server, unless the configuration turns it off.
func startOperations(c service.DevServerConfig, ready http.Handler) (*operations, error) {
	if !c.Enabled {
		return &operations{}, nil
	}
	mux := http.NewServeMux()
	mux.Handle(c.HealthPath, ready)
	if c.EnableMetrics {
		prometheus.Enable() // go-zero records its own metrics from here on
		buildinfo.Register(client.DefaultRegisterer)
		mux.Handle(c.MetricsPath, promhttp.Handler())
	}
	if c.EnablePprof {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	}
	addr := net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	listen, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("DevServer: serve metrics and health: %w", err)
	}
	o := &operations{
		server: &http.Server{
			Handler:           mux,
			ReadHeaderTimeout: 5 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    16 << 10,
		},
		ended: make(chan error, 1),
	}
	go func() { o.ended <- o.server.Serve(listen) }()
	return o, nil
}

// close stops the server and closes its connections.
func (o *operations) close() error {
	if o.server == nil {
		return nil
	}
	err := o.server.Close()
	if served := <-o.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

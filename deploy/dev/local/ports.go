package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/spf13/pflag"

	"aecode/deploy/dev/local/stack"
)

// metricsAbove is how far a service's metrics port is above its own, unless it is
// given.
const metricsAbove = 100

// servePorts are the loopback ports that serve listens on. A metrics port of 0 is
// metricsAbove the service's own.
type servePorts struct{ terminology, terminologyMetrics, dataSync, dataSyncMetrics int }

func (p *servePorts) register(flags *pflag.FlagSet) {
	flags.IntVar(&p.terminology, "terminology-port", 9101, "port of terminology")
	flags.IntVar(&p.terminologyMetrics, "terminology-metrics-port", 0, "port of terminology's metrics; 0: 100 above its own")
	flags.IntVar(&p.dataSync, "data-sync-port", 9102, "port of data-sync")
	flags.IntVar(&p.dataSyncMetrics, "data-sync-metrics-port", 0, "port of data-sync's metrics; 0: 100 above its own")
}

// servePort is one of them.
type servePort struct {
	of       string // what listens there
	variable string // of make, which chooses another
	port     int
}

func (p servePort) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// use puts the addresses into opts. Its error names each port that cannot be
// listened on, and the variable that chooses another. Without this check, another
// program that answers at the address would be taken for the service.
func (p *servePorts) use(ctx context.Context, opts *stack.Options) error {
	all := []servePort{
		{"terminology", "TERMINOLOGY_PORT", p.terminology},
		{"terminology's metrics", "TERMINOLOGY_METRICS_PORT", cmp.Or(p.terminologyMetrics, p.terminology+metricsAbove)},
		{"data-sync", "DATASYNC_PORT", p.dataSync},
		{"data-sync's metrics", "DATASYNC_METRICS_PORT", cmp.Or(p.dataSyncMetrics, p.dataSync+metricsAbove)},
	}
	var faults []error
	uses := map[int]string{}
	for _, one := range all {
		switch other := uses[one.port]; {
		case one.port < 1 || one.port > 65535:
			faults = append(faults, fmt.Errorf("port %d of %s: must be from 1 to 65535; choose another: make serve %s=PORT", one.port, one.of, one.variable))
		case other != "":
			faults = append(faults, fmt.Errorf("port %d is given to %s and to %s; choose another: make serve %s=PORT", one.port, other, one.of, one.variable))
		default:
			uses[one.port] = one.of
			faults = append(faults, one.free(ctx))
		}
	}
	opts.TerminologyListen, opts.TerminologyMetricsListen = all[0].address(), all[1].address()
	opts.DataSyncListen, opts.DataSyncMetricsListen = all[2].address(), all[3].address()
	return errors.Join(faults...)
}

// free tells whether the port can be listened on.
func (p servePort) free(ctx context.Context) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", p.address())
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %d of %s is taken: stop the program that listens on %s, or choose another: make serve %s=PORT",
			p.port, p.of, p.address(), p.variable)
	case err != nil:
		return fmt.Errorf("port %d of %s: %w; choose another: make serve %s=PORT", p.port, p.of, err, p.variable)
	}
	return listener.Close()
}

package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"aecode/common/deadline"
)

// The services, as Signal, Wait and Restart name them.
const (
	Terminology = "terminology"
	DataSync    = "data-sync"
)

// Options say what to start. Bin, Root, Out and Release are required.
type Options struct {
	// Bin holds the built programs terminology, data-sync and syncctl.
	Bin string
	// Root is the repository, for the services' configuration files.
	Root string
	// Out keeps the database, the logs and the results.
	Out string
	// Release is a version folder (en/, zh/) or one language's MedAscii folder.
	Release string
	// Synonyms is a synonyms.csv; empty: none.
	Synonyms string
	// Addresses to listen on; empty: free loopback ports.
	TerminologyListen, DataSyncListen string
	// Dev switches reflection on.
	Dev bool
	// TerminologyConfig and DataSyncConfig are configuration files in place of
	// the repository's; empty: those.
	TerminologyConfig, DataSyncConfig string
	// Env holds further NAME=value settings for both services.
	Env []string
	// StartTimeout and Grace bound starting and stopping a service; 0 means 60 s
	// and 30 s.
	StartTimeout, Grace time.Duration
}

// Stack is both services, running.
type Stack struct {
	// TerminologyAddr and DataSyncAddr are host:port of gRPC; the Metrics ones
	// of /metrics.
	TerminologyAddr, DataSyncAddr       string
	TerminologyMetrics, DataSyncMetrics string

	opts     Options
	services []*service
}

// service is what it takes to start a service again as it was.
type service struct {
	name, config, addr string
	env                []string
	process            *process
}

// Start starts terminology, then data-sync, each awaited until its health
// answers SERVING. On an error nothing is left running.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	if opts.StartTimeout == 0 {
		opts.StartTimeout = 60 * time.Second
	}
	if opts.Grace == 0 {
		opts.Grace = 30 * time.Second
	}
	if err := os.MkdirAll(filepath.Join(opts.Out, "log"), 0o700); err != nil {
		return nil, fmt.Errorf("output folder: %w", err)
	}
	s := &Stack{opts: opts}
	if err := s.startTerminology(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if err := s.startDataSync(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Stack) startTerminology(ctx context.Context) error {
	return s.onPorts(s.opts.TerminologyListen, func(addr, metrics string) error {
		s.TerminologyAddr, s.TerminologyMetrics = addr, metrics
		return s.add(ctx, &service{
			name: Terminology, addr: addr,
			config: cmp.Or(s.opts.TerminologyConfig, filepath.Join(s.opts.Root, "terminology/etc/terminology.yaml")),
			env: []string{
				"TERMINOLOGY_LISTEN=" + addr,
				"TERMINOLOGY_RELEASE=" + s.opts.Release,
				"TERMINOLOGY_SYNONYMS=" + s.opts.Synonyms,
			},
		}, metrics)
	})
}

func (s *Stack) startDataSync(ctx context.Context) error {
	return s.onPorts(s.opts.DataSyncListen, func(addr, metrics string) error {
		s.DataSyncAddr, s.DataSyncMetrics = addr, metrics
		return s.add(ctx, &service{
			name: DataSync, addr: addr,
			config: cmp.Or(s.opts.DataSyncConfig, filepath.Join(s.opts.Root, "data-sync/etc/datasync.yaml")),
			env: []string{
				"DATASYNC_LISTEN=" + addr,
				"DATASYNC_STORE=" + filepath.Join(s.opts.Out, "aecode.db"),
				"TERMINOLOGY_TARGET=dns:///" + s.TerminologyAddr,
			},
		}, metrics)
	})
}

// add completes the service's environment and starts it.
func (s *Stack) add(ctx context.Context, v *service, metrics string) error {
	host, port, err := net.SplitHostPort(metrics)
	if err != nil {
		return fmt.Errorf("metrics address of %s: %w", v.name, err)
	}
	mode := "pro"
	if s.opts.Dev {
		mode = "dev"
	}
	v.env = append(v.env, "AECODE_MODE="+mode, "METRICS_HOST="+host, "METRICS_PORT="+port)
	v.env = append(v.env, s.opts.Env...)
	s.services = append(s.services, v)
	return s.start(ctx, v)
}

func (s *Stack) start(ctx context.Context, v *service) error {
	p, err := start(v.name, filepath.Join(s.opts.Bin, v.name), []string{"-f", v.config},
		v.env, filepath.Join(s.opts.Out, "log", v.name+".log"))
	if err != nil {
		return err
	}
	v.process = p
	ctx, cancel := context.WithTimeout(ctx, s.opts.StartTimeout)
	defer cancel()
	return p.await(ctx, func(ctx context.Context) error { return Healthy(ctx, v.addr) })
}

// Stop ends the services in reverse order, each within its grace time, and
// reports any that did not end cleanly.
func (s *Stack) Stop() error {
	var errs []error
	for _, v := range slices.Backward(s.services) {
		if v.process != nil {
			errs = append(errs, v.process.stop(s.opts.Grace))
		}
	}
	s.services = nil
	return errors.Join(errs...)
}

func (s *Stack) service(name string) (*service, error) {
	i := slices.IndexFunc(s.services, func(v *service) bool { return v.name == name })
	if i < 0 || s.services[i].process == nil {
		return nil, fmt.Errorf("%s has not been started", name)
	}
	return s.services[i], nil
}

// Signal sends a signal to a service.
func (s *Stack) Signal(name string, sig os.Signal) error {
	v, err := s.service(name)
	if err != nil {
		return err
	}
	return v.process.cmd.Process.Signal(sig)
}

// Wait waits until a service has ended, and gives what ended it: nil after a
// clean end, an *exec.ExitError, or ctx's error.
func (s *Stack) Wait(ctx context.Context, name string) error {
	v, err := s.service(name)
	if err != nil {
		return err
	}
	select {
	case <-v.process.exited:
		return v.process.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Restart starts a service that has ended again, as it was, and awaits its
// health.
func (s *Stack) Restart(ctx context.Context, name string) error {
	v, err := s.service(name)
	if err != nil {
		return err
	}
	if v.process.running() {
		return fmt.Errorf("%s is still running", name)
	}
	if err := v.process.log.Close(); err != nil {
		return err
	}
	return s.start(ctx, v)
}

// PIDs gives the process ids in start order: terminology, data-sync.
func (s *Stack) PIDs() []int {
	var pids []int
	for _, v := range s.services {
		pids = append(pids, v.process.cmd.Process.Pid)
	}
	return pids
}

// Exited is closed when one of the services has ended by itself.
func (s *Stack) Exited(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	for _, v := range s.services {
		go func() {
			select {
			case <-v.process.exited:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	go func() {
		<-ctx.Done()
		cancel()
		close(done)
	}()
	return done
}

// Dial opens a client connection whose calls must carry deadlines.
func Dial(addr string) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(deadline.UnaryClientInterceptor()), grpc.WithStreamInterceptor(deadline.StreamClientInterceptor()))
}

// Healthy asks gRPC health v1 once, within 2 s.
func Healthy(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("health of %s is %v", addr, answer.GetStatus())
	}
	return nil
}

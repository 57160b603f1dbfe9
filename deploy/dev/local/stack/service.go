package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
)

// service is a replica, with everything that is needed to start it again.
type service struct {
	name, program, config string
	// listen is the environment variable of its address.
	listen string
	// fixed and fixedMetrics are the addresses that it must use; empty: free ones.
	fixed, fixedMetrics string
	addr, metrics       string
	env                 []string
	process             *process
}

// Plaintext unsets the TLS settings of the services and of syncctl, which the launcher's
// environment may have. Settings after it override it.
var Plaintext = []string{
	"AECODE_TLS_CERT=", "AECODE_TLS_KEY=", "AECODE_TLS_CA=", "TERMINOLOGY_CLIENTS=", "DATASYNC_CLIENTS=",
	"TERMINOLOGY_SERVER_NAME=", "SYNCCTL_TLS_SERVER_NAME=",
}

// start starts the service on its addresses and waits until it is healthy, unless NoWait
// is set.
func (s *Stack) start(ctx context.Context, v *service) error {
	host, port, err := net.SplitHostPort(v.metrics)
	if err != nil {
		return fmt.Errorf("metrics address of %s: %w", v.name, err)
	}
	mode := "pro"
	if s.opts.Dev {
		mode = "dev"
	}
	env := slices.Concat(Plaintext, v.env, []string{
		v.listen + "=" + v.addr, "AECODE_MODE=" + mode, "METRICS_HOST=" + host, "METRICS_PORT=" + port,
	}, s.opts.Env, s.opts.EnvOf[v.name])
	p, err := start(v.name, v.program, []string{"-f", v.config}, env, filepath.Join(s.opts.Out, "log", v.name+".log"))
	if err != nil {
		return err
	}
	v.process = p
	if s.opts.NoWait {
		return nil
	}
	return s.serving(ctx, v)
}

// serving waits until the service is healthy.
func (s *Stack) serving(ctx context.Context, v *service) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.StartTimeout)
	defer cancel()
	return v.process.await(ctx, func(ctx context.Context) error { return HealthyAs(ctx, v.addr, s.opts.Credentials) })
}

var errNotStarted = errors.New("it has not been started")

// service finds a replica by its name.
func (s *Stack) service(name string) (*service, error) {
	for _, v := range slices.Concat(s.terminology, s.dataSync) {
		if v.name == name {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%s: unknown service", name)
}

func (s *Stack) started(name string) (*service, error) {
	v, err := s.service(name)
	if err == nil && v.process == nil {
		return nil, fmt.Errorf("%s: %w", name, errNotStarted)
	}
	return v, err
}

// Signal sends a signal to a service.
func (s *Stack) Signal(name string, sig os.Signal) error {
	v, err := s.started(name)
	if err != nil {
		return err
	}
	return v.process.cmd.Process.Signal(sig)
}

// Wait waits until a service has ended. It gives nil after a clean end, else an
// *exec.ExitError, or ctx's error. Stop does not report that end again.
func (s *Stack) Wait(ctx context.Context, name string) error {
	v, err := s.started(name)
	if err != nil {
		return err
	}
	select {
	case <-v.process.exited:
		v.process.told.Store(true)
		return v.process.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Restart starts a service that has ended, with the same settings, or one of
// Options.Later. It waits until the service is healthy, unless NoWait is set.
func (s *Stack) Restart(ctx context.Context, name string) error {
	v, err := s.service(name)
	if err != nil {
		return err
	}
	if v.process != nil {
		if v.process.running() {
			return fmt.Errorf("%s is still running", name)
		}
		if err := v.process.log.Close(); err != nil {
			return err
		}
	}
	return s.start(ctx, v)
}

// Await waits until a service's health is SERVING, at most StartTimeout.
func (s *Stack) Await(ctx context.Context, name string) error {
	v, err := s.started(name)
	if err != nil {
		return err
	}
	return s.serving(ctx, v)
}

// PID gives a service's process id.
func (s *Stack) PID(name string) (int, error) {
	v, err := s.started(name)
	if err != nil {
		return 0, err
	}
	return v.process.cmd.Process.Pid, nil
}

// Metrics gives host:port of a service's /metrics.
func (s *Stack) Metrics(name string) (string, error) {
	v, err := s.service(name)
	if err != nil {
		return "", err
	}
	return v.metrics, nil
}

// Exited gives a channel that is closed when one of the services has ended or ctx ends.
func (s *Stack) Exited(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(ctx)
	for _, v := range slices.Concat(s.terminology, s.dataSync) {
		if v.process == nil {
			continue
		}
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

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

// service is what it takes to start a replica, and to start it again as it was.
type service struct {
	name, program, config string
	// listen is the setting of its address.
	listen string
	// fixed and fixedMetrics are where it must listen; empty: wherever a port is free.
	fixed, fixedMetrics string
	addr, metrics       string
	env                 []string
	process             *process
}

// Plaintext empties the settings of TLS between the services and of syncctl,
// which the launcher's own environment may have. What stands after it counts.
var Plaintext = []string{
	"AECODE_TLS_CERT=", "AECODE_TLS_KEY=", "AECODE_TLS_CA=", "TERMINOLOGY_CLIENTS=", "DATASYNC_CLIENTS=",
	"TERMINOLOGY_SERVER_NAME=", "SYNCCTL_TLS_SERVER_NAME=",
}

// start starts the service on its addresses and, unless told otherwise, awaits
// its health.
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

// serving awaits the service's health.
func (s *Stack) serving(ctx context.Context, v *service) error {
	ctx, cancel := context.WithTimeout(ctx, s.opts.StartTimeout)
	defer cancel()
	return v.process.await(ctx, func(ctx context.Context) error { return HealthyAs(ctx, v.addr, s.opts.Credentials) })
}

var errNotStarted = errors.New("it has not been started")

// service finds one by its name.
func (s *Stack) service(name string) (*service, error) {
	for _, v := range slices.Concat(s.terminology, s.dataSync) {
		if v.name == name {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%s: there is no such service", name)
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

// Wait waits until a service has ended, and gives what ended it: nil after a
// clean end, an *exec.ExitError, or ctx's error. Stop does not tell that again.
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

// Restart starts a service that has ended again, as it was, or one that was
// left for later, and awaits its health unless NoWait says not to.
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

// Await waits until a service's health answers SERVING, at most StartTimeout.
func (s *Stack) Await(ctx context.Context, name string) error {
	v, err := s.started(name)
	if err != nil {
		return err
	}
	return s.serving(ctx, v)
}

// PID is a service's process id.
func (s *Stack) PID(name string) (int, error) {
	v, err := s.started(name)
	if err != nil {
		return 0, err
	}
	return v.process.cmd.Process.Pid, nil
}

// Metrics is host:port of a service's /metrics.
func (s *Stack) Metrics(name string) (string, error) {
	v, err := s.service(name)
	if err != nil {
		return "", err
	}
	return v.metrics, nil
}

// Exited is closed when one of the services has ended by itself.
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

// Package stack runs both services, in any number of replicas, as processes on loopback:
// with the embedded store and Redis, or with a given PostgreSQL and Redis. `make run`,
// `make serve`, the load measurement and the end-to-end tests use it.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// A process is one started service.
type process struct {
	name string
	cmd  *exec.Cmd
	log  *os.File
	// logStart is the offset in the log at which this process's output begins.
	logStart int64
	// exited is closed when the process has ended; err is set before.
	exited chan struct{}
	err    error
	// told: the Stack's Wait has given err to its caller.
	told atomic.Bool
}

// start runs the program and appends its output to logPath. The program has its own
// process group: Ctrl-C reaches only the launcher, which stops the services in order. If
// the launcher dies without doing so, the kernel sends SIGTERM to the program.
func start(name, program string, args, env []string, logPath string) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", name, err)
	}
	logStart, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log of %s: %w", name, err), log.Close())
	}
	// stop ends it, with a grace time. A context would kill it.
	cmd := exec.Command(program, args...) //nolint:noctx // see above
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), log.Close())
	}
	p := &process{name: name, cmd: cmd, log: log, logStart: logStart, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

// running reports whether the process has not ended yet.
func (p *process) running() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// stop sends SIGTERM, and kills the process if it has not ended after grace. It gives an
// error if the process did not end cleanly, unless Wait has given that to its caller.
func (p *process) stop(grace time.Duration) error {
	defer p.log.Close()
	if p.running() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may end meanwhile
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.exited:
		if p.err != nil && !p.told.Load() {
			return fmt.Errorf("%s ended with %w, see %s", p.name, p.err, p.log.Name())
		}
		return nil
	case <-timer.C:
		_ = p.cmd.Process.Kill() // it may end meanwhile
		<-p.exited
		return fmt.Errorf("%s did not end within %v of SIGTERM and was killed, see %s", p.name, grace, p.log.Name())
	}
}

// await calls ready until it succeeds, the process ends, or ctx ends.
func (p *process) await(ctx context.Context, ready func(context.Context) error) error {
	ticker := time.NewTicker(25 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended while starting: %w\n%s", p.name, cmp.Or(p.err, errEarly), p.complaint())
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready in time, see %s: %w", p.name, p.log.Name(), errors.Join(ctx.Err(), err))
		case <-ticker.C:
		}
	}
}

var errEarly = errors.New("it ended with exit code 0")

// complaint gives what the process wrote to standard error before it ended, at most
// 2 KiB: the lines of its log that are not JSON.
func (p *process) complaint() string {
	log, err := os.ReadFile(p.log.Name())
	if err != nil || int64(len(log)) < p.logStart {
		return "see " + p.log.Name()
	}
	var said []string
	for line := range strings.Lines(string(log[p.logStart:])) {
		if !strings.HasPrefix(line, "{") {
			said = append(said, strings.TrimRight(line, "\n"))
		}
	}
	text := strings.Join(said, "\n")
	if text == "" {
		return "see " + p.log.Name()
	}
	const most = 2 << 10
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "\n... see " + p.log.Name()
	}
	return text
}

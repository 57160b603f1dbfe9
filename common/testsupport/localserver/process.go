package localserver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startTimeout limits the time until a started server answers, stopTimeout the
// time until it has stopped.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
)

// find looks for a program in the PATH and then in the folders that match the
// patterns. Of several matches it returns the last one, which is the newest
// version. need is the argument of deploy/dev/scripts/needs.sh that installs it.
func find(program, need string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(pattern, program))
		if err == nil && len(found) > 0 {
			return slices.Max(found), nil
		}
	}
	return "", fmt.Errorf("%s is not installed: run deploy/dev/scripts/needs.sh %s", program, need)
}

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	log    string
	exited chan struct{} // closed after Wait
	err    error
}

// start starts a server as the account. The log file gets its output.
func (a account) start(program string, args []string, logPath string) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has a descriptor of its own
	cmd := a.command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(program), err)
	}
	p := &process{cmd: cmd, log: logPath, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

var errEnded = errors.New("it ended while starting")

// await calls ready until it returns nil. It returns an error if the server ends
// or startTimeout is over.
func (p *process) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%w: %w\n%s", errEnded, cmp.Or(p.err, errEnded), p.logTail())
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w\n%s", errors.Join(ctx.Err(), err), p.logTail())
		case <-tick.C:
		}
	}
}

// errNotListening: an answer at the port would be another server's.
var errNotListening = errors.New("it does not listen yet")

// listening reports errNotListening until the server's own log has one of the
// lines. That something answers at its port proves nothing: the port may have been
// taken by another test's server, which goes when that test ends.
func (p *process) listening(lines ...string) error {
	log, err := os.ReadFile(p.log)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if bytes.Contains(log, []byte(line)) {
			return nil
		}
	}
	return errNotListening
}

// logTail returns the last 2 KiB of the server's log.
func (p *process) logTail() string {
	f, err := os.Open(p.log)
	if err != nil {
		return ""
	}
	defer f.Close()
	const size = 2 << 10
	if info, err := f.Stat(); err == nil && info.Size() > size {
		_, _ = f.Seek(-size, io.SeekEnd) // if that fails, the beginning will do
	}
	text, _ := io.ReadAll(io.LimitReader(f, size)) // it is only a part of another error
	return string(text)
}

// stop asks the server to end with a signal. It kills the server if it has not
// ended after stopTimeout.
func (p *process) stop(sig syscall.Signal) error {
	_ = p.cmd.Process.Signal(sig) // it may have ended
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.exited:
		return nil
	case <-timer.C:
		p.kill()
		return fmt.Errorf("%s did not end within %v and was killed", filepath.Base(p.cmd.Path), stopTimeout)
	}
}

// kill ends the server and its children at once, as a power cut would.
func (p *process) kill() {
	children := childrenOf(p.cmd.Process.Pid)
	_ = p.cmd.Process.Kill() // it may have ended
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended too
	}
	<-p.exited
}

// childrenOf returns the process ids of the children of a process. It reads the
// process table, because PostgreSQL's children have sessions of their own: a
// signal to the process group does not reach them.
func childrenOf(parent int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the process has ended
		}
		// The format is: pid (name) state ppid ... The name may contain anything.
		_, rest, ok := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

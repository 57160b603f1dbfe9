package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// notStarted is the exit code of a command that could not be started, as in a shell. A
// command that a signal killed has 128 plus the signal's number.
const notStarted = 127

// child is the command that is run.
type child struct {
	command        []string
	stdout, stderr io.Writer
	// deadline is the maximum time of a run; 0: no limit. grace is the time that the
	// command has to end after SIGTERM.
	deadline, grace time.Duration
	log             *slog.Logger
}

// run runs the command and gives its exit code. When ctx ends or the deadline is
// exceeded, the command and its process group get SIGTERM, and SIGKILL after grace.
// The command writes to stdout and stderr itself if these are files.
func (c child) run(ctx context.Context) int {
	if c.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.deadline)
		defer cancel()
	}
	// It is ended by signals below: CommandContext would kill it.
	cmd := exec.Command(c.command[0], c.command[1:]...) //nolint:noctx,gosec // see above; the command is the operator's
	cmd.Stdout, cmd.Stderr = c.stdout, c.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	// It may leave a process that keeps its output open.
	cmd.WaitDelay = c.grace + time.Second
	if err := cmd.Start(); err != nil {
		c.log.Error("the command cannot be started", "why", err.Error())
		return notStarted
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	select {
	case err := <-exited:
		return c.code(cmd, err)
	case <-ctx.Done():
	}
	why := "cron is stopping"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		why = "the run took longer than -deadline"
	}
	c.log.Info("sending SIGTERM to the command", "why", why)
	c.signal(cmd, syscall.SIGTERM)
	timer := time.NewTimer(c.grace)
	defer timer.Stop()
	select {
	case err := <-exited:
		return c.code(cmd, err)
	case <-timer.C:
	}
	c.log.Error("the command did not end after SIGTERM and is killed", "grace", c.grace.String())
	c.signal(cmd, syscall.SIGKILL)
	return c.code(cmd, <-exited)
}

// signal sends a signal to the process group, which may have ended.
func (c child) signal(cmd *exec.Cmd, sig syscall.Signal) {
	if err := syscall.Kill(-cmd.Process.Pid, sig); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		c.log.Error("cannot signal the command", "signal", sig.String(), "why", err.Error())
	}
}

// code gives the command's exit code, even if its output could not be read to the
// end.
func (c child) code(cmd *exec.Cmd, err error) int {
	if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
		c.log.Error("cannot wait for the command", "why", err.Error())
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

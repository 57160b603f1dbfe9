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

// notStarted is the exit code of a command that could not be started, as a
// shell has it; one that died of a signal has 128 and the signal's number.
const notStarted = 127

// child is the command that is run.
type child struct {
	command        []string
	stdout, stderr io.Writer
	// deadline is how long it may take; 0: for ever. grace is how long it may
	// take to end once told to.
	deadline, grace time.Duration
	log             *slog.Logger
}

// run runs the command and gives its exit code. Where ctx or the deadline ends
// first the command gets SIGTERM, and grace later SIGKILL, each with its whole
// process group. What it writes goes to stdout and stderr as it is: where these
// are files, by the command's own hand.
func (c child) run(ctx context.Context) int {
	if c.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.deadline)
		defer cancel()
	}
	// Ended below by signals, and not as CommandContext would.
	cmd := exec.Command(c.command[0], c.command[1:]...) //nolint:noctx,gosec // see above; the command is the operator's
	cmd.Stdout, cmd.Stderr = c.stdout, c.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	// Where it leaves a process behind that holds its output open.
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
	why := "told to stop"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		why = "the run took longer than -deadline"
	}
	c.log.Info("the command gets SIGTERM", "why", why)
	c.signal(cmd, syscall.SIGTERM)
	timer := time.NewTimer(c.grace)
	defer timer.Stop()
	select {
	case err := <-exited:
		return c.code(cmd, err)
	case <-timer.C:
	}
	c.log.Error("the command has not ended and is killed", "grace", c.grace.String())
	c.signal(cmd, syscall.SIGKILL)
	return c.code(cmd, <-exited)
}

// signal reaches the whole process group, which may have ended.
func (c child) signal(cmd *exec.Cmd, sig syscall.Signal) {
	if err := syscall.Kill(-cmd.Process.Pid, sig); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
		c.log.Error("signal the command", "signal", sig.String(), "why", err.Error())
	}
}

// code is how the command ended; its own exit code counts even where its output
// could not be followed to the end.
func (c child) code(cmd *exec.Cmd, err error) int {
	if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
		c.log.Error("wait for the command", "why", err.Error())
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return cmd.ProcessState.ExitCode()
}

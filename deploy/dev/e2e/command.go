package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// grace is the time that a command has to end before it is killed.
const grace = 10 * time.Second

// limitError is a limit that something has exceeded.
type limitError struct {
	what  string
	limit time.Duration
}

func (e *limitError) Error() string {
	return fmt.Sprintf("%s took longer than its limit of %v and was ended; on a slow or busy machine raise all limits: make e2e E2E_SLOW=2", e.what, e.limit)
}

// within gives a context with a limit. When the limit is exceeded, the context's cause is
// a limitError that names what was done.
func (s *stack) within(ctx context.Context, limit time.Duration, what string) (context.Context, context.CancelFunc) {
	limit = s.scaled(limit)
	return context.WithTimeoutCause(ctx, limit, &limitError{what, limit})
}

// scaled multiplies a limit by -slow.
func (s *stack) scaled(limit time.Duration) time.Duration {
	return time.Duration(float64(limit) * s.slow)
}

// command gives a command in its own process group. When the context ends, the group
// receives SIGTERM, so that the command's children end, too.
func (s *stack) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = s.root, s.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	return cmd
}

// killRest kills the processes that a command has left in its group.
func killRest(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly there is nothing
	}
}

// exec runs a command within a limit and gives its standard output. Its error has the
// command's output and the limit that was exceeded.
func (s *stack) exec(ctx context.Context, limit time.Duration, stdin io.Reader, name string, args ...string) (string, error) {
	line := name + " " + strings.Join(args, " ")
	ctx, cancel := s.within(ctx, limit, line)
	defer cancel()
	cmd := s.command(ctx, name, args...)
	cmd.Stdin = stdin
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	err := cmd.Run()
	if err == nil {
		return out.String(), nil
	}
	said := strings.TrimSpace(out.String() + "\n" + bad.String())
	if len(said) > 4000 {
		said = "..." + said[len(said)-4000:]
	}
	if ctx.Err() != nil {
		killRest(cmd)
		return out.String(), fmt.Errorf("%w\n%s: %w\n%s", context.Cause(ctx), line, err, said)
	}
	return out.String(), fmt.Errorf("%s: %w\n%s", line, err, said)
}

func (s *stack) docker(ctx context.Context, args ...string) (string, error) {
	return s.exec(ctx, 3*time.Minute, nil, "docker", args...)
}

// dc runs a Compose command.
func (s *stack) dc(ctx context.Context, args ...string) (string, error) {
	return s.exec(ctx, 15*time.Minute, nil, s.compose[0], slices.Concat(s.compose[1:], args)...)
}

// operator runs syncctl in its container.
func (s *stack) operator(ctx context.Context, args ...string) (string, error) {
	return s.dc(ctx, slices.Concat([]string{"run", "--rm", "-T", "operator"}, args)...)
}

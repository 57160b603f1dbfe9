package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func claimed(t *testing.T, root string) *stack {
	t.Helper()
	s, err := claim(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.lock.Close() }) // it may be closed
	s.env = []string{"PATH=" + os.Getenv("PATH"), "COMPOSE_PROJECT_NAME=" + s.project, "AECODE_VERSION=" + s.tag}
	return s
}

// ended says whether a process has ended; a zombie has.
func ended(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

// A command's child writes its process number to the file pid, and does not end at
// SIGTERM.
const stubborn = `(trap "" TERM; echo $BASHPID >pid.new; mv pid.new pid; while :; do sleep 0.1; done) & wait`

func TestALimitSaysWhatItEndedAndHowToRaiseItAndLeavesNoChild(t *testing.T) {
	s := claimed(t, t.TempDir())
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		// The limit, once the child is there.
		for {
			if _, err := os.Stat(filepath.Join(s.root, "pid")); err == nil {
				cancel(&limitError{"the whole run", time.Minute})
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	_, err := s.exec(ctx, time.Hour, nil, "bash", "-c", stubborn)
	var limit *limitError
	if !errors.As(err, &limit) {
		t.Fatalf("%v, want the limit", err)
	}
	for _, want := range []string{"the whole run took longer than its limit of 1m0s", "make e2e E2E_SLOW=2", "bash -c"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	text, err := os.ReadFile(filepath.Join(s.root, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); !ended(pid); time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("the command's child %d is still at work", pid)
		}
	}
}

func TestACommandsOwnLimitNamesTheCommand(t *testing.T) {
	s := claimed(t, t.TempDir())
	s.slow = 2
	_, err := s.exec(t.Context(), 50*time.Millisecond, nil, "sleep", "3600")
	if err == nil || !strings.Contains(err.Error(), "sleep 3600 took longer than its limit of 100ms and was ended; on a slow or busy machine raise all limits: make e2e E2E_SLOW=2") {
		t.Errorf("%v", err)
	}
	_, err = s.exec(t.Context(), time.Minute, nil, "sh", "-c", "echo told; exit 3")
	if err == nil || strings.Contains(err.Error(), "limit") || !strings.Contains(err.Error(), "exit status 3\ntold") {
		t.Errorf("a command that fails by itself: %v", err)
	}
}

func TestWaitingNamesTheLimitAndWhatItSawLast(t *testing.T) {
	s := claimed(t, t.TempDir())
	err := s.eventually(t.Context(), 10*time.Millisecond, func(ctx context.Context) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.New("redis: 0 healthy, want 1")
	})
	if err == nil || !strings.Contains(err.Error(), "its limit of 10ms") || !strings.Contains(err.Error(), "redis: 0 healthy, want 1") {
		t.Errorf("%v", err)
	}
}

// engineLog puts programs docker and docker-compose in the way that note who calls
// them with what.
func engineLog(t *testing.T, stacks ...*stack) (log string) {
	t.Helper()
	bin := t.TempDir()
	log = filepath.Join(bin, "log")
	for _, name := range []string{"docker", "docker-compose"} {
		script := "#!/bin/sh\necho \"$COMPOSE_PROJECT_NAME: " + name + " $*\" >>" + log + "\ncase \"$1\" in images) echo some-id ;; ps) echo left-over ;; esac\n"
		if err := os.WriteFile(filepath.Join(bin, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range stacks {
		s.compose = []string{filepath.Join(bin, "docker-compose")}
		s.env[0] = "PATH=" + bin + ":" + os.Getenv("PATH")
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return log
}

func TestARunRemovesItsOwnAndWhatEndedRunsOfItsCheckoutLeftAndNothingElse(t *testing.T) {
	root := t.TempDir()
	killed, running, own := claimed(t, root), claimed(t, root), claimed(t, root)
	log := engineLog(t, killed, running, own)
	if err := killed.lock.Close(); err != nil { // as its process's end does
		t.Fatal(err)
	}
	if err := errors.Join(own.removeAbandoned(t.Context()), own.remove(t.Context())); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*stack{killed, own} {
		if _, err := os.Stat(s.work); !os.IsNotExist(err) {
			t.Errorf("the folder of %s is still there: %v", s.project, err)
		}
		for _, call := range []string{"docker-compose down --volumes", "docker rm --force left-over", "docker rmi --no-prune aecode/data-sync:" + s.project} {
			if !strings.Contains(string(text), s.project+": "+call) {
				t.Errorf("%s is not removed by %q:\n%s", s.project, call, text)
			}
		}
	}
	if _, err := os.Stat(running.work); err != nil || strings.Contains(string(text), running.project) {
		t.Errorf("a run that is under way is touched, %v:\n%s", err, text)
	}
}

func TestRunsHaveNamesAndPortsOfTheirOwn(t *testing.T) {
	root := t.TempDir()
	a, b := claimed(t, root), claimed(t, root)
	if a.project == b.project || a.work == b.work || a.image("tools") == b.image("tools") {
		t.Errorf("%s and %s share something", a.project, b.project)
	}
	ports, err := freePorts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(ports, "-")
	from, err := strconv.Atoi(first)
	if err != nil || !allFree(t.Context(), from) {
		t.Fatalf("%s is not free: %v", ports, err)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(from+replicaPorts-1)))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if allFree(t.Context(), from) {
		t.Errorf("%s is free, its last port is taken", ports)
	}
	if !slices.Contains(named(a, b.project), "COMPOSE_PROJECT_NAME="+b.project) {
		t.Error("another project's commands do not name it")
	}
}

func named(s *stack, project string) []string { return s.named(project).env }

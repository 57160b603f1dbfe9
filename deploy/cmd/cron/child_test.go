package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aecode/common/testsupport/localserver"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// command is the test binary acting as a command.
func command(t *testing.T, as string, stdout, stderr *os.File) child {
	t.Helper()
	t.Setenv(actAs, as)
	return child{command: []string{os.Args[0]}, stdout: stdout, stderr: stderr, grace: patience, log: quiet()}
}

func pipe(t *testing.T) (lines *bufio.Scanner, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return bufio.NewScanner(r), w
}

func next(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("no further line: %v", lines.Err())
	}
	return lines.Text()
}

func TestTheCommandsExitCodeIsGiven(t *testing.T) {
	for as, want := range map[string]int{"exit:0": 0, "exit:1": 1, "exit:3": 3, "exit:4": 4, "exit:200": 200} {
		if got := command(t, as, nil, nil).run(t.Context()); got != want {
			t.Errorf("%s: %d", as, got)
		}
	}
	gone := child{command: []string{"/nowhere/syncctl"}, log: quiet()}
	if got := gone.run(t.Context()); got != notStarted {
		t.Errorf("a command that is not there: %d, want %d", got, notStarted)
	}
}

func TestWhatTheCommandWritesIsPassedOnAsItIs(t *testing.T) {
	var stdout, stderr bytes.Buffer
	c := command(t, "say", nil, nil)
	c.stdout, c.stderr = &stdout, &stderr
	if code := c.run(t.Context()); code != 0 || stdout.String() != "one\n{\"two\": 2}\n" || stderr.String() != "three, \x00unfinished" {
		t.Errorf("%d %q %q", code, stdout.String(), stderr.String())
	}
}

func TestToldToStopTheCommandGetsSIGTERMAndItsEndIsAwaited(t *testing.T) {
	lines, w := pipe(t)
	c := command(t, "obey:4", w, nil)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- c.run(ctx) }()
	if got := next(t, lines); got != "up" {
		t.Fatal(got)
	}
	stop()
	if got := next(t, lines); got != "told to end" {
		t.Error(got)
	}
	if code := <-ended; code != 4 {
		t.Errorf("code %d, want the command's own", code)
	}
}

func TestACommandPastItsDeadlineIsToldToEnd(t *testing.T) {
	lines, w := pipe(t)
	c := command(t, "obey:1", w, nil)
	c.deadline = 2 * time.Second
	if code := c.run(t.Context()); code != 1 && code != 128+int(syscall.SIGTERM) {
		t.Errorf("code %d", code)
	}
	w.Close()
	_ = lines // what it said depends on how soon it was up
}

func TestWhatDoesNotEndWithinTheGraceIsKilledWithItsProcessGroup(t *testing.T) {
	lines, w := pipe(t)
	c := command(t, "parent", w, nil)
	c.grace = 50 * time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- c.run(ctx) }()
	text, ok := strings.CutPrefix(next(t, lines), "up ")
	grandchild, err := strconv.Atoi(text)
	if !ok || err != nil {
		t.Fatal(text, err)
	}
	t.Cleanup(func() { _ = syscall.Kill(grandchild, syscall.SIGKILL) }) // it is gone
	stop()
	if code := <-ended; code != 128+int(syscall.SIGKILL) {
		t.Errorf("code %d, want that of SIGKILL", code)
	}
	until(t, "the command's own child is gone", func() (bool, string) {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", grandchild))
		// Where nobody reaps orphans it stays, dead.
		return err != nil || strings.Contains(string(state), ") Z "), string(state)
	})
}

func until(t *testing.T, what string, done func() (bool, string)) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		ok, saw := done()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v; saw %s", what, patience, saw)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// program is the test binary as cron itself.
func program(t *testing.T, as string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], append(args, "--", os.Args[0])...)
	cmd.Env = append(os.Environ(), actAs+"=cron", actAs+"_CHILD="+as)
	return cmd
}

func TestOnceEndsWithTheCommandsExitCode(t *testing.T) {
	for _, want := range []int{0, 3, 4} {
		cmd := program(t, fmt.Sprint("exit:", want), "-once")
		said, err := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != want {
			t.Errorf("%d, want %d: %v %s", got, want, err, said)
		}
	}
}

// The whole program, as a container runs and stops it.
func TestItRunsOnScheduleTellsOfItAndPassesSIGTERMOn(t *testing.T) {
	port, err := localserver.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	listen, state := fmt.Sprintf(":%d", port), filepath.Join(t.TempDir(), "state")
	lines, w := pipe(t)
	cmd := program(t, "obey:3", "-schedule", "@every 1s", "-listen", listen, "-state", state)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(2*patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	if got := next(t, lines); got != "up" {
		t.Fatal(got)
	}
	until(t, "-health", func() (bool, string) { // one question waits 2 s at most
		said, err := program(t, "", "-health", "-listen", listen).CombinedOutput()
		return err == nil && strings.HasPrefix(string(said), "ok cron "), fmt.Sprintf("%v %s", err, said)
	})
	until(t, "runs due meanwhile are skipped", func() (bool, string) {
		resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
		if err != nil {
			return false, err.Error()
		}
		defer resp.Body.Close()
		got := parsed(t, resp.Body)
		return got[`runs_total{outcome="skipped"}`] >= 2 && got["running"] == 1, fmt.Sprint(got)
	})
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := next(t, lines); got != "told to end" {
		t.Error(got)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
	w.Close()
	if lines.Scan() {
		t.Errorf("the command ran twice: %q", lines.Text())
	}
	kept := series(t, open(t, state, time.Now()))
	if kept[`runs_total{outcome="partial"}`] != 1 || kept["last_exit_code"] != 3 {
		t.Errorf("kept: %v", kept)
	}
	asked := program(t, "", "-health", "-listen", listen)
	if said, err := asked.CombinedOutput(); asked.ProcessState.ExitCode() != 1 || !strings.Contains(string(said), listen) {
		t.Errorf("-health after the end: %v %s", err, said)
	}
	http.DefaultClient.CloseIdleConnections()
}

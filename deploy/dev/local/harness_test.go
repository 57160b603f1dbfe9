package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
	"aecode/proto/terminology"
)

// The repository, from this package's folder.
const root = "../../.."

// patience is how long a test waits for something that must happen: far longer
// than it takes on a machine that does much else.
const patience = 60 * time.Second

// scratch holds the programs and what several tests share.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "aecode-local-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(tests{m}, goleak.Cleanup(func(code int) {
		if err := os.RemoveAll(scratch); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}))
}

// tests are the package's, with the end of what they share.
type tests struct{ *testing.M }

func (t tests) Run() int {
	code := t.M.Run()
	if err := closeServers(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// built is the folder of the programs as `make build` makes them: without the
// race detector, which the tests themselves run with.
var built = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(scratch, "bin")
	return bin, goBuild(root, bin+string(filepath.Separator),
		"./terminology", "./data-sync", "./data-sync/cmd/syncctl", "./deploy/dev/local", "./deploy/dev/demo/genload")
})

func goBuild(dir, out string, args ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-o", out}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, said)
	}
	return nil
}

func programs(t *testing.T) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// The demo's files.
func demo(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(filepath.Join(root, "deploy/demo", path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(abs); err != nil {
		t.Fatal(err)
	}
	return abs
}

const (
	demoRelease  = "release/ctcae-5.0"
	demoReports  = "reports/statin_ae.csv"
	demoSynonyms = "synonyms.csv"
)

// said is how a program ended.
type said struct {
	code           int
	stdout, stderr string
}

// running is a program in the background.
type running struct {
	cmd            *exec.Cmd
	stdout, stderr output
}

// output is what a program has said so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is the program's.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

// String may be asked at any time.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func begin(t *testing.T, env []string, program string, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.CommandContext(t.Context(), program, args...)}
	r.cmd.Env = append(os.Environ(), env...)
	r.cmd.Stdout, r.cmd.Stderr = &r.stdout, &r.stderr
	r.cmd.WaitDelay = 5 * time.Second
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return r
}

// end waits for the program, kills it when that takes too long, and gives how
// it ended.
func (r *running) end(t *testing.T) said {
	t.Helper()
	late := time.AfterFunc(2*patience, func() { _ = r.cmd.Process.Kill() })
	err := r.cmd.Wait()
	if !late.Stop() {
		t.Fatalf("%v did not end\n%s%s", r.cmd.Args, r.stdout.String(), r.stderr.String())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", r.cmd.Args, err)
	}
	return said{code: r.cmd.ProcessState.ExitCode(), stdout: r.stdout.String(), stderr: r.stderr.String()}
}

// launched is one use of the launcher, marked so that whatever it starts can be
// found.
type launched struct {
	said
	marker string
}

var launches struct {
	sync.Mutex
	n int
}

// launch runs the launcher as `make run` does.
func launch(t *testing.T, out, ae, id, release, synonyms string) launched {
	t.Helper()
	return launchOn(t, "sqlite", nil, out, ae, id, release, synonyms)
}

// launchOn is launch on a store, with further environment.
func launchOn(t *testing.T, store string, env []string, out, ae, id, release, synonyms string) launched {
	t.Helper()
	bin := programs(t)
	launches.Lock()
	launches.n++
	marker := fmt.Sprintf("AECODE_TEST_LAUNCH=%d.%d", os.Getpid(), launches.n)
	launches.Unlock()
	got := begin(t, append(env, marker), filepath.Join(bin, "local"), "run", "--store", store, "--ae", ae, "--id", id,
		"--release", release, "--synonyms", synonyms, "--out", out, "--bin", bin, "--root", root).end(t)
	return launched{got, marker}
}

// leavesNothingRunning looks for processes that the launcher, or anything it
// started, left behind.
func (l launched) leavesNothingRunning(t *testing.T) {
	t.Helper()
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range environs {
		environ, err := os.ReadFile(path)
		if err != nil {
			continue // another user's, or gone
		}
		if bytes.Contains(environ, []byte(l.marker+"\x00")) {
			cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			t.Errorf("%s still runs: %q", filepath.Base(filepath.Dir(path)), cmdline)
		}
	}
}

// table is what syncctl prints of a pass.
type table struct {
	state             string
	counts            map[string]int
	elapsed, hasRate  bool
	dictionary, whole string
}

var (
	tableHead  = regexp.MustCompile(`(?m)^run (\S+) pass (\d+): ([A-Z]+)`)
	tableCount = regexp.MustCompile(`(?m)^\s+(\w+)\s+(\d+)(?:\s+[\d.]+ %)?\s*$`)
	tableTime  = regexp.MustCompile(`(?m)^\s+elapsed\s+\d[\w.]*s\s*$`)
	tableRate  = regexp.MustCompile(`(?m)^\s+rate\s+\d+/s\s*$`)
	dictionary = regexp.MustCompile(`(?m)^dictionary (\S+), synonyms \S+, engine \S+$`)
)

func readTable(t *testing.T, stdout string) table {
	t.Helper()
	head := tableHead.FindStringSubmatch(stdout)
	if head == nil {
		t.Fatalf("no table in %q", stdout)
	}
	got := table{state: head[3], counts: make(map[string]int), whole: stdout,
		elapsed: tableTime.MatchString(stdout), hasRate: tableRate.MatchString(stdout)}
	for _, m := range tableCount.FindAllStringSubmatch(stdout, -1) {
		got.counts[m[1]], _ = strconv.Atoi(m[2])
	}
	if m := dictionary.FindStringSubmatch(stdout); m != nil {
		got.dictionary = m[1]
	}
	return got
}

// system is a running stack with its folder, and where its PostgreSQL and Redis
// are if it has them.
type system struct {
	*stack.Stack
	bin, out, postgres string
	redis              []string
}

// begun starts a stack over the demo release, changed as asked, that is stopped
// at the test's end; not stopping cleanly fails the test.
func begun(t *testing.T, change func(*stack.Options)) *system {
	t.Helper()
	opts := stack.Options{
		Bin: programs(t), Root: root, Out: t.TempDir(),
		Release: demo(t, demoRelease), Synonyms: demo(t, demoSynonyms),
	}
	if change != nil {
		change(&opts)
	}
	running, err := stack.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	s := &system{Stack: running, bin: opts.Bin, out: opts.Out, postgres: opts.Postgres, redis: opts.Redis}
	t.Cleanup(func() { s.stop(t) })
	return s
}

func (s *system) stop(t *testing.T) {
	t.Helper()
	if err := s.Stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func (s *system) begin(t *testing.T, args ...string) *running {
	t.Helper()
	return begin(t, []string{"SYNCCTL_SERVER=" + strings.Join(s.DataSyncAddrs(), ",")}, filepath.Join(s.bin, "syncctl"), args...)
}

func (s *system) syncctl(t *testing.T, args ...string) said {
	t.Helper()
	return s.begin(t, args...).end(t)
}

// mustSyncctl is syncctl that must end with 0.
func (s *system) mustSyncctl(t *testing.T, args ...string) said {
	t.Helper()
	got := s.syncctl(t, args...)
	if got.code != 0 {
		t.Fatalf("syncctl %v: exit code %d\n%s%s", args, got.code, got.stdout, got.stderr)
	}
	return got
}

func (s *system) dataSync(t *testing.T) datasync.DataSyncClient {
	t.Helper()
	conn, err := stack.Dial(s.DataSyncAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return datasync.NewDataSyncClient(conn)
}

func (s *system) terminology(t *testing.T) terminology.TerminologyClient {
	t.Helper()
	conn, err := stack.Dial(s.TerminologyAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return terminology.NewTerminologyClient(conn)
}

// soon is the deadline of one call.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// until polls a condition, which says what it saw.
func until(t *testing.T, what string, done func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
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

// awaitRun polls the newest pass, also while data-sync is away.
func (s *system) awaitRun(t *testing.T, what string, done func(*datasync.Run) bool) *datasync.Run {
	t.Helper()
	client := s.dataSync(t)
	var run *datasync.Run
	until(t, what, func() (bool, string) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var err error
		if run, err = client.GetRun(ctx, &datasync.GetRunReq{}); err != nil {
			return false, err.Error()
		}
		return done(run), fmt.Sprintf("pass %d %v, %d of %d", run.GetPass(), run.GetState(), run.GetCoded()+run.GetReview(), run.GetRead())
	})
	return run
}

// edited copies a service's configuration file with pieces of its text replaced,
// each of which must be there once.
func edited(t *testing.T, path string, pairs ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for i := 0; i < len(pairs); i += 2 {
		if n := strings.Count(text, pairs[i]); n != 1 {
			t.Fatalf("%s has %q %d times", path, pairs[i], n)
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	copied := filepath.Join(t.TempDir(), filepath.Base(path))
	writeFile(t, copied, text)
	return copied
}

const (
	dataSyncConfig    = "data-sync/etc/datasync.yaml"
	terminologyConfig = "terminology/etc/terminology.yaml"
)

func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

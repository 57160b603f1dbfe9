package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/local/stack"
)

// patience is far longer than anything takes on a machine that does much else.
const patience = 3 * time.Minute

func TestEveryQueryOfTheDashboardHasDataAfterARun(t *testing.T) {
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Fatal("prometheus is missing: install Debian's package prometheus, or run deploy/dev/scripts/needs.sh prometheus")
	}
	s, bin := services(t)
	watching := watch(t, program, map[string]string{
		"data-sync": s.DataSyncMetrics, "terminology": s.TerminologyMetrics, "nightly": standIn(t),
	})
	defer watching.Close()
	// What counts from 0 has been seen at 0 before the run.
	await(t, "the services are watched", func() (bool, string) {
		up, err := watching.Series(t.Context(), "up == 1")
		sampled, _ := watching.Series(t.Context(), "aecode_sample_timestamp_seconds > 0")
		return err == nil && up == 4 && sampled == 1, fmt.Sprintf("%d of 4 targets, %d samples, %v", up, sampled, err)
	})

	syncctl(t, bin, s.DataSyncAddr, "import", filepath.Join(root, "deploy/demo/reports/statin_ae.csv"), "--id", "USUBJID,AESEQ")
	syncctl(t, bin, s.DataSyncAddr, "run", "--wait")

	queries, err := Queries(filepath.Join(dashboards, "night.json"),
		map[string]time.Duration{"__rate_interval": 5 * time.Minute, "__range": time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Await(t.Context(), watching, queries, patience) {
		if !f.OK {
			t.Error(f)
		}
	}
	// And what is shown is what was done.
	for expr, what := range map[string]string{
		`aecode:last_run_state:max{state="COMPLETED"} == 1`:             "the run is complete",
		`sum(aecode:last_run_reports:max) == 596`:                       "it had 596 reports",
		`aecode:reports_pending:max == 0`:                               "none waits",
		`sum(aecode:reports_review:max) == 246`:                         "246 wait for a person",
		`sum(increase(aecode_reports_total[5m])) > 500`:                 "the rates have seen them all, from the first",
		`time() - aecode:last_run_finished:timestamp_seconds > 0 < 600`: "it has just finished",
	} {
		await(t, what, func() (bool, string) {
			n, err := watching.Series(t.Context(), expr)
			return err == nil && n == 1, fmt.Sprintf("%d series of %s, %v", n, expr, err)
		})
	}
}

// services starts both, built as they are, on the embedded store.
func services(t *testing.T) (s *stack.Stack, bin string) {
	t.Helper()
	bin = filepath.Join(t.TempDir(), "bin")
	// With the flags of `make build` and of the other tests, whose packages go's cache
	// has: with others, everything is compiled once more, which takes minutes.
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", bin+string(filepath.Separator), "./terminology", "./data-sync", "./data-sync/cmd/syncctl")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	s, err = stack.Start(t.Context(), stack.Options{
		Bin: bin, Root: repository, Out: t.TempDir(), StartTimeout: patience,
		Release:  filepath.Join(repository, "deploy/demo/release/ctcae-5.0"),
		Synonyms: filepath.Join(repository, "deploy/demo/synonyms.csv"),
		EnvOf:    map[string][]string{stack.DataSync: {"METRICS_SAMPLE=1s"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s, bin
}

func syncctl(t *testing.T, bin, server string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "syncctl"), args...)
	cmd.Env = append(os.Environ(), "SYNCCTL_SERVER="+server)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("syncctl %s: %v\n%s", args[0], err, said)
	}
}

// watch starts a Prometheus as it is configured, but for where its targets are and
// how often it looks.
func watch(t *testing.T, program string, targets map[string]string) *Server {
	t.Helper()
	folder := t.TempDir()
	port, err := localserver.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	targets["prometheus"] = address
	config := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(config, configured(t, targets), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(folder, "prometheus.log"))
	if err != nil {
		t.Fatal(err)
	}
	// Its life is the test's, ended below.
	cmd := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		late.Stop()
		log.Close()
		if t.Failed() {
			said, _ := os.ReadFile(log.Name())
			t.Logf("prometheus said:\n%s", said)
		}
	})
	s, err := Connect("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "Prometheus answers", func() (bool, string) {
		n, err := s.Series(t.Context(), "vector(1)")
		return n == 1, fmt.Sprint(err)
	})
	return s
}

// configured is the repository's configuration with its service discovery replaced.
func configured(t *testing.T, targets map[string]string) []byte {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join(root, "deploy/prometheus"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "prometheus.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Global  map[string]string
		Rules   []string         `yaml:"rule_files"`
		Scrapes []map[string]any `yaml:"scrape_configs"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	for name := range config.Global {
		config.Global[name] = "1s"
	}
	for i, pattern := range config.Rules {
		config.Rules[i] = filepath.Join(folder, pattern)
	}
	for _, scrape := range config.Scrapes {
		job, _ := scrape["job_name"].(string)
		target, ok := targets[job]
		if !ok {
			t.Fatalf("nothing plays the job %s", job)
		}
		delete(targets, job)
		delete(scrape, "dns_sd_configs")
		scrape["static_configs"] = []map[string]any{{"targets": []string{target}}}
	}
	if len(targets) > 0 {
		t.Fatalf("deploy/prometheus/prometheus.yml does not scrape %v", targets)
	}
	made, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// await polls a condition, which says what it saw.
func await(t *testing.T, what string, done func() (bool, string)) {
	t.Helper()
	until := time.Now().Add(patience)
	for {
		ok, saw := done()
		if ok {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%s: not within %v; saw %s", what, patience, strings.TrimSpace(saw))
		}
		time.Sleep(100 * time.Millisecond)
	}
}

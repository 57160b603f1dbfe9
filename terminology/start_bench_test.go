package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/demo/benchdata"
)

// folder gives the version folder of the release.
func folder(b *testing.B) string {
	b.Helper()
	data, err := benchdata.Given()
	if err != nil {
		b.Fatal(err)
	}
	dir, err := data.Folder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// freePort gives a port that nobody listens on.
func freePort(b *testing.B) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// BenchmarkStart starts the program and waits until it is ready. resident-MB is its
// resident memory then, and peak-MB its greatest until then.
func BenchmarkStart(b *testing.B) {
	dir := folder(b)
	program := filepath.Join(b.TempDir(), "terminology")
	if said, err := exec.Command("go", "build", "-o", program, "aecode/terminology").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	for _, lang := range []string{"en", "zh", "both"} {
		release := dir
		if lang != "both" {
			release = filepath.Join(dir, lang, "MedAscii")
		}
		b.Run("lang="+lang, func(b *testing.B) {
			var resident, peak, used []float64
			for b.Loop() {
				p := start(b, program, release)
				r, most := p.memory(b)
				p.stop(b)
				resident, peak = append(resident, r), append(peak, most)
				used = append(used, p.cmd.ProcessState.UserTime().Seconds()+p.cmd.ProcessState.SystemTime().Seconds())
			}
			b.ReportMetric(mean(resident), "resident-MB")
			b.ReportMetric(mean(peak), "peak-MB")
			b.ReportMetric(mean(used)*1e9, "cpu-ns/op")
		})
	}
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	return sum / float64(len(all))
}

type process struct{ cmd *exec.Cmd }

// start starts the program and waits until /healthz says that it is ready.
func start(b *testing.B, program, release string) process {
	b.Helper()
	metrics := freePort(b)
	cmd := exec.Command(program, "-f", "etc/terminology.yaml")
	cmd.Env = append(os.Environ(), "TERMINOLOGY_RELEASE="+release, "TERMINOLOGY_LIBRARY=",
		fmt.Sprintf("TERMINOLOGY_LISTEN=127.0.0.1:%d", freePort(b)), "METRICS_PORT="+strconv.Itoa(metrics))
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	healthz := fmt.Sprintf("http://127.0.0.1:%d/healthz", metrics)
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		answer, err := http.Get(healthz)
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return process{cmd}
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	b.Fatalf("terminology is not ready within a minute\n%s", log.String())
	return process{}
}

// memory reads the current and the greatest resident memory.
func (p process) memory(b *testing.B) (now, peak float64) {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Skip("resident memory is read from /proc")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kB, _ := strconv.ParseFloat(fields[1], 64)
		switch fields[0] {
		case "VmRSS:":
			now = kB * 1024 / 1e6
		case "VmHWM:":
			peak = kB * 1024 / 1e6
		}
	}
	return now, peak
}

func (p process) stop(b *testing.B) {
	b.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	_ = p.cmd.Wait() // how it ends is tested elsewhere
}

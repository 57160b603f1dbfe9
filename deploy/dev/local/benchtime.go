package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// spending is CPU time, and its purposes.
type spending struct {
	name string
	time time.Duration
}

// tick is the kernel's unit of CPU time in /proc: USER_HZ is 100 on every Linux platform
// of Go.
const tick = 10 * time.Millisecond

// spentBy gives the CPU time of processes so far, with that of their running and ended
// children, in which PostgreSQL works.
func spentBy(pids map[string]int) map[string]time.Duration {
	spent := make(map[string]time.Duration, len(pids))
	for name, pid := range pids {
		own, children, _ := processorTime(pid)
		spent[name] = own + children
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		own, _, parent := processorTime(child)
		for name, pid := range pids {
			if parent == pid {
				spent[name] += own
			}
		}
	}
	return spent
}

// processorTime reads a process's own CPU time, that of its ended children, and its
// parent's id; all are 0 if the process has ended.
func processorTime(pid int) (own, children time.Duration, parent int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, 0
	}
	// "pid (name) state ppid ...": the name may contain any character. utime is field 14.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 15 {
		return 0, 0, 0
	}
	number := func(field int) int {
		n, _ := strconv.Atoi(fields[field-3]) // the kernel's format
		return n
	}
	return time.Duration(number(14)+number(15)) * tick, time.Duration(number(16)+number(17)) * tick, number(4)
}

// profiles takes CPU profiles of data-sync until ctx ends, two seconds each. The profile
// under way at the end is lost.
func profiles(ctx context.Context, metrics, dir string) error {
	for n := 0; ctx.Err() == nil; n++ {
		err := profile(ctx, metrics, filepath.Join(dir, fmt.Sprintf("cpu-%04d.pprof", n)))
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("profile of data-sync: %w", err)
		}
	}
	return nil
}

func profile(ctx context.Context, metrics, path string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metrics+"/debug/pprof/profile?seconds=2", http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", resp.Status, body)
	}
	return os.WriteFile(path, body, 0o600)
}

// purposes are the purposes of data-sync's CPU time. The innermost function of a stack
// that matches one decides.
var purposes = []struct {
	name   string
	prefix *regexp.Regexp
}{
	{"database", regexp.MustCompile(`^(aecode/data-sync/internal/store|github\.com/jackc/|modernc\.org/|database/sql)`)},
	{"redis", regexp.MustCompile(`^(aecode/common/idempotency|github\.com/redis/|github\.com/alicebob/|github\.com/yuin/gopher-lua)`)},
	{"terminology", regexp.MustCompile(`^(aecode/data-sync/internal/terminologyclient|google\.golang\.org/|golang\.org/x/net/http2|aecode/proto)`)},
	{"garbage collection", regexp.MustCompile(`^runtime\.(gcBgMarkWorker|bgsweep|bgscavenge|gcAssistAlloc)`)},
}

// split reads the profiles of dir and adds up data-sync's CPU time by purpose.
func split(ctx context.Context, dir string) ([]spending, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "cpu-*.pprof"))
	if err != nil || len(paths) == 0 {
		return nil, errors.Join(errors.New("the run was too short for a profile"), err)
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"tool", "pprof", "-traces", "-symbolize=none"}, paths...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	traces, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go tool pprof: %w\n%s", err, said.String())
	}
	return splitTraces(string(traces)), nil
}

var traceHead = regexp.MustCompile(`^\s+(\d+(?:\.\d+)?(?:ns|us|ms|s|m|mins))\s+(\S.*)$`)

// splitTraces adds up the output of `go tool pprof -traces`: after a line of dashes, the
// time and the stack, innermost function first.
func splitTraces(text string) []spending {
	spent := make(map[string]time.Duration)
	for stack := range strings.SplitSeq(text, "-----------+-------------------------------------------------------") {
		lines := strings.Split(strings.Trim(stack, "\n"), "\n")
		head := traceHead.FindStringSubmatch(lines[0])
		if head == nil {
			continue // what stands before the first stack
		}
		took, err := time.ParseDuration(strings.TrimSuffix(head[1], "ins"))
		if err != nil {
			continue
		}
		lines[0] = head[2]
		spent[purpose(lines)] += took
	}
	out := make([]spending, 0, len(spent))
	for name, took := range spent {
		out = append(out, spending{name, took})
	}
	slices.SortFunc(out, func(a, b spending) int { return int(b.time - a.time) })
	return out
}

func purpose(functions []string) string {
	for _, f := range functions {
		for _, p := range purposes {
			if p.prefix.MatchString(strings.TrimSpace(f)) {
				return p.name
			}
		}
	}
	return "rest"
}

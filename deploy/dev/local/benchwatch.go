package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
)

// sample is the state of a run at one moment.
type sample struct {
	at time.Time
	// done counts the reports decided; -1: the pass has not started.
	done       int64
	goroutines int
	// peakMB is data-sync's peak resident memory so far.
	peakMB float64
}

// watch takes ten samples per second until ctx ends.
func watch(ctx context.Context, addr, metrics string, pid int) ([]sample, error) {
	conn, err := stack.Dial(addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	client := datasync.NewDataSyncClient(conn)
	look := func() sample {
		s := sample{at: time.Now(), done: -1, goroutines: goroutines(ctx, metrics), peakMB: peakMB(pid)}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if run, err := client.GetRun(ctx, &datasync.GetRunReq{}); err == nil {
			s.done = run.GetCoded() + run.GetReview()
		}
		return s
	}
	samples := []sample{look()}
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return samples, nil
		case <-ticker.C:
			samples = append(samples, look())
		}
	}
}

// goroutinesOf gives the numbers of goroutines in ascending order, at least one.
func goroutinesOf(samples []sample) []int {
	seen := []int{}
	for _, s := range samples {
		if s.goroutines > 0 {
			seen = append(seen, s.goroutines)
		}
	}
	if len(seen) == 0 {
		return []int{0}
	}
	slices.Sort(seen)
	return seen
}

// step is the number of reports for each rate of a long run.
const step = 100_000

// steps gives the reports per second of each full step of a run of n reports, and
// data-sync's peak memory in MB at the end of the first step. Times between two samples
// are interpolated.
func steps(samples []sample, n int) (rates []float64, firstMB float64) {
	var reached []time.Time // the moments of 0, step, 2*step, ... reports done
	before := sample{done: -1}
	for _, s := range samples {
		last := before
		before = s
		if s.done < 0 {
			continue
		}
		if len(reached) == 0 {
			reached = append(reached, s.at)
		}
		for next := int64(len(reached)) * step; next <= s.done && next <= int64(n); next += step {
			at := s.at
			if last.done >= 0 {
				share := float64(next-last.done) / float64(s.done-last.done)
				at = last.at.Add(time.Duration(share * float64(s.at.Sub(last.at))))
			}
			reached = append(reached, at)
			if len(reached) == 2 {
				firstMB = s.peakMB
			}
		}
	}
	for i := 1; i < len(reached); i++ {
		rates = append(rates, step/reached[i].Sub(reached[i-1]).Seconds())
	}
	return rates, firstMB
}

var goroutinesLine = regexp.MustCompile(`(?m)^go_goroutines (\d+)`)

func goroutines(ctx context.Context, metrics string) int {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metrics+"/metrics", http.NoBody)
	if err != nil {
		return 0
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return 0
	}
	if m := goroutinesLine.FindStringSubmatch(body.String()); m != nil {
		n, _ := strconv.Atoi(m[1]) // digits by the pattern
		return n
	}
	return 0
}

// peakMB gives the process's peak resident memory, from the kernel.
func peakMB(pid int) float64 {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			kb, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 64) // the kernel's format
			return kb / 1024
		}
	}
	return 0
}

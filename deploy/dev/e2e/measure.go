package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// measuredLoad is the number of reports of a measured run.
const measuredLoad = 50_000

// firstReport measures the time from the start, with images and without volumes, until
// the first report is coded.
func firstReport(ctx context.Context, s *stack) (string, error) {
	began := time.Now()
	if _, err := s.dc(ctx, "up", "-d", "nightly", "prometheus"); err != nil {
		return "", err
	}
	up := time.Since(began)
	if err := s.load(ctx, "first", 1, 9); err != nil {
		return "", err
	}
	if _, err := s.operator(ctx, "run", "--wait"); err != nil {
		return "", err
	}
	first := time.Since(began)
	if err := s.healthy(ctx, patience, whole); err != nil {
		return "", err
	}
	// From here on there are only the measured runs.
	if _, err := s.dc(ctx, "stop", "nightly"); err != nil {
		return "", err
	}
	return fmt.Sprintf("up -d took %.1f s, the first report was coded after %.1f s", up.Seconds(), first.Seconds()), nil
}

func measureOne(ctx context.Context, s *stack) (string, error) {
	return s.measure(ctx, 1, "one")
}

func measureTwo(ctx context.Context, s *stack) (string, error) {
	return s.measure(ctx, 2, "two")
}

// runTable finds the number of reports read and the rate in syncctl's output.
var runTable = regexp.MustCompile(`(?s)\n  read +(\d+).*\n  rate +(\S+)`)

// measuredRuns is the number of measured runs, each with other reports.
const measuredRuns = 3

// measure runs the load with this number of replicas of data-sync, and prints the CPU time
// and memory of each container.
func (s *stack) measure(ctx context.Context, replicas int, source string) (string, error) {
	if _, err := s.dc(ctx, "up", "-d", "--no-deps", "--no-recreate", "--scale", fmt.Sprintf("data-sync=%d", replicas), "data-sync"); err != nil {
		return "", err
	}
	if err := s.healthy(ctx, patience, map[string]int{"data-sync": replicas}); err != nil {
		return "", err
	}
	var rates []string
	for n := range measuredRuns {
		if err := s.load(ctx, fmt.Sprintf("%s-%d", source, n+1), measuredLoad, 10*replicas+n); err != nil {
			return "", err
		}
		watched, stop := s.watch(ctx)
		out, err := s.operator(ctx, "run", "--wait")
		usage, watchErr := stop()
		if err = errors.Join(err, watchErr); err != nil {
			return "", err
		}
		found := runTable.FindStringSubmatch(out)
		if found == nil || found[1] != strconv.Itoa(measuredLoad) {
			return "", fmt.Errorf("the run did not have exactly the %d reports: %s", measuredLoad, out)
		}
		rates = append(rates, found[2])
		fmt.Println(indented(out))
		fmt.Printf("     %-14s %10s %10s\n", "container", "CPU s", "peak MiB")
		for i, c := range watched {
			fmt.Printf("     %-14s %10.1f %10.0f\n", c.Service, usage[i].cpu.Seconds(), float64(usage[i].peak)/(1<<20))
		}
		if _, err := s.account(ctx, "aecode", s.newest()); err != nil {
			return "", err
		}
	}
	return strings.Join(rates, ", "), nil
}

func indented(out string) string {
	return "     " + strings.ReplaceAll(strings.TrimSpace(out), "\n", "\n     ")
}

// usage is a container's CPU time and memory during a run.
type usage struct {
	cpu  time.Duration
	peak uint64 // bytes, without the page cache that can be released
}

// watch reads the engine's statistics of all running containers twice a second until
// stop is called, which gives the usage of each.
func (s *stack) watch(ctx context.Context) (watched []container, stop func() ([]usage, error)) {
	all, err := s.containers(ctx)
	watched = slices.DeleteFunc(all, func(c container) bool { return c.State.Pid == 0 })
	taken := make([]usage, len(watched))
	from := make([]uint64, len(watched))
	watching, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	problems := make([]error, len(watched))
	for i, c := range watched {
		first, firstErr := stats(ctx, c.ID)
		from[i], problems[i] = first.CPU.Usage.Total, firstErr
		wait.Go(func() {
			tick := time.NewTicker(500 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-watching.Done():
					return
				case <-tick.C:
				}
				if now, err := stats(watching, c.ID); err == nil {
					taken[i].peak = max(taken[i].peak, now.resident())
				}
			}
		})
	}
	return watched, func() ([]usage, error) {
		cancel()
		wait.Wait()
		last, done := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer done()
		for i, c := range watched {
			now, err := stats(last, c.ID)
			problems[i] = errors.Join(problems[i], err)
			taken[i].cpu = time.Duration(now.CPU.Usage.Total - from[i])
			taken[i].peak = max(taken[i].peak, now.resident())
		}
		return taken, errors.Join(err, errors.Join(problems...))
	}
}

// figures are the engine's statistics of a container:
// https://docs.docker.com/reference/api/engine/ (ContainerStats)
type figures struct {
	CPU struct {
		Usage struct {
			Total uint64 `json:"total_usage"`
		} `json:"cpu_usage"`
	} `json:"cpu_stats"`
	Memory struct {
		Usage uint64
		Stats struct {
			InactiveFile      uint64 `json:"inactive_file"`       // cgroup v2
			TotalInactiveFile uint64 `json:"total_inactive_file"` // cgroup v1
		}
	} `json:"memory_stats"`
}

func (f figures) resident() uint64 {
	cache := max(f.Memory.Stats.InactiveFile, f.Memory.Stats.TotalInactiveFile)
	return f.Memory.Usage - min(cache, f.Memory.Usage)
}

var engine = &http.Client{Transport: &http.Transport{
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", "/var/run/docker.sock")
	},
}}

func stats(ctx context.Context, id string) (f figures, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/containers/"+id+"/stats?stream=false&one-shot=true", nil)
	if err != nil {
		return f, err
	}
	answer, err := engine.Do(req)
	if err != nil {
		return f, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return f, fmt.Errorf("the engine's statistics of a container: %s", answer.Status)
	}
	return f, json.NewDecoder(answer.Body).Decode(&f)
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aecode/deploy/local/stack"
	"aecode/proto/datasync"
)

func benchCommand() *cobra.Command {
	var p place
	var load string
	var sizes []int
	var id []string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the whole system under a load file, in Go's benchmark format",
		Long: `bench brings the first N reports of a CSV file through a fresh stack, for each
size, and prints one line of Go's benchmark format a size: the time of the
nightly run, reports a second, the import's reports a second, the peak resident
memory of data-sync and terminology, and the median and the peak of data-sync's
goroutines. The peak holds the goroutine that the SQLite driver starts for each
statement; on busy cores some have not ended yet when the next one starts.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := p.options()
			if err != nil {
				return err
			}
			for _, n := range sizes {
				if err := benchOne(cmd.Context(), opts, load, id, n); err != nil {
					return err
				}
			}
			return nil
		},
	}
	p.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&load, "load", "", "CSV file of reports")
	flags.IntSliceVar(&sizes, "n", []int{5000, 50000}, "numbers of reports")
	flags.StringSliceVar(&id, "id", []string{"AESPID"}, "columns that together identify a record")
	_ = cmd.MarkFlagRequired("load") // the flag exists
	return cmd
}

func benchOne(ctx context.Context, opts stack.Options, load string, id []string, n int) (err error) {
	dir, err := os.MkdirTemp("", "aecode-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	input := filepath.Join(dir, "load.csv")
	if n, err = head(load, input, n); err != nil {
		return err
	}
	opts.Out = dir
	s, err := stack.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()

	watching, stop := context.WithCancel(ctx)
	samples := make(chan []int, 1)
	go func() { samples <- sampleGoroutines(watching, s.DataSyncMetrics) }()

	args := []string{"import", input}
	for _, column := range id {
		args = append(args, "--id", column)
	}
	imported, err := timed(ctx, opts.Bin, s.DataSyncAddr, args...)
	if err == nil {
		_, err = timed(ctx, opts.Bin, s.DataSyncAddr, "run", "--wait")
	}
	stop()
	goroutines := <-samples
	if err != nil {
		return err
	}
	run, err := newestRun(ctx, s.DataSyncAddr)
	if err != nil {
		return err
	}
	if run.GetCoded()+run.GetReview() != int64(n) {
		return fmt.Errorf("%d reports went in, %d were coded and %d are in review", n, run.GetCoded(), run.GetReview())
	}
	pids := s.PIDs()
	elapsed := run.GetElapsedSeconds()
	fmt.Printf("BenchmarkNightly/reports=%d \t1\t%.0f ns/op\t%.0f reports/s\t%.0f imported/s\t%.1f datasync-MB\t%.1f terminology-MB\t%d goroutines-median\t%d goroutines-peak\n",
		n, elapsed*1e9, float64(n)/elapsed, float64(n)/imported.Seconds(), peakMB(pids[1]), peakMB(pids[0]), goroutines[len(goroutines)/2], goroutines[len(goroutines)-1])
	return nil
}

// head copies the header and the first n records, which must be single lines,
// and gives how many there were.
func head(from, to string, n int) (int, error) {
	data, err := os.ReadFile(from)
	if err != nil {
		return 0, err
	}
	end, lines := 0, -1 // the header is no record
	for end < len(data) && lines < n {
		i := bytes.IndexByte(data[end:], '\n')
		if i < 0 {
			i = len(data) - end - 1
		}
		end += i + 1
		lines++
	}
	return lines, os.WriteFile(to, data[:end], 0o600)
}

// timed runs syncctl with its output out of the way of the figures.
func timed(ctx context.Context, bin, addr string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "syncctl"), args...)
	cmd.Env = append(os.Environ(), "SYNCCTL_SERVER="+addr)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("syncctl %s: %w\n%s", args[0], err, out)
	}
	return time.Since(start), nil
}

func newestRun(ctx context.Context, addr string) (*datasync.Run, error) {
	conn, err := stack.Dial(addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return datasync.NewDataSyncClient(conn).GetRun(ctx, &datasync.GetRunReq{})
}

var goroutinesLine = regexp.MustCompile(`(?m)^go_goroutines (\d+)`)

// sampleGoroutines looks twenty times a second until ctx ends, and gives what it
// saw in rising order, never nothing.
func sampleGoroutines(ctx context.Context, metrics string) []int {
	var seen []int
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			if len(seen) == 0 {
				seen = []int{0}
			}
			slices.Sort(seen)
			return seen
		case <-ticker.C:
			if n := goroutines(ctx, metrics); n > 0 {
				seen = append(seen, n)
			}
		}
	}
}

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

// peakMB is the process's peak resident memory, from the kernel.
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

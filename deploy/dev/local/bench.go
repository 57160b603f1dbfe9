package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
)

// bench holds the flags of the command bench.
type bench struct {
	load      string
	id        []string
	sizes     []int
	stores    []string
	profile   bool
	databases databases
}

func benchCommand() *cobra.Command {
	var p place
	var b bench
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the whole system with a file of reports; prints Go's benchmark format",
		Long: `bench brings the first N reports of a CSV file through a fresh stack, for each
store and size, and prints one line of Go's benchmark format for each: the time
of the nightly run, reports a second, the import's reports a second, the peak
resident memory of data-sync and terminology, and the median and the peak of
data-sync's goroutines. From 200,000 reports on it also prints the reports a
second of the first, the last and the slowest hundred thousand, and data-sync's
peak memory after the first. Below it stands where the processors' time went.

Goroutines: the SQLite driver starts one for each statement; on busy cores some
have not ended yet when the next one starts.

The store postgres is a PostgreSQL (fsync on) and a Redis that bench starts
itself, or those of --postgres, whose database must be empty, and --redis.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			opts, err := p.options()
			if err != nil {
				return err
			}
			return b.run(cmd.Context(), opts)
		},
	}
	p.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&b.load, "load", "", "CSV file of reports")
	flags.IntSliceVar(&b.sizes, "n", []int{5000, 50000}, "numbers of reports")
	flags.StringSliceVar(&b.id, "id", []string{"AESPID"}, "columns that together identify a record")
	flags.StringSliceVar(&b.stores, "store", []string{storeSQLite, storePostgres}, "stores to measure")
	flags.BoolVar(&b.profile, "profile", false, "split data-sync's CPU time by purpose; needs the go command and reduces the speed")
	flags.StringVar(&b.databases.postgres, "postgres", "", "URL of an empty database; empty: bench starts a server")
	flags.StringSliceVar(&b.databases.redis, "redis", nil, "addresses of a Redis; none: bench starts a server")
	_ = cmd.MarkFlagRequired("load") // the flag exists
	return cmd
}

func (b *bench) run(ctx context.Context, opts stack.Options) error {
	for _, store := range b.stores {
		if store != storeSQLite && store != storePostgres {
			return fmt.Errorf("--store %q: must be %s or %s", store, storeSQLite, storePostgres)
		}
		if store == storePostgres && (b.databases.postgres == "") != (len(b.databases.redis) == 0) {
			return errors.New("give both --postgres and --redis, or neither")
		}
		if store == storePostgres && b.databases.postgres != "" && len(b.sizes) > 1 {
			return errors.New("--postgres: give only one number with --n, since each measurement needs an empty database")
		}
		for _, n := range b.sizes {
			if err := b.one(ctx, opts, store, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// databases are the servers of a measurement.
type databases struct {
	postgres string
	redis    []string
	// pids are the process ids of the servers that bench has started, by their names in
	// the table.
	pids  map[string]int
	close func() error
}

// start gives the servers of the flags, or starts servers.
func (d databases) start(ctx context.Context, store string) (databases, error) {
	d.close = func() error { return nil }
	if store == storeSQLite {
		return databases{close: d.close}, nil
	}
	if d.postgres != "" {
		return d, nil
	}
	pg, err := localserver.StartPostgres(ctx, localserver.PostgresOptions{Durable: true})
	if err != nil {
		return d, err
	}
	cache, err := localserver.StartRedis(ctx, localserver.RedisOptions{})
	if err != nil {
		return d, errors.Join(err, pg.Stop())
	}
	d.close = func() error { return errors.Join(cache.Stop(), pg.Stop()) }
	if err := pg.CreateDatabase(ctx, "aecode", ""); err != nil {
		return d, errors.Join(err, d.close())
	}
	d.postgres, d.redis = pg.URL("aecode"), []string{cache.Addr()}
	d.pids = map[string]int{"postgresql": pg.PID(), "redis": cache.PID()}
	return d, nil
}

// one measures one store at one size.
func (b *bench) one(ctx context.Context, opts stack.Options, store string, n int) (err error) {
	dir, err := os.MkdirTemp("", "aecode-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	input := filepath.Join(dir, "load.csv")
	if n, err = head(b.load, input, n); err != nil {
		return err
	}
	servers, err := b.databases.start(ctx, store)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, servers.close()) }()
	opts.Out, opts.Postgres, opts.Redis = dir, servers.postgres, servers.redis
	if b.profile {
		opts.Env = append(slices.Clone(opts.Env), "PPROF=true")
	}
	s, err := stack.Start(ctx, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	pids := map[string]int{}
	for _, name := range []string{stack.Terminology, stack.DataSync} {
		if pids[name], err = s.PID(name); err != nil {
			return err
		}
	}

	args := []string{"import", input}
	for _, column := range b.id {
		args = append(args, "--id", column)
	}
	imported, err := timed(ctx, opts.Bin, s.DataSyncAddr, args...)
	if err != nil {
		return err
	}
	m := measurement{
		store: store, n: n, imported: imported, addr: s.DataSyncAddr, metrics: s.DataSyncMetrics,
		pid: pids[stack.DataSync], terminology: pids[stack.Terminology],
	}
	for name, pid := range servers.pids {
		pids[name] = pid
	}
	if err := m.take(ctx, opts.Bin, dir, pids, b.profile); err != nil {
		return err
	}
	fmt.Print(m.line(), m.table())
	return nil
}

// measurement is one nightly run, measured from outside.
type measurement struct {
	store            string
	n                int
	addr, metrics    string
	pid, terminology int
	imported         time.Duration

	run     *datasync.Run
	samples []sample
	spent   []spending
	within  []spending
}

// take runs the nightly sync and measures it. Profiles go to dir.
func (m *measurement) take(ctx context.Context, bin, dir string, pids map[string]int, profile bool) error {
	before := spentBy(pids)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan error, 1)
	go func() {
		var err error
		m.samples, err = watch(watching, m.addr, m.metrics, m.pid)
		watched <- err
	}()
	profiled := make(chan error, 1)
	go func() {
		if !profile {
			profiled <- nil
			return
		}
		profiled <- profiles(watching, m.metrics, dir)
	}()
	_, err := timed(ctx, bin, m.addr, "run", "--wait")
	after := spentBy(pids)
	stop()
	if err = errors.Join(err, <-watched, <-profiled); err != nil {
		return err
	}
	for name := range pids {
		m.spent = append(m.spent, spending{name, after[name] - before[name]})
	}
	slices.SortFunc(m.spent, func(a, b spending) int { return cmp.Compare(a.name, b.name) })
	if profile {
		if m.within, err = split(ctx, dir); err != nil {
			return err
		}
	}
	if m.run, err = newestRun(ctx, m.addr); err != nil {
		return err
	}
	if m.run.GetCoded()+m.run.GetReview() != int64(m.n) {
		return fmt.Errorf("%d reports were imported, %d were coded and %d are in review", m.n, m.run.GetCoded(), m.run.GetReview())
	}
	return nil
}

// line gives the measurement in Go's benchmark format.
func (m *measurement) line() string {
	var out strings.Builder
	metric := func(format string, value any, unit string) { fmt.Fprintf(&out, "\t"+format+" %s", value, unit) }
	elapsed := m.run.GetElapsedSeconds()
	fmt.Fprintf(&out, "BenchmarkNightly/store=%s/reports=%d \t1", m.store, m.n)
	metric("%.0f", elapsed*1e9, "ns/op")
	metric("%.0f", float64(m.n)/elapsed, "reports/s")
	metric("%.0f", float64(m.n)/m.imported.Seconds(), "imported/s")
	if rates, megabytes := steps(m.samples, m.n); len(rates) > 1 {
		metric("%.0f", rates[0], "first-100k/s")
		metric("%.0f", rates[len(rates)-1], "last-100k/s")
		metric("%.0f", slices.Min(rates), "slowest-100k/s")
		metric("%.1f", megabytes, "datasync-MB-at-100k")
	}
	metric("%.1f", peakMB(m.pid), "datasync-MB")
	metric("%.1f", peakMB(m.terminology), "terminology-MB")
	goroutines := goroutinesOf(m.samples)
	metric("%d", goroutines[len(goroutines)/2], "goroutines-median")
	metric("%d", goroutines[len(goroutines)-1], "goroutines-peak")
	return out.String() + "\n"
}

// table shows the CPU time by process and purpose, without the import.
func (m *measurement) table() string {
	var out strings.Builder
	var total time.Duration
	for _, s := range m.spent {
		total += s.time
	}
	fmt.Fprintf(&out, "CPU time of the run, store=%s reports=%d\n", m.store, m.n)
	show := func(indent, name string, spent, of time.Duration) {
		fmt.Fprintf(&out, "  %-30s %8.2f s %5.1f %%\n", indent+name, spent.Seconds(), 100*float64(spent)/float64(max(of, 1)))
	}
	for _, s := range m.spent {
		show("", s.name, s.time, total)
		if s.name != stack.DataSync {
			continue
		}
		var sampled time.Duration
		for _, w := range m.within {
			sampled += w.time
		}
		for _, w := range m.within { // the profile's shares of what the kernel counted
			part := time.Duration(float64(s.time) * float64(w.time) / float64(max(sampled, 1)))
			show("  ", w.name, part, total)
		}
	}
	show("", "all", total, total)
	return out.String()
}

// head copies the header and the first n records, each of which must be one line. It
// gives the number of records copied.
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

// timed runs syncctl without printing its output.
func timed(ctx context.Context, bin, addr string, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "syncctl"), args...)
	cmd.Env = append(append(os.Environ(), stack.Plaintext...), "SYNCCTL_SERVER="+addr)
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

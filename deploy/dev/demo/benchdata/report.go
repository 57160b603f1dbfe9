package benchdata

import (
	"runtime"
	"slices"
	"time"
)

// Reporter takes a figure with its unit; *testing.B is one.
type Reporter interface{ ReportMetric(n float64, unit string) }

// Times are how long calls took: each of a number of different calls, made in
// several passes.
type Times struct {
	// Server gives the processor's time in ns that a server in another process has
	// used; nil: there is none.
	Server func() int64

	wall, cpu [][]int64 // of each call, ns in each pass
	before    time.Duration
	clock     int64 // what reading the thread's clock takes
	served    int64
}

// NewTimes is for n different calls. The processor's time counts from now.
func NewTimes(n int) *Times {
	t := &Times{wall: make([][]int64, n), cpu: make([][]int64, n)}
	t.clock = 1 << 62
	for range 100 {
		from := thread()
		t.clock = min(t.clock, thread()-from)
	}
	t.before = processor()
	return t
}

// Passes makes n passes over all the calls, on one thread.
func (t *Times) Passes(n int, call func(i int)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for range n {
		for i := range t.wall {
			server := t.server()
			cpu, start := thread(), time.Now()
			call(i)
			wall := int64(time.Since(start))
			cpu = max(0, thread()-cpu-t.clock)
			server = t.server() - server
			t.wall[i] = append(t.wall[i], wall)
			t.cpu[i] = append(t.cpu[i], cpu+server)
			t.served += server
		}
	}
}

func (t *Times) server() int64 {
	if t.Server == nil {
		return 0
	}
	return t.Server()
}

// Report gives the mean of all as ns/op, and the median and the 99th percentile
// over the calls, each being the median of its passes.
//
// The clock on the wall counts whatever else the machine does meanwhile. Of the
// processor's time cpu-ns/op is all that the process used, collection of garbage
// included, and p50-cpu-ns and p99-cpu-ns are what the thread used; that of a
// server in another process is added.
func (t *Times) Report(to Reporter) {
	used := processor() - t.before + time.Duration(t.served)
	n, sum := 0, int64(0)
	for _, passes := range t.wall {
		n += len(passes)
		for _, ns := range passes {
			sum += ns
		}
	}
	to.ReportMetric(float64(sum)/float64(max(1, n)), "ns/op")
	to.ReportMetric(float64(used)/float64(max(1, n)), "cpu-ns/op")
	for unit, calls := range map[string][][]int64{"-ns": t.wall, "-cpu-ns": t.cpu} {
		medians := make([]int64, len(calls))
		for i, passes := range calls {
			medians[i] = share(passes, 0.5)
		}
		to.ReportMetric(float64(share(medians, 0.5)), "p50"+unit)
		to.ReportMetric(float64(share(medians, 0.99)), "p99"+unit)
	}
}

// share gives the time within which this share of the calls ended.
func share(ns []int64, of float64) int64 {
	if len(ns) == 0 {
		return 0
	}
	slices.Sort(ns)
	return ns[min(len(ns)-1, int(of*float64(len(ns))))]
}

// Accuracy counts how often the right PT came first, among five, among twenty.
type Accuracy struct{ all, first, five, twenty int }

// Add takes the PTs that an engine gave, the best first. A PT that comes twice
// counts once.
func (a *Accuracy) Add(pts []string, want string) {
	a.all++
	var seen []string
	for _, pt := range pts {
		if slices.Contains(seen, pt) {
			continue
		}
		seen = append(seen, pt)
		if pt != want {
			continue
		}
		n := len(seen)
		if n == 1 {
			a.first++
		}
		if n <= 5 {
			a.five++
		}
		if n <= 20 {
			a.twenty++
		}
		return
	}
}

// Report gives the shares.
func (a *Accuracy) Report(to Reporter) {
	share := func(n int) float64 { return float64(n) / float64(max(1, a.all)) }
	to.ReportMetric(share(a.first), "accuracy@1")
	to.ReportMetric(share(a.five), "recall@5")
	to.ReportMetric(share(a.twenty), "recall@20")
}

// Processor measures the processor's time that this process uses.
type Processor struct{ from time.Duration }

// Start begins to count.
func (p *Processor) Start() { p.from = processor() }

// Since is what was used since; 0 where it is not measured.
func (p *Processor) Since() time.Duration { return processor() - p.from }

package benchdata

import (
	"slices"
	"syscall"
	"time"
)

// Reporter takes a figure with its unit; *testing.B is one.
type Reporter interface{ ReportMetric(n float64, unit string) }

// Times are how long calls took: each of a number of different calls, made in
// several passes.
type Times struct {
	calls  [][]int64 // of each call, ns in each pass
	before time.Duration
}

// NewTimes is for n different calls. The processor's time counts from now.
func NewTimes(n int) *Times { return &Times{calls: make([][]int64, n), before: processor()} }

// Call measures a call, the i-th of a pass. Reading the clock adds some 50 ns.
func (t *Times) Call(i int, call func()) {
	start := time.Now()
	call()
	t.calls[i] = append(t.calls[i], int64(time.Since(start)))
}

// Passes makes n passes over all the calls.
func (t *Times) Passes(n int, call func(i int)) {
	for range n {
		for i := range t.calls {
			t.Call(i, func() { call(i) })
		}
	}
}

// Report gives the mean of all as ns/op, and of the medians of each call over
// the passes the median and the 99th percentile, so that what else the machine
// did meanwhile counts for little. all-p99-ns has every call in it. cpu-ns/op is
// the time of the processor, which other programs do not touch, collection of
// garbage included.
func (t *Times) Report(to Reporter) {
	cpu := processor() - t.before
	var all, medians []int64
	sum := int64(0)
	for _, passes := range t.calls {
		all = append(all, passes...)
		medians = append(medians, share(passes, 0.5))
	}
	for _, ns := range all {
		sum += ns
	}
	n := float64(max(1, len(all)))
	to.ReportMetric(float64(sum)/n, "ns/op")
	to.ReportMetric(float64(cpu)/n, "cpu-ns/op")
	to.ReportMetric(float64(share(medians, 0.5)), "p50-ns")
	to.ReportMetric(float64(share(medians, 0.99)), "p99-ns")
	to.ReportMetric(float64(share(all, 0.99)), "all-p99-ns")
}

// share gives the time within which this share of the calls ended.
func share(ns []int64, of float64) int64 {
	if len(ns) == 0 {
		return 0
	}
	slices.Sort(ns)
	return ns[min(len(ns)-1, int(of*float64(len(ns))))]
}

// processor is the processor's time that this process has used.
func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
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

package meddra

import (
	"runtime"
	"testing"
)

// BenchmarkLoad loads a composed release of the size of MedDRA 29.0 and reports
// what it keeps of memory.
func BenchmarkLoad(b *testing.B) {
	for _, language := range Languages() {
		b.Run(string(language), func(b *testing.B) {
			fsys := mapFS(fullSize(b, language))
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			r := mustLoad(b, fsys)
			runtime.GC()
			runtime.ReadMemStats(&after)
			kept := float64(after.HeapAlloc-before.HeapAlloc) / (1 << 20)
			b.ReportAllocs()
			for b.Loop() {
				r = mustLoad(b, fsys)
			}
			b.ReportMetric(kept, "MiB-kept")
			runtime.KeepAlive(r)
		})
	}
}

// BenchmarkPrimaryPath is on the way of every coded report.
func BenchmarkPrimaryPath(b *testing.B) {
	r := mustLoad(b, newSynthetic(English).fs())
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := r.PrimaryPath(90000102); !ok {
			b.Fatal("no path")
		}
	}
}

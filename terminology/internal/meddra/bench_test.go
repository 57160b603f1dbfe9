package meddra

import (
	"fmt"
	"io/fs"
	"runtime"
	"testing"
)

// fullSize generates an invented release of the size of MedDRA 29.0, with names
// of the same mean length.
func fullSize(language Language) fs.FS {
	const llts, pts, hlts, hlgts, socs, rows = 91_082, 27_361, 1_739, 337, 27, 42_530
	s := synthetic{releaseFile: {"99.9$English$$$$"}}
	form := "Invented %s number %d of the kind"
	if language == Chinese {
		s[releaseFile], form = []string{"99.9$Chinese$$$$"}, "虚构%s术语第%d号"
	}
	name := func(level string, i int) string { return fmt.Sprintf(form, level, i) }
	soc := func(hlgt int) int { return hlgt % socs }
	hlgt := func(hlt int) int { return hlt % hlgts }
	for i := range socs {
		s.add(socFile, fmt.Sprintf("%d$%s$S%d$$$$$$$$", 91000000+i, name("SOC", i), i))
	}
	for i := range hlgts {
		s.add(hlgtFile, fmt.Sprintf("%d$%s$$$$$$$$", 92000000+i, name("HLGT", i)))
		s.add(socHLGTFile, fmt.Sprintf("%d$%d$", 91000000+soc(i), 92000000+i))
	}
	for i := range hlts {
		s.add(hltFile, fmt.Sprintf("%d$%s$$$$$$$$", 93000000+i, name("HLT", i)))
		s.add(hlgtHLTFile, fmt.Sprintf("%d$%d$", 92000000+hlgt(i), 93000000+i))
	}
	for i := range rows {
		pt := i % pts
		primary := i % hlts
		if i >= pts {
			primary = pt % hlts
		}
		ptSOC := 91000000 + soc(hlgt(primary))
		flag, hlt := "Y", primary
		if i >= pts {
			flag, hlt = "N", (primary+1)%hlts
		} else {
			s.add(ptFile, fmt.Sprintf("%d$%s$$%d$$$$$$$$", 94000000+pt, name("PT", pt), ptSOC))
			s.add(lltFile, fmt.Sprintf("%d$%s$%d$$$$$$$Y$$", 94000000+pt, name("PT", pt), 94000000+pt))
		}
		s.add(hltPTFile, fmt.Sprintf("%d$%d$", 93000000+hlt, 94000000+pt))
		s.add(hierarchyFile, fmt.Sprintf("%d$%d$%d$%d$%s$%s$%s$%s$S%d$$%d$%s$",
			94000000+pt, 93000000+hlt, 92000000+hlgt(hlt), 91000000+soc(hlgt(hlt)),
			name("PT", pt), name("HLT", hlt), name("HLGT", hlgt(hlt)), name("SOC", soc(hlgt(hlt))), soc(hlgt(hlt)), ptSOC, flag))
	}
	for i := range llts - pts {
		s.add(lltFile, fmt.Sprintf("%d$%s$%d$$$$$$$%c$$", 95000000+i, name("LLT", i), 94000000+i%pts, "YYYYYYYYYN"[i%10]))
	}
	return s.fs()
}

// BenchmarkLoadLanguage loads an invented release of the size of MedDRA 29.0 and
// reports what it keeps of memory.
func BenchmarkLoadLanguage(b *testing.B) {
	for _, language := range Languages() {
		b.Run(string(language), func(b *testing.B) {
			fsys := fullSize(language)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			r := mustLoad(b, fsys)
			runtime.GC()
			runtime.ReadMemStats(&after)
			if got := r.Counts(); got.LLT != 91_082 {
				b.Fatalf("counts %+v", got)
			}
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

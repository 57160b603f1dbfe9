package coder

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"

	"aecode/deploy/dev/demo/benchdata"
	"aecode/deploy/dev/demo/fullsize"
	"aecode/terminology/internal/meddra"
)

// steadily codes n verbatims and searches for one in a thousand, on one goroutine for
// each processor. A few verbatims come often and most come seldom; the greater the skew,
// the more often the same ones come.
func steadily(c *Coder, queries []fullsize.Query, skew float64, n int) {
	workers := runtime.GOMAXPROCS(0)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			draw := rand.New(rand.NewPCG(1, uint64(w)))
			often := rand.NewZipf(draw, skew, 4, uint64(len(queries)-1))
			for i := range n / workers {
				q := queries[often.Uint64()]
				if i%1000 == 0 {
					c.Search(q.Verbatim, meddra.Language(q.Language), nil, 20)
				}
				c.Code(Request{Verbatim: q.Verbatim, Language: meddra.Language(q.Language)})
			}
		})
	}
	all.Wait()
}

// foldersOf gives the folder of each language of the data.
func foldersOf(t testing.TB, data *benchdata.Data) map[meddra.Language]string {
	t.Helper()
	folders := make(map[meddra.Language]string)
	for _, lang := range meddra.Languages() {
		folders[lang] = folderOf(t, data, lang)
	}
	return folders
}

// reload reads the release in these languages and builds a coder of it.
func reload(t testing.TB, folders map[meddra.Language]string, cache int, languages ...meddra.Language) *Coder {
	t.Helper()
	releases := make(map[meddra.Language]*meddra.Release)
	for _, lang := range languages {
		releases[lang] = read(t, folders[lang], lang)
	}
	c, err := New(releases, nil, nil, Options{CacheEntries: cache})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMemoryIsFlatOverQueriesAndReloads(t *testing.T) {
	data, err := benchdata.Compose(fullsize.Part(60), 2_000)
	if err != nil {
		t.Fatal(err)
	}
	const reloads, queries, cache = 20, 200_000, 64 // a cache of this size fills up
	folders := foldersOf(t, data)
	var c *Coder
	heapAfter := func(reloads, queries int) int64 {
		for i := range reloads { // one language after the other
			c = reload(t, folders, cache, meddra.Languages()[i%2])
			steadily(c, data.Queries, 2, queries/reloads)
		}
		return heap()
	}
	early := heapAfter(reloads/10, queries/10)
	late := heapAfter(reloads-reloads/10, queries-queries/10)
	if late > early+early/10 {
		t.Errorf("the heap holds %d bytes after a tenth of the queries and reloads, %d after all", early, late)
	}
	runtime.KeepAlive(c)
	runtime.KeepAlive(data)
}

// BenchmarkMemory codes ten million verbatims and meanwhile reloads the release of full
// size a hundred times. It reports the heap after a tenth, half and all of it, without
// what the benchmark itself holds. It takes minutes and runs only if AECODE_BENCH_MEMORY
// is set.
func BenchmarkMemory(b *testing.B) {
	if os.Getenv("AECODE_BENCH_MEMORY") == "" {
		b.Skip("AECODE_BENCH_MEMORY is not set")
	}
	const reloads, queries = 100, 10_000_000
	data := given(b)
	folders := foldersOf(b, data)
	for b.Loop() {
		var c *Coder
		before := heap()
		for i := range reloads {
			c = reload(b, folders, defaultCacheEntries, meddra.Languages()...)
			steadily(c, data.Queries, 1.5, queries/reloads)
			switch done := 100 * (i + 1) / reloads; done {
			case 10, 50, 100:
				held := float64(heap()-before) / 1e6
				fmt.Printf("heap after %d %% of the queries and reloads: %.1f MB\n", done, held)
				b.ReportMetric(held, fmt.Sprintf("%d%%-MB", done))
			}
		}
		runtime.KeepAlive(c)
	}
}

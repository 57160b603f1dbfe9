package coder

import (
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"aecode/deploy/dev/demo/benchdata"
	"aecode/deploy/dev/demo/fullsize"
	"aecode/terminology/internal/meddra"
)

// generated is a composed release of about n English LLTs, or the smallest that can be
// composed if that has more.
func generated(t testing.TB, n int) *meddra.Release {
	t.Helper()
	const smallest = 68 // the smallest is 1/68 of full size
	data, err := benchdata.Compose(fullsize.Part(min(smallest, max(1, fullsize.Full().LLT/n))), 0)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, folderOf(t, data, meddra.English), meddra.English)
}

// folderOf gives the folder of one language of the data.
func folderOf(t testing.TB, data *benchdata.Data, lang meddra.Language) string {
	t.Helper()
	version, err := data.Folder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(version, string(lang))
}

func given(b *testing.B) *benchdata.Data {
	b.Helper()
	data, err := benchdata.Given()
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// coderOf gives a coder of the release of full size in one language, without a cache. It
// is built once for each language.
func coderOf(b *testing.B, lang meddra.Language) *Coder {
	b.Helper()
	data := given(b)
	builtMutex.Lock()
	defer builtMutex.Unlock()
	if built[lang] == nil {
		r := read(b, folderOf(b, data, lang), lang)
		c, err := New(map[meddra.Language]*meddra.Release{lang: r}, nil, nil, Options{CacheEntries: -1, DefaultLanguage: lang})
		if err != nil {
			b.Fatal(err)
		}
		built[lang] = c
	}
	return built[lang]
}

var (
	builtMutex sync.Mutex
	built      = map[meddra.Language]*Coder{}
)

// alone limits the measurement to one processor, including garbage collection.
func alone(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// passes makes five passes over the requests in each operation, and reports the times of
// single calls.
func passes[T any](b *testing.B, all []T, call func(T)) {
	b.Helper()
	if len(all) == 0 {
		b.Fatal("there is nothing to measure")
	}
	alone(b)
	for _, one := range all[:min(len(all), 200)] { // fills the pools
		call(one)
	}
	runtime.GC()
	times := benchdata.NewTimes(len(all))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for b.Loop() {
		times.Passes(5, func(i int) { call(all[i]) })
		n += 5 * len(all)
	}
	times.Report(b)
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(n), "B/op")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(n), "allocs/op")
}

// BenchmarkReady does what a start does for a language: it reads and validates the files
// and builds the index. heap-MB is the memory that stays in use.
func BenchmarkReady(b *testing.B) {
	data := given(b)
	for _, lang := range meddra.Languages() {
		b.Run("lang="+string(lang)+"/engine=aecode", func(b *testing.B) {
			alone(b)
			folder := folderOf(b, data, lang)
			var c *Coder
			before := heap()
			b.ReportAllocs()
			var used benchdata.Processor
			used.Start()
			n := 0
			for b.Loop() {
				n++
				v, err := meddra.LoadVersion(folder)
				if err != nil {
					b.Fatal(err)
				}
				if c, err = New(v.Releases, nil, nil, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(used.Since())/float64(n), "cpu-ns/op")
			b.ReportMetric(float64(heap()-before)/1e6, "heap-MB")
			runtime.KeepAlive(c)
		})
	}
}

// heap is the size of the reachable heap in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // the second run frees what pools hold
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkSafe codes verbatims that a safe step decides.
func BenchmarkSafe(b *testing.B) {
	for _, lang := range meddra.Languages() {
		for _, method := range []Method{MethodExact, MethodFolded} {
			b.Run("lang="+string(lang)+"/step="+string(method)+"/engine=aecode", func(b *testing.B) {
				c := coderOf(b, lang)
				var requests []Request
				for _, q := range given(b).Of(string(lang), fullsize.Kind(method)) {
					req := Request{Verbatim: q.Verbatim, Language: lang}
					if got := c.Code(req); got.Status == Coded && got.Method == method {
						requests = append(requests, req)
					}
				}
				passes(b, requests, func(req Request) { c.Code(req) })
			})
		}
	}
}

// unlike is the number of verbatims in the ranked benchmarks; the benchmarks of the other
// engines use the same verbatims.
const unlike = 1000

// BenchmarkRanked gives twenty suggestions for each verbatim that no safe step decides. It
// reports how often the right PT is in the answer, including the answers of safe steps.
func BenchmarkRanked(b *testing.B) {
	for _, lang := range meddra.Languages() {
		b.Run("lang="+string(lang)+"/engine=aecode", func(b *testing.B) {
			c := coderOf(b, lang)
			var requests []Request
			var right benchdata.Accuracy
			for _, q := range given(b).Unlike(string(lang), unlike) {
				req := Request{Verbatim: q.Verbatim, Language: lang, Limit: MaxLimit}
				got := c.Code(req)
				if got.Status != Coded {
					requests = append(requests, req)
				}
				right.Add(pts(got), q.PT)
			}
			passes(b, requests, func(req Request) { c.Code(req) })
			right.Report(b)
		})
	}
}

// pts gives the PTs of an answer, the best first.
func pts(r Result) []string {
	if r.Choice != nil {
		return []string{r.Choice.Path.PT.Code.String()}
	}
	all := make([]string, len(r.Candidates))
	for i, c := range r.Candidates {
		all[i] = c.Path.PT.Code.String()
	}
	return all
}

// BenchmarkBatch64 ranks the verbatims of a batch, five suggestions each, as
// EncodeTerms does.
func BenchmarkBatch64(b *testing.B) {
	for _, lang := range meddra.Languages() {
		b.Run("lang="+string(lang)+"/engine=aecode", func(b *testing.B) {
			c := coderOf(b, lang)
			var batches [][]Request
			for _, q := range given(b).Unlike(string(lang), unlike) {
				req := Request{Verbatim: q.Verbatim, Language: lang}
				if c.Code(req).Status == Coded {
					continue
				}
				if n := len(batches); n == 0 || len(batches[n-1]) == 64 {
					batches = append(batches, make([]Request, 0, 64))
				}
				batches[len(batches)-1] = append(batches[len(batches)-1], req)
			}
			passes(b, batches[:len(batches)-1], func(batch []Request) { // the last is not full
				for _, req := range batch {
					c.Code(req)
				}
			})
		})
	}
}

// BenchmarkCachedRanking answers a verbatim that was ranked before.
func BenchmarkCachedRanking(b *testing.B) {
	c := newCoder(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		c.Code(Request{Verbatim: "severe headache"})
	}
}

// BenchmarkSearch searches as a person types: the beginning of a name, beginnings of its
// words in another order, a misspelt name, one letter.
func BenchmarkSearch(b *testing.B) {
	for _, lang := range meddra.Languages() {
		queries := typed(given(b), lang)
		for _, kind := range slices.Sorted(maps.Keys(queries)) {
			b.Run("lang="+string(lang)+"/kind="+kind+"/engine=aecode", func(b *testing.B) {
				c := coderOf(b, lang)
				passes(b, queries[kind], func(query string) { c.Search(query, lang, nil, 20) })
			})
		}
	}
}

// typed makes queries as a person types them from verbatims.
func typed(data *benchdata.Data, lang meddra.Language) map[string][]string {
	const n = 200
	kinds := map[string][]string{"letter": {"a", "r"}}
	if lang == meddra.Chinese {
		kinds["letter"] = []string{"心", "炎"}
	}
	for _, q := range data.Of(string(lang), fullsize.Misspelt) {
		if len(kinds["fuzzy"]) < n {
			kinds["fuzzy"] = append(kinds["fuzzy"], q.Verbatim)
		}
	}
	for _, q := range data.Of(string(lang), fullsize.Exact) {
		runes := []rune(q.Verbatim)
		if len(runes) < 5 || len(kinds["prefix"]) == n {
			continue
		}
		if lang == meddra.Chinese {
			kinds["prefix"] = append(kinds["prefix"], string(runes[:3]))
			kinds["words"] = append(kinds["words"], string(runes[len(runes)-2:])+" "+string(runes[:2]))
			continue
		}
		words := strings.Fields(strings.ToLower(q.Verbatim))
		if len(words) < 2 {
			continue
		}
		first, last := words[0], words[len(words)-1]
		kinds["prefix"] = append(kinds["prefix"], strings.ToLower(string(runes[:5])))
		kinds["words"] = append(kinds["words"], last[:min(4, len(last))]+" "+first[:min(3, len(first))])
	}
	return kinds
}

package coder

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"aecode/deploy/dev/demo/benchdata"
	"aecode/deploy/dev/demo/fullsize"
	"aecode/terminology/internal/meddra"
)

// generated is a composed release of about n English LLTs, at least those of the
// smallest that can be composed.
func generated(t testing.TB, n int) *meddra.Release {
	t.Helper()
	const smallest = 68 // there of full size
	data, err := benchdata.Compose(fullsize.Part(min(smallest, max(1, fullsize.Full().LLT/n))), 0)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, data, meddra.English)
}

func read(t testing.TB, data *benchdata.Data, lang meddra.Language) *meddra.Release {
	t.Helper()
	r, err := meddra.LoadLanguage(data.Files(string(lang)), lang)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func given(b *testing.B) *benchdata.Data {
	b.Helper()
	data, err := benchdata.Given()
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// coderOf gives a coder of the release of full size in one language, without a
// cache: built once a language.
func coderOf(b *testing.B, lang meddra.Language) *Coder {
	b.Helper()
	data := given(b)
	builtMutex.Lock()
	defer builtMutex.Unlock()
	if built[lang] == nil {
		c, err := New(map[meddra.Language]*meddra.Release{lang: read(b, data, lang)}, nil, nil, Options{CacheEntries: -1, DefaultLanguage: lang})
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

// alone leaves one processor to the measurement, garbage collection included.
func alone(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// passes makes five passes over the requests an operation, and reports what a
// single call took.
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

// BenchmarkReady is all that a start does for a language: the files are read and
// validated, and the index is built. heap-MB is what of it stays.
func BenchmarkReady(b *testing.B) {
	data := given(b)
	for _, lang := range meddra.Languages() {
		b.Run("lang="+string(lang)+"/engine=aecode", func(b *testing.B) {
			alone(b)
			files := data.Files(string(lang))
			var c *Coder
			before := heap()
			b.ReportAllocs()
			var used benchdata.Processor
			used.Start()
			n := 0
			for b.Loop() {
				n++
				r, err := meddra.LoadLanguage(files, lang)
				if err != nil {
					b.Fatal(err)
				}
				if c, err = New(map[meddra.Language]*meddra.Release{lang: r}, nil, nil, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(used.Since())/float64(n), "cpu-ns/op")
			b.ReportMetric(float64(heap()-before)/1e6, "heap-MB")
			runtime.KeepAlive(c)
		})
	}
}

// heap is what is reachable.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools hold is let go by the second
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

// unlike is how many verbatims the ranked benchmarks look at; those of the other
// engines look at the same.
const unlike = 1000

// BenchmarkRanked gives twenty suggestions for each verbatim that no safe step
// decides, and says how often the right PT is among the answers, those of safe
// steps included.
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

// BenchmarkSearch looks terms up as a person types them: the beginning of a name,
// beginnings of its words in another order, a misspelt name, one letter.
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

// typed makes queries of a person from verbatims.
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

package retrieval

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"aecode/deploy/dev/demo/benchdata"
	"aecode/deploy/dev/demo/fullsize"
)

// engine is a search engine over the names of a release. Its index is built once
// a language.
type engine struct {
	name string
	// verbatims that it is given, and passes over them: fewer of a slow one.
	verbatims, passes int
	build             func(language, dir string, names []benchdata.Name) (index, error)
	built             map[string]index
}

// index is what an engine has built.
type index interface {
	// search gives the PTs of the twenty names nearest to a verbatim, the best
	// first. A PT comes as often as its names do.
	search(verbatim string) ([]string, error)
	close() error
}

// limit is how many names a search gives.
const limit = 20

// engines are the rivals.
var engines = []*engine{
	{name: "bleve", verbatims: 1000, passes: 5, build: newBleve(false)},
	{name: "bleve-ngram", verbatims: 1000, passes: 1, build: newBleve(true)},
	{name: "pg_trgm", verbatims: 1000, passes: 1, build: newTrgm},
	{name: "fts5", verbatims: 100, passes: 1, build: newFTS5},
}

var languages = []string{fullsize.English, fullsize.Chinese}

// scratch is where the indexes are.
var scratch string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		println(err.Error())
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if scratch, err = os.MkdirTemp("", "aecode-retrieval-"); err != nil {
		return 1, err
	}
	defer func() {
		for _, e := range engines {
			for _, x := range e.built {
				err = errors.Join(err, x.close())
			}
		}
		err = errors.Join(err, stopServer(), os.RemoveAll(scratch))
	}()
	return m.Run(), nil
}

func given(b *testing.B) *benchdata.Data {
	b.Helper()
	data, err := benchdata.Given()
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// make builds an index anew.
func (e *engine) make(b *testing.B, language string, names []benchdata.Name) index {
	b.Helper()
	if old := e.built[language]; old != nil {
		if err := old.close(); err != nil {
			b.Fatal(err)
		}
		delete(e.built, language)
	}
	dir := filepath.Join(scratch, e.name, language)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(filepath.Dir(dir), 0o700)); err != nil {
		b.Fatal(err)
	}
	x, err := e.build(language, dir, names)
	if err != nil {
		b.Fatal(err)
	}
	if e.built == nil {
		e.built = make(map[string]index)
	}
	e.built[language] = x
	return x
}

// alone leaves one processor to the measurement.
func alone(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

func each(b *testing.B, measure func(b *testing.B, language string, e *engine)) {
	for _, language := range languages {
		for _, e := range engines {
			b.Run("lang="+language+"/engine="+e.name, func(b *testing.B) {
				alone(b)
				measure(b, language, e)
			})
		}
	}
}

// BenchmarkReady builds the index of a language, until it answers. heap-MB is what
// of it stays in this process, disk-MB what it takes in files or in PostgreSQL.
func BenchmarkReady(b *testing.B) {
	if err := startServer(b.Context()); err != nil { // its start is not the index's
		b.Fatal(err)
	}
	each(b, func(b *testing.B, language string, e *engine) {
		names, err := given(b).Names(language)
		if err != nil {
			b.Fatal(err)
		}
		before := heap()
		var x index
		var used benchdata.Processor
		used.Start()
		n := 0
		for b.Loop() {
			n++
			x = e.make(b, language, names)
			if _, err := x.search("pain"); err != nil {
				b.Fatal(err)
			}
		}
		own := used.Since()
		if s, ok := x.(interface{ processor() int64 }); ok {
			own += time.Duration(s.processor() * int64(n)) // each build has a connection of its own
		}
		b.ReportMetric(float64(own)/float64(n), "cpu-ns/op")
		b.ReportMetric(float64(heap()-before)/1e6, "heap-MB")
		runtime.KeepAlive(names)
		size := int64(0)
		if onDisk, ok := x.(interface{ size() (int64, error) }); ok {
			size, err = onDisk.size()
		} else {
			size, err = sizeOf(filepath.Join(scratch, e.name, language))
		}
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size)/1e6, "disk-MB")
	})
}

// BenchmarkRanked searches for the first verbatims of the file that are worded in another way than any
// name, one at a time, and says how often the right PT is among what comes.
func BenchmarkRanked(b *testing.B) {
	each(b, func(b *testing.B, language string, e *engine) {
		queries := given(b).Unlike(language, e.verbatims)
		x := e.built[language]
		if x == nil {
			names, err := given(b).Names(language)
			if err != nil {
				b.Fatal(err)
			}
			x = e.make(b, language, names)
		}
		for _, q := range queries[:10] { // fills the caches
			if _, err := x.search(q.Verbatim); err != nil {
				b.Fatal(err)
			}
		}
		times := benchdata.NewTimes(len(queries))
		if s, ok := x.(interface{ processor() int64 }); ok {
			times.Server = s.processor
		}
		found := make([][]string, len(queries))
		for b.Loop() {
			times.Passes(e.passes, func(i int) {
				var err error
				if found[i], err = x.search(queries[i].Verbatim); err != nil {
					b.Fatal(err)
				}
			})
		}
		times.Report(b)
		var right benchdata.Accuracy
		for i, q := range queries {
			right.Add(found[i], q.PT)
		}
		right.Report(b)
	})
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools hold is let go by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

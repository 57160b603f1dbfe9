package benchdata

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing/fstest"

	"aecode/deploy/dev/demo/fullsize"
)

// The variables that name the files.
const (
	ReleaseVariable = "AECODE_BENCH_RELEASE"
	QueriesVariable = "AECODE_BENCH_QUERIES"
)

// Data are a release and verbatims of it.
type Data struct {
	Queries  []fullsize.Query
	dir      string            // empty if composed
	composed *fullsize.Release // nil if read
}

// Given gives the data of this process.
var Given = sync.OnceValues(func() (*Data, error) {
	release, queries := os.Getenv(ReleaseVariable), os.Getenv(QueriesVariable)
	if (release == "") != (queries == "") {
		return nil, fmt.Errorf("set both %s and %s, or neither", ReleaseVariable, QueriesVariable)
	}
	if release == "" {
		return Compose(fullsize.Full(), 20_000)
	}
	d := &Data{dir: release}
	var err error
	if d.Queries, err = readQueries(queries); err != nil {
		return nil, fmt.Errorf("read the verbatims: %w", err)
	}
	return d, nil
})

// Compose makes a release and n verbatims as genmeddra does by default.
func Compose(size fullsize.Size, n int) (*Data, error) {
	const seed = 1
	r, err := fullsize.Compose(seed, size)
	if err != nil {
		return nil, err
	}
	return &Data{Queries: r.Queries(n, seed), composed: r}, nil
}

func readQueries(path string) ([]fullsize.Query, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) < 2 || strings.Join(rows[0], ",") != "verbatim,language,kind,llt_code,pt_code" {
		return nil, errors.New("the columns are not those that genmeddra writes")
	}
	queries := make([]fullsize.Query, len(rows)-1)
	for i, row := range rows[1:] {
		queries[i] = fullsize.Query{Verbatim: row[0], Language: row[1], Kind: fullsize.Kind(row[2]), LLT: row[3], PT: row[4]}
	}
	return queries, nil
}

// Files gives the files of one language.
func (d *Data) Files(language string) fs.FS {
	if d.composed == nil {
		return os.DirFS(filepath.Join(d.dir, language, "MedAscii"))
	}
	files := fstest.MapFS{}
	for name, content := range d.composed.Files(language) {
		files[name] = &fstest.MapFile{Data: content}
	}
	return files
}

// Folder gives a version folder, written below parent unless there is one.
func (d *Data) Folder(parent string) (string, error) {
	if d.composed == nil {
		return filepath.Abs(d.dir)
	}
	dir := filepath.Join(parent, fullsize.Label)
	return dir, d.composed.Write(dir)
}

// Name is a name of an LLT, current or not, with its PT.
type Name struct{ LLT, PT, Text string }

// Names gives the LLTs of a language.
func (d *Data) Names(language string) ([]Name, error) {
	text, err := fs.ReadFile(d.Files(language), "llt.asc")
	if err != nil {
		return nil, err
	}
	var names []Name
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(line, "$")
		if len(fields) < 3 {
			return nil, errors.New("llt.asc has a line of fewer than three fields")
		}
		names = append(names, Name{LLT: fields[0], Text: fields[1], PT: fields[2]})
	}
	return names, nil
}

// Of gives the verbatims of a language and kind.
func (d *Data) Of(language string, kind fullsize.Kind) []fullsize.Query {
	return d.where(func(q fullsize.Query) bool { return q.Language == language && q.Kind == kind })
}

// Unlike gives the first n verbatims of a language that are worded in another way
// than any name, by more than letter case, spelling or number.
func (d *Data) Unlike(language string, n int) []fullsize.Query {
	all := d.where(func(q fullsize.Query) bool {
		return q.Language == language && q.Kind != fullsize.Exact && q.Kind != fullsize.Folded
	})
	return all[:min(n, len(all))]
}

func (d *Data) where(wanted func(fullsize.Query) bool) []fullsize.Query {
	var found []fullsize.Query
	for _, q := range d.Queries {
		if wanted(q) {
			found = append(found, q)
		}
	}
	return found
}

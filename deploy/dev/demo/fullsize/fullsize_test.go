package fullsize_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"aecode/deploy/dev/demo/fullsize"
)

var full = sync.OnceValues(func() (*fullsize.Release, error) { return fullsize.Compose(1, fullsize.Full()) })

func compose(t *testing.T) *fullsize.Release {
	t.Helper()
	r, err := full()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// column gives a column of a file.
func column(t *testing.T, file []byte, at int) (cells []string) {
	t.Helper()
	for line := range strings.Lines(string(file)) {
		fields := strings.Split(line, "$")
		if len(fields) <= at {
			t.Fatalf("%q has no column %d", line, at)
		}
		cells = append(cells, fields[at])
	}
	return cells
}

func count(cells []string) map[string]int {
	n := map[string]int{}
	for _, c := range cells {
		n[c]++
	}
	return n
}

func TestTheSameSeedGivesTheSameBytesAndAnotherDoesNot(t *testing.T) {
	one := func(seed uint64) map[string][]byte {
		r, err := fullsize.Compose(seed, fullsize.Part(20))
		if err != nil {
			t.Fatal(err)
		}
		return r.Files(fullsize.Chinese)
	}
	a, b, other := one(7), one(7), one(8)
	if !maps.EqualFunc(a, b, bytes.Equal) {
		t.Error("two releases of one seed differ")
	}
	if bytes.Equal(a["llt.asc"], other["llt.asc"]) {
		t.Error("two seeds give the same LLTs")
	}
}

func TestAFullReleaseHasTheSizeOfMedDRA(t *testing.T) {
	for _, language := range []string{fullsize.English, fullsize.Chinese} {
		files := compose(t).Files(language)
		for file, want := range map[string]int{
			"llt.asc": 91_082, "pt.asc": 27_361, "hlt.asc": 1_739, "hlgt.asc": 337, "soc.asc": 27, "mdhier.asc": 42_530,
			"hlt_pt.asc": 42_530, "hlgt_hlt.asc": 1_739, "soc_hlgt.asc": 337, "meddra_release.asc": 1,
		} {
			if got := bytes.Count(files[file], []byte("\n")); got != want {
				t.Errorf("%s: %s has %d rows, want %d", language, file, got, want)
			}
		}
	}
}

func TestNamesAreSharedAndLongAsInTheField(t *testing.T) {
	en, zh := compose(t).Files(fullsize.English), compose(t).Files(fullsize.Chinese)
	names := column(t, en["llt.asc"], 1)
	lower := map[string]bool{}
	words := map[int]int{}
	for _, n := range names {
		lower[strings.ToLower(n)] = true
		words[min(len(strings.Fields(n)), 9)]++
	}
	if len(lower) != len(names) {
		t.Errorf("%d English names for %d LLTs", len(lower), len(names))
	}
	for n := 1; n <= 8; n++ {
		if words[n] < 100 {
			t.Errorf("%d names of %d words", words[n], n)
		}
	}
	if short := words[2] + words[3] + words[4]; short < len(names)*7/10 {
		t.Errorf("%d of %d names have 2 to 4 words", short, len(names))
	}
	if n := count(column(t, en["llt.asc"], 9))["N"]; n < len(names)*8/100 || n > len(names)*12/100 {
		t.Errorf("%d LLTs are not current, want about a tenth", n)
	}
	pts := map[string]map[string]bool{}
	owners := column(t, zh["llt.asc"], 2)
	for i, n := range column(t, zh["llt.asc"], 1) {
		if pts[n] == nil {
			pts[n] = map[string]bool{}
		}
		pts[n][owners[i]] = true
	}
	several := 0
	for _, of := range pts {
		if len(of) > 1 {
			several++
		}
	}
	if shared := len(names) - len(pts); shared < len(names)/10 || several < 50 || several > 500 {
		t.Errorf("%d Chinese names are repeats, %d stand under several PTs", shared, several)
	}
	if !bytes.Contains(zh["llt.asc"], []byte("𬌗")) || !bytes.Contains(en["llt.asc"], []byte(`"`)) {
		t.Error("no name has a 4-byte character, or none a double quote")
	}
}

func TestImpossibleSizesAreRefused(t *testing.T) {
	for name, change := range map[string]func(*fullsize.Size){
		"more LLTs than can be made": func(s *fullsize.Size) { s.LLT++ },
		"fewer LLTs than PTs":        func(s *fullsize.Size) { s.LLT = s.PT - 1 },
		"fewer PTs than HLTs":        func(s *fullsize.Size) { s.PT = s.HLT - 1 },
		"fewer HLGTs than SOCs":      func(s *fullsize.Size) { s.HLGT = 26 },
		"a PT without a path":        func(s *fullsize.Size) { s.Paths = s.PT - 1 },
		"nothing":                    func(s *fullsize.Size) { *s = fullsize.Size{} },
		"less than nothing":          func(s *fullsize.Size) { s.LLT = -1 },
	} {
		size := fullsize.Full()
		change(&size)
		if _, err := fullsize.Compose(1, size); err == nil || !strings.Contains(err.Error(), "compose a release: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestQueriesAreOfEveryKindAndLeadToTheirTerms(t *testing.T) {
	r := compose(t)
	queries := r.Queries(5_000, 3)
	if !slices.Equal(queries, r.Queries(5_000, 3)) {
		t.Error("the same seed gives other queries")
	}
	files := map[string]map[string][]byte{fullsize.English: r.Files(fullsize.English), fullsize.Chinese: r.Files(fullsize.Chinese)}
	names, pts := map[string]string{}, map[string]string{} // by language and code
	for language, f := range files {
		codes, parents := column(t, f["llt.asc"], 0), column(t, f["llt.asc"], 2)
		for i, n := range column(t, f["llt.asc"], 1) {
			names[language+codes[i]], pts[language+codes[i]] = n, parents[i]
		}
	}
	seen := map[string]int{}
	for _, q := range queries {
		seen[q.Language+" "+string(q.Kind)]++
		name := names[q.Language+q.LLT]
		if name == "" || pts[q.Language+q.LLT] != q.PT || strings.TrimSpace(q.Verbatim) == "" {
			t.Fatalf("%+v leads nowhere", q)
		}
		if (q.Kind == fullsize.Exact) != (q.Verbatim == name) {
			t.Errorf("%+v of %q", q, name)
		}
	}
	if len(seen) < 17 {
		t.Errorf("only the kinds %v", seen)
	}
	for kind, n := range seen {
		if n < 5 {
			t.Errorf("%s only %d times", kind, n)
		}
	}
}

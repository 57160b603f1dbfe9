package meddra

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aecode/deploy/dev/demo/fullsize"
)

var composed = sync.OnceValues(func() (*fullsize.Release, error) { return fullsize.Compose(1, fullsize.Full()) })

// fullSize gives the files of a composed release of the size of MedDRA 29.0.
func fullSize(t testing.TB, language Language) map[string][]byte {
	t.Helper()
	r, err := composed()
	if err != nil {
		t.Fatal(err)
	}
	return r.Files(string(language))
}

func TestAReleaseOfFullSizeLoadsWithoutAProblemOrWarning(t *testing.T) {
	want := Counts{LLT: 91_082, PT: 27_361, HLT: 1_739, HLGT: 337, SOC: 27, Hierarchy: 42_530}
	for _, language := range Languages() {
		r := mustLoad(t, mapFS(fullSize(t, language)))
		if w := texts(r.Warnings()); w != nil {
			t.Errorf("%s: warnings %q", language, w)
		}
		got := r.Counts()
		if got.SMQ == 0 || got.SMQMembers == 0 || got.CurrentLLT < got.LLT*8/10 {
			t.Errorf("%s: counts %+v", language, got)
		}
		got.CurrentLLT, got.SMQ, got.SMQMembers = 0, 0, 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", language, diff)
		}
		checkPromises(t, r)
	}
}

func TestBothLanguagesOfFullSizeAgreeFromAZipToo(t *testing.T) {
	files := make(map[string][]byte)
	for _, language := range Languages() {
		for name, data := range fullSize(t, language) {
			files["release/"+string(language)+"/MedAscii/"+name] = data
		}
	}
	v, err := LoadVersion(zipped(t, t.TempDir()+"/99.0.zip", files, nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Language{English, Chinese}, v.Languages()); diff != "" || v.Label != fullsize.Label {
		t.Errorf("label %s, languages %s", v.Label, diff)
	}
}

// TestOneFaultInAReleaseOfFullSizeIsFound: nothing is sampled.
func TestOneFaultInAReleaseOfFullSizeIsFound(t *testing.T) {
	files := fullSize(t, Chinese)
	lines := strings.SplitAfter(string(files[lltFile]), "\n")
	lines[70_000] = strings.Replace(lines[70_000], "$9", "$8", 1)
	files[lltFile] = gb(t, []byte(strings.Join(lines, "")))
	_, err := loadLanguage(mapFS(files), "")
	if got := problemsOf(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "llt.asc:70001: unknown PT 8") {
		t.Errorf("problems %q", got)
	}
}

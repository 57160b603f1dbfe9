package meddra

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// synthetic is a small invented release: the lines of each file without their
// ends. Codes begin with 9, which no MedDRA code does.
type synthetic map[string][]string

// The invented terms: PT 101 has three LLTs, one of them not current; PT 102 has
// two paths, the secondary one first in the file.
func newSynthetic(language Language) synthetic {
	names := map[string]string{}
	label := "English"
	if language == Chinese {
		label = "Chinese"
		names = map[string]string{
			"Glimmer ache": "微光痛", "Ache, glimmering": "闪烁微光痛", "Glimmers": "微光",
			"Velvet cough": "绒咳", "Cough of velvet": "绒样咳", `Rash "like silk"`: "“丝样”疹𬌗",
			"Glimmering": "微光类", "Coughs": "咳类", "Silks": "丝类",
			"Glimmers and coughs": "微光及咳", "Silk conditions": "丝状况",
			"Invented organ disorders": "虚构器官疾病", "Imagined skin disorders": "想象皮肤疾病",
		}
	}
	n := func(name string) string {
		if zh, ok := names[name]; ok {
			return zh
		}
		return name
	}
	s := synthetic{
		releaseFile: {"99.1$" + label + "$$$$"},
		socFile: {
			"90000001$" + n("Invented organ disorders") + "$Inv$$$$$$$$",
			"90000002$" + n("Imagined skin disorders") + "$Imag$$$$$$$$",
		},
		hlgtFile: {
			"90000011$" + n("Glimmers and coughs") + "$$$$$$$$",
			"90000012$" + n("Silk conditions") + "$$$$$$$$",
		},
		hltFile: {
			"90000021$" + n("Glimmering") + "$$$$$$$$",
			"90000022$" + n("Coughs") + "$$$$$$$$",
			"90000023$" + n("Silks") + "$$$$$$$$",
		},
		ptFile: {
			"90000101$" + n("Glimmer ache") + "$$90000001$$$$$$$$",
			"90000102$" + n("Velvet cough") + "$$90000001$$$$$$$$",
			"90000103$" + n(`Rash "like silk"`) + "$$90000002$$$$$$$$",
		},
		lltFile: {
			"90000101$" + n("Glimmer ache") + "$90000101$$$$$$$Y$$",
			"90000102$" + n("Velvet cough") + "$90000102$$$$$$$Y$$",
			"90000201$" + n("Ache, glimmering") + "$90000101$$$$$$$Y$$",
			"90000202$" + n("Cough of velvet") + "$90000102$$$$$$$Y$$",
			"90000203$" + n("Glimmers") + "$90000101$$$$$$$N$$",
			"90000103$" + n(`Rash "like silk"`) + "$90000103$$$$$$$Y$$",
		},
		socHLGTFile: {"90000001$90000011$", "90000002$90000012$"},
		hlgtHLTFile: {"90000011$90000021$", "90000011$90000022$", "90000012$90000023$"},
		hltPTFile:   {"90000021$90000101$", "90000022$90000102$", "90000023$90000102$", "90000023$90000103$"},
		intlOrdFile: {"1$90000002$", "2$90000001$"},
	}
	row := func(pt, hlt, hlgt, soc int, ptName, hltName, hlgtName, socName, abbrev string, ptSOC int, primary string) {
		s[hierarchyFile] = append(s[hierarchyFile], fmt.Sprintf("%d$%d$%d$%d$%s$%s$%s$%s$%s$$%d$%s$",
			pt, hlt, hlgt, soc, n(ptName), n(hltName), n(hlgtName), n(socName), abbrev, ptSOC, primary))
	}
	const inv, imag = "Invented organ disorders", "Imagined skin disorders"
	row(90000101, 90000021, 90000011, 90000001, "Glimmer ache", "Glimmering", "Glimmers and coughs", inv, "Inv", 90000001, "Y")
	row(90000102, 90000023, 90000012, 90000002, "Velvet cough", "Silks", "Silk conditions", imag, "Imag", 90000001, "N")
	row(90000102, 90000022, 90000011, 90000001, "Velvet cough", "Coughs", "Glimmers and coughs", inv, "Inv", 90000001, "Y")
	row(90000103, 90000023, 90000012, 90000002, `Rash "like silk"`, "Silks", "Silk conditions", imag, "Imag", 90000002, "Y")
	return s
}

// edit replaces old by new in a line, counted from 1, and fails where old is not.
func (s synthetic) edit(file string, line int, old, new string) {
	text := s[file][line-1]
	if !strings.Contains(text, old) {
		panic(fmt.Sprintf("%s:%d has no %q: %s", file, line, old, text))
	}
	s[file][line-1] = strings.Replace(text, old, new, 1)
}

func (s synthetic) add(file string, lines ...string) { s[file] = append(s[file], lines...) }

func (s synthetic) remove(file string, line int) {
	s[file] = append(s[file][:line-1:line-1], s[file][line:]...)
}

// render gives the files' bytes, each line ended by eol.
func (s synthetic) render(eol string) map[string][]byte {
	files := make(map[string][]byte)
	for name, lines := range s {
		var b strings.Builder
		for _, line := range lines {
			b.WriteString(line + eol)
		}
		files[name] = []byte(b.String())
	}
	return files
}

func mapFS(files map[string][]byte) fs.FS {
	m := make(fstest.MapFS)
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: data, Mode: 0o644}
	}
	return m
}

func (s synthetic) fs() fs.FS { return mapFS(s.render("\n")) }

// write puts the files into dir/path.
func (s synthetic) write(t testing.TB, dir string, path ...string) {
	t.Helper()
	dir = filepath.Join(append([]string{dir}, path...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range s.render("\r\n") {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// loadLanguage loads one language from a MedAscii folder, as LoadVersion does for
// each language of a version.
func loadLanguage(fsys fs.FS, want Language) (*Release, error) {
	l := newLoader(fsys, "", listed)
	if err := l.load(want); err != nil {
		return nil, err
	}
	if err := l.problems.err(""); err != nil {
		return nil, err
	}
	return l.r, nil
}

func mustLoad(t testing.TB, fsys fs.FS) *Release {
	t.Helper()
	r, err := loadLanguage(fsys, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// problemsOf gives the text of each problem, and fails for any other error.
func problemsOf(t testing.TB, err error) []string {
	t.Helper()
	var v *ValidationError
	if !errors.As(err, &v) {
		t.Fatalf("error is %v, want a *ValidationError", err)
	}
	return texts(v.Problems)
}

func texts(problems []Problem) []string {
	var list []string
	for _, p := range problems {
		list = append(list, p.Error())
	}
	return list
}

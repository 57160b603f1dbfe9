package meddra

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
)

func gb(t testing.TB, text []byte) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLoadReadsEveryShapeOfTheSameRelease holds the traps of the format: none
// changes what is read.
func TestLoadReadsEveryShapeOfTheSameRelease(t *testing.T) {
	each := func(change func(name string, data []byte) (string, []byte)) func(map[string][]byte) map[string][]byte {
		return func(in map[string][]byte) map[string][]byte {
			out := make(map[string][]byte)
			for name, data := range in {
				name, data = change(name, data)
				out[name] = data
			}
			return out
		}
	}
	for _, tt := range []struct {
		name     string
		language Language
		eol      string
		change   func(map[string][]byte) map[string][]byte
	}{
		{name: "CRLF", language: English, eol: "\r\n"},
		{name: "no newline at the end", language: English, eol: "\n", change: each(func(n string, d []byte) (string, []byte) {
			return n, bytes.TrimSuffix(d, []byte("\n"))
		})},
		{name: "empty lines at the end", language: English, eol: "\r\n", change: each(func(n string, d []byte) (string, []byte) {
			return n, append(d, "\r\n\n"...)
		})},
		{name: "byte order mark", language: Chinese, eol: "\n", change: each(func(n string, d []byte) (string, []byte) {
			return n, append([]byte("\xef\xbb\xbf"), d...)
		})},
		{name: "GB18030 with a 4-byte character", language: Chinese, eol: "\r\n", change: each(func(n string, d []byte) (string, []byte) {
			return n, gb(t, d)
		})},
		{name: "mixed-case names", language: English, eol: "\n", change: each(func(n string, d []byte) (string, []byte) {
			return strings.ToUpper(n[:1]) + n[1:3] + strings.ToUpper(n[3:]), d
		})},
		{name: "other files beside it", language: English, eol: "\n", change: func(m map[string][]byte) map[string][]byte {
			m["llt.seq"], m["readme.txt"], m["MedSeq/llt.seq"] = nil, []byte("\x00\xff"), nil
			return m
		}},
		{name: "no optional file", language: English, eol: "\n", change: func(m map[string][]byte) map[string][]byte {
			delete(m, intlOrdFile)
			return m
		}},
		{name: "language in its own words", language: Chinese, eol: "\n", change: func(m map[string][]byte) map[string][]byte {
			m[releaseFile] = gb(t, []byte("99.1$中文$$$$"))
			return m
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := mustLoad(t, newSynthetic(tt.language).fs())
			files := newSynthetic(tt.language).render(tt.eol)
			if tt.change != nil {
				files = tt.change(files)
			}
			got := mustLoad(t, mapFS(files))
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(Release{}, pathRow{}, smqs{})); diff != "" {
				t.Error(diff)
			}
			if got.WarningCount() != 0 {
				t.Errorf("warnings %q", texts(got.Warnings()))
			}
		})
	}
}

func TestLoadRefusesAnotherLanguageThanWanted(t *testing.T) {
	if _, err := loadLanguage(newSynthetic(Chinese).fs(), Chinese); err != nil {
		t.Error(err)
	}
	_, err := loadLanguage(newSynthetic(Chinese).fs(), English)
	if diff := cmp.Diff([]string{"meddra_release.asc:1: language is zh, want en"}, problemsOf(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestLoadTellsAFaultyReleaseFromAFolderItCannotRead(t *testing.T) {
	var v *ValidationError
	if _, err := loadLanguage(failingFS{}, ""); err == nil || errors.As(err, &v) {
		t.Errorf("unreadable folder: %v", err)
	}
	_, err := loadLanguage(failingFS{newSynthetic(English).fs()}, "")
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "read llt.asc: ") {
		t.Errorf("unreadable file: %v", err)
	}
}

// failingFS refuses to open llt.asc, or without a release to open anything.
type failingFS struct{ fs.FS }

func (f failingFS) Open(name string) (fs.File, error) {
	if f.FS == nil || name == lltFile {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.FS.Open(name)
}

func (f failingFS) Stat(name string) (fs.FileInfo, error) { return fs.Stat(f.FS, name) }

func TestLoadNeverTrustsALength(t *testing.T) {
	huge := func(size int64) fs.FS { return sizedFS{newSynthetic(English).fs(), size} }
	for _, stated := range []int64{-1, 0, 1 << 60} {
		if _, err := loadLanguage(huge(stated), ""); err != nil {
			t.Errorf("stated size %d: %v", stated, err)
		}
	}
	files := newSynthetic(English).render("\n")
	files[lltFile] = bytes.Repeat([]byte("\n"), maxFile+1)
	_, err := loadLanguage(mapFS(files), "")
	if diff := cmp.Diff([]string{"llt.asc: file is larger than 64 MiB"}, problemsOf(t, err)); diff != "" {
		t.Error(diff)
	}
}

// sizedFS states a wrong size for every file.
type sizedFS struct {
	fs.FS
	size int64
}

func (f sizedFS) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(f.FS, name)
	return sizedInfo{info, f.size}, err
}

type sizedInfo struct {
	fs.FileInfo
	size int64
}

func (i sizedInfo) Size() int64 { return i.size }

func TestLoadRefusesWhatIsNoRegularFile(t *testing.T) {
	m := newSynthetic(English).fs().(fstest.MapFS)
	m[ptFile].Mode = fs.ModeNamedPipe | 0o644
	_, err := loadLanguage(m, "")
	if diff := cmp.Diff([]string{"pt.asc: is not a regular file"}, problemsOf(t, err)); diff != "" {
		t.Error(diff)
	}
}

// TestProblemsAreBoundedAndSorted: a file damaged on every line neither fills a
// log nor hides another file's fault.
func TestProblemsAreBoundedAndSorted(t *testing.T) {
	s := newSynthetic(English)
	for i := range 200 {
		s.add(ptFile, "x")
		if i < 100 {
			s.add(lltFile, "y")
		}
	}
	s.add(socFile, "z")
	_, err := loadLanguage(s.fs(), "")
	var v *ValidationError
	if !errors.As(err, &v) || v.Total != 301 || len(v.Problems) != 41 {
		t.Fatalf("error is %v", err)
	}
	got := texts(v.Problems)
	if first, last := "llt.asc:7: line does not end with $ (cut off?) after 0 of 11 columns", "soc.asc:3: line does not end with $ (cut off?) after 0 of 10 columns"; got[0] != first || got[40] != last {
		t.Errorf("first %q, last %q", got[0], got[40])
	}
	if text := err.Error(); !strings.HasPrefix(text, "MedDRA release refused: 301 problems, 41 listed\n  llt.asc:7: ") {
		t.Errorf("message begins %.120q", text)
	}
	var p Problem
	if !errors.As(err, &p) || p.File != lltFile || p.Line != 7 {
		t.Errorf("first problem is %+v", p)
	}
}

package meddra

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipped writes a zip of files by path.
func zipped(t testing.TB, path string, files map[string][]byte, header func(*zip.FileHeader)) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	for name, data := range files {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if header != nil {
			header(h)
		}
		entry, err := w.CreateHeader(h)
		if err == nil {
			_, err = entry.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// in gives the files of a release by their path in a folder of a zip.
func (s synthetic) in(folder string, others ...map[string][]byte) map[string][]byte {
	files := make(map[string][]byte)
	for name, data := range s.render("\r\n") {
		files[folder+name] = data
	}
	for _, other := range others {
		for name, data := range other {
			files[name] = data
		}
	}
	return files
}

func TestAReleaseIsReadFromAZipWhereverItsFilesAreInIt(t *testing.T) {
	en, zh := newSynthetic(English), newSynthetic(Chinese)
	french := newSynthetic(English)
	french.edit(releaseFile, 1, "English", "French")
	around := map[string][]byte{
		"SeqAscii/llt.seq": nil, "MedSeq/": nil, "Documents/intguide.pdf": []byte("\x00\xff"), "__MACOSX/MedAscii/._llt.asc": []byte("x"),
	}
	for _, tt := range []struct {
		name string
		make func(dir string) string
		want []Language
	}{
		{"files at its root", func(dir string) string { return zipped(t, dir+"/99.1.zip", en.in(""), nil) }, []Language{English}},
		{"MedAscii", func(dir string) string { return zipped(t, dir+"/99.1.zip", zh.in("MedAscii/", around), nil) }, []Language{Chinese}},
		{"a vendor's folder", func(dir string) string {
			return zipped(t, dir+"/MedDRA_99_1_English.ZIP", en.in("MedDRA_99_1_English/ascii-991/MedAscii/", around), nil)
		}, []Language{English}},
		{"backslashes", func(dir string) string { return zipped(t, dir+"/99.1.zip", en.in(`x\MedAscii\`), nil) }, []Language{English}},
		{"two languages and one not served", func(dir string) string {
			return zipped(t, dir+"/99.1.zip", en.in("a/MedAscii/", zh.in("b/medascii/"), french.in("c/MedAscii/")), nil)
		}, []Language{English, Chinese}},
		{"zips of a version folder, by name", func(dir string) string {
			zipped(t, dir+"/99.1/en.zip", en.in("MedAscii/"), nil)
			zipped(t, dir+"/99.1/MedDRA_99_1_Chinese.zip", zh.in("MedAscii/"), nil)
			return dir + "/99.1"
		}, []Language{English, Chinese}},
		{"zips of a version folder, by what they state", func(dir string) string {
			zipped(t, dir+"/99.1/1.zip", zh.in("MedAscii/"), nil)
			zipped(t, dir+"/99.1/2.zip", en.in("MedAscii/"), nil)
			zipped(t, dir+"/99.1/3.zip", french.in("MedAscii/"), nil)
			zipped(t, dir+"/99.1/documents.zip", around, nil)
			return dir + "/99.1"
		}, []Language{English, Chinese}},
		{"a zip beside a folder", func(dir string) string {
			zipped(t, dir+"/99.1/zh.zip", zh.in("MedAscii/"), nil)
			en.write(t, dir, "99.1", "en", "MedAscii")
			return dir + "/99.1"
		}, []Language{English, Chinese}},
		{"a zip in a language's folder", func(dir string) string {
			zipped(t, dir+"/99.1/zh/ascii.zip", zh.in("MedAscii/"), nil)
			return dir + "/99.1"
		}, []Language{Chinese}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := LoadVersion(tt.make(t.TempDir()))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, v.Languages()); diff != "" || v.Label != "99.1" {
				t.Errorf("label %s, languages %s", v.Label, diff)
			}
			for language, r := range v.Releases {
				want := mustLoad(t, newSynthetic(language).fs())
				if diff := cmp.Diff(want, r, cmp.AllowUnexported(Release{}, pathRow{}, smqs{})); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestFaultsInAZipAreNamedByTheirPlaceInIt(t *testing.T) {
	en, zh := newSynthetic(English), newSynthetic(Chinese)
	zh.remove(lltFile, 6)
	dir := t.TempDir()
	_, err := LoadVersion(zipped(t, dir+"/one.zip", zh.in("x/MedAscii/"), nil))
	if diff := cmp.Diff([]string{"x/MedAscii/pt.asc:3: PT 90000103 has no LLT in x/MedAscii/llt.asc"}, problemsOf(t, err)); diff != "" {
		t.Error(diff)
	}
	zipped(t, dir+"/99.1/en.zip", en.in("MedAscii/"), nil)
	zipped(t, dir+"/99.1/zh.zip", zh.in("Med\x1bAscii/"), nil)
	_, err = LoadVersion(dir + "/99.1")
	if diff := cmp.Diff([]string{"zh.zip/Med?Ascii/pt.asc:3: PT 90000103 has no LLT in zh.zip/Med?Ascii/llt.asc"}, problemsOf(t, err)); diff != "" {
		t.Error(diff)
	}
	_, err = LoadVersion(zipped(t, dir+"/99.0.zip", en.in("MedAscii/"), nil))
	if diff := cmp.Diff([]string{"MedAscii/meddra_release.asc:1: version is 99.1, but its zip is named 99.0.zip"}, problemsOf(t, err)); diff != "" {
		t.Error(diff)
	}
	twice := en.in("MedAscii/", map[string][]byte{"MedAscii/LLT.asc": nil})
	if _, err = LoadVersion(zipped(t, dir+"/twice.zip", twice, nil)); err == nil || !strings.Contains(err.Error(), "is present twice") {
		t.Errorf("the same file twice: %v", err)
	}
}

// TestAZipThatCannotBeReadIsRefusedAndSaysWhatToDo: nothing an archive states is
// believed.
func TestAZipThatCannotBeReadIsRefusedAndSaysWhatToDo(t *testing.T) {
	en := newSynthetic(English)
	whole := func(dir string) []byte {
		data, err := os.ReadFile(zipped(t, dir+"/whole.zip", en.in("MedAscii/"), nil))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	write := func(path string, data []byte) string {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		name string
		make func(dir string) string
		want string
	}{
		{"encrypted", func(dir string) string {
			return zipped(t, dir+"/a.zip", en.in("MedAscii/"), func(h *zip.FileHeader) { h.Flags |= flagEncrypted })
		}, "the archive is encrypted: unpack it with its release's password"},
		{"encrypted by AES", func(dir string) string {
			path := zipped(t, dir+"/a.zip", en.in("MedAscii/"), func(h *zip.FileHeader) { h.Method = zip.Store })
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			// The method of each entry of the directory.
			for i := 0; ; {
				at := bytes.Index(data[i:], []byte("PK\x01\x02"))
				if at < 0 {
					return write(path, data)
				}
				i += at + 4
				data[i+6] = methodAES
			}
		}, "the archive is encrypted"},
		{"no release in it", func(dir string) string { return zipped(t, dir+"/a.zip", map[string][]byte{"readme.txt": nil}, nil) }, "no MedDRA release in"},
		{"one language twice", func(dir string) string {
			return zipped(t, dir+"/a.zip", en.in("x/MedAscii/", en.in("y/MedAscii/")), nil)
		},
			"x and y are both en: remove one"},
		{"no zip at all", func(dir string) string { return write(dir+"/29.0", []byte("text")) }, "is not a whole zip archive (still being copied?)"},
		{"cut off", func(dir string) string { return write(dir+"/a.zip", whole(dir)[:2000]) }, "is not a whole zip archive"},
		{"a damaged byte", func(dir string) string {
			data := whole(dir)
			at := bytes.Index(data, []byte("MedAscii/llt.asc")) + len("MedAscii/llt.asc") + 4
			data[at] ^= 0x55
			return write(dir+"/a.zip", data)
		}, "llt.asc: "},
		{"beside files", func(dir string) string {
			en.write(t, dir, "v", "MedAscii")
			zipped(t, dir+"/v/x.zip", en.in("MedAscii/"), nil)
			return dir + "/v"
		}, "both release files and the zip x.zip: keep one"},
		{"beside its own folder", func(dir string) string {
			en.write(t, dir, "v", "en", "MedAscii")
			zipped(t, dir+"/v/MedDRA_99_1_English.zip", en.in("MedAscii/"), nil)
			return dir + "/v"
		}, "en and MedDRA_99_1_English.zip are both en: remove one"},
		{"a language that is not served", func(dir string) string {
			other := newSynthetic(English)
			other.edit(releaseFile, 1, "English", "Klingon")
			return zipped(t, dir+"/a.zip", other.in("MedAscii/"), nil)
		}, `language "Klingon" is not supported`},
		{"a bomb of one file", func(dir string) string {
			return zipped(t, dir+"/a.zip", en.in("MedAscii/", map[string][]byte{"MedAscii/llt.asc": make([]byte, 8<<20)}), nil)
		}, "llt.asc: refused: unpacks to more than 200 times its"},
		{"a bomb of entries", func(dir string) string {
			files := en.in("MedAscii/")
			for i := range maxArchiveEntries {
				files[fmt.Sprint(i)] = nil
			}
			return zipped(t, dir+"/a.zip", files, nil)
		}, "refused: 10011 entries, at most 10000 are read, as in a zip bomb"},
		{"a bomb of names", func(dir string) string {
			files := en.in("MedAscii/")
			for i := range 100 {
				files[strings.Repeat("x", 60_000)+fmt.Sprint(i)] = nil
			}
			return zipped(t, dir+"/a.zip", files, nil)
		}, "refused: its list of entries is larger than 4 MiB, as in a zip bomb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := tt.make(t.TempDir())
			_, err := LoadVersion(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want %s and the path", err, tt.want)
			}
		})
	}
}

func TestAZipIsUnpackedOnlyUpToItsBoundInAll(t *testing.T) {
	a, err := openArchive(zipped(t, t.TempDir()+"/a.zip", newSynthetic(English).in(""), nil))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	a.left = 1000
	if _, err := loadLanguage(a.folders[0], ""); err == nil || !strings.Contains(err.Error(), "MiB of release files in the archive, as in a zip bomb") {
		t.Errorf("error is %v", err)
	}
}

// FuzzArchive: whatever the bytes, an archive is read or refused.
func FuzzArchive(f *testing.F) {
	data, err := os.ReadFile(zipped(f, f.TempDir()+"/a.zip", newSynthetic(English).in("MedAscii/"), nil))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		damaged := bytes.Clone(data)
		for range 3 {
			damaged[r.IntN(len(damaged))] = byte(r.IntN(256))
		}
		f.Add(damaged)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := newArchive(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, folder := range a.folders {
			if r, err := loadLanguage(folder, ""); err == nil {
				checkPromises(t, r)
			}
		}
	})
}

// TestAStatedSizeCostsNoMemory: the archive of one entry that claims to be huge.
func TestAStatedSizeCostsNoMemory(t *testing.T) {
	entry := &zip.File{FileHeader: zip.FileHeader{Name: lltFile, UncompressedSize64: 1 << 62, CompressedSize64: 1 << 62}}
	if got := (archiveInfo{entry, 1000}).Size(); got > 16_000 {
		t.Errorf("an archive of 1,000 bytes is expected to hold %d", got)
	}
}

var _ interface {
	fs.ReadDirFS
	fs.StatFS
} = (*archiveFolder)(nil)

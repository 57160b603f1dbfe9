package meddra

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLoadVersionTakesEveryFolderLayout(t *testing.T) {
	en, zh := newSynthetic(English), newSynthetic(Chinese)
	for _, tt := range []struct {
		name string
		make func(dir string)
		load string // below dir
		want []Language
	}{
		{"both languages", func(dir string) {
			en.write(t, dir, "99.1", "en", "MedAscii")
			zh.write(t, dir, "99.1", "zh", "MedAscii")
		}, "99.1", []Language{English, Chinese}},
		{"files right in the language folders", func(dir string) { en.write(t, dir, "EN"); zh.write(t, dir, "Chinese") }, ".", []Language{English, Chinese}},
		{"one language", func(dir string) { zh.write(t, dir, "99.1", "zh", "medascii") }, "99.1", []Language{Chinese}},
		{"language folder", func(dir string) { zh.write(t, dir, "zh", "MedAscii") }, "zh", []Language{Chinese}},
		{"vendor's folder", func(dir string) {
			en.write(t, dir, "MedDRA_99_1_English", "MedAscii")
			en.write(t, dir, "MedDRA_99_1_English", "SeqAscii")
		}, "MedDRA_99_1_English", []Language{English}},
		{"vendor's folders", func(dir string) {
			en.write(t, dir, "99.1", "MedDRA_99_1_English", "MedAscii")
			zh.write(t, dir, "99.1", "MedDRA_99_1_Chinese", "MedAscii")
		}, "99.1", []Language{English, Chinese}},
		{"MedAscii folder", func(dir string) { en.write(t, dir, "MedAscii") }, "MedAscii", []Language{English}},
		{"other folders and files beside", func(dir string) {
			en.write(t, dir, "99.1", "en", "MedAscii")
			en.write(t, dir, "99.1", "SeqAscii")
			en.write(t, dir, "99.1", "fr", "MedAscii")
			writeFile(t, filepath.Join(dir, "99.1", "README.md"))
		}, "99.1", []Language{English}},
		{"linked folders", func(dir string) {
			en.write(t, dir, "..data", "en", "MedAscii")
			if err := os.Symlink("..data", filepath.Join(dir, "99.1")); err != nil {
				t.Fatal(err)
			}
		}, "99.1", []Language{English}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.make(dir)
			v, err := LoadVersion(filepath.Join(dir, tt.load))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, v.Languages()); diff != "" || v.Label != "99.1" {
				t.Errorf("label %s, languages %s", v.Label, diff)
			}
			for _, l := range tt.want {
				if v.Releases[l].Language() != l || v.Releases[l].Version() != "99.1" {
					t.Errorf("release under %s is %s %s", l, v.Releases[l].Version(), v.Releases[l].Language())
				}
			}
		})
	}
}

func writeFile(t testing.TB, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLoadVersionRefusesAFolderItCannotInterpret(t *testing.T) {
	en := newSynthetic(English)
	for _, tt := range []struct {
		name string
		make func(dir string)
		want string // with the folder as DIR
	}{
		{"nothing there", func(dir string) { writeFile(t, filepath.Join(dir, "README.md")) },
			"no MedDRA release in DIR: want en/MedAscii or zh/MedAscii, MedAscii, .asc files or a zip: file does not exist"},
		{"empty language folder", func(dir string) {
			if err := os.MkdirAll(filepath.Join(dir, "zh"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, "no MedDRA release in DIR/zh: want MedAscii, .asc files or a zip: file does not exist"},
		{"files beside MedAscii", func(dir string) { en.write(t, dir); en.write(t, dir, "MedAscii") },
			"MedDRA release in DIR: .asc files or MedAscii folder are present twice: keep one"},
		{"files beside language folders", func(dir string) { en.write(t, dir); en.write(t, dir, "en") },
			"MedDRA release in DIR: both release files and language folders: keep one"},
		{"one language twice", func(dir string) { en.write(t, dir, "en"); en.write(t, dir, "english") },
			"MedDRA release in DIR: en and english are both en: remove one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.make(dir)
			_, err := LoadVersion(dir)
			if err == nil || strings.ReplaceAll(filepath.ToSlash(err.Error()), filepath.ToSlash(dir), "DIR") != tt.want {
				t.Errorf("error is %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := LoadVersion(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
}

// TestLoadVersionRefusesLanguagesThatDisagree: a report must get the same code in
// both languages.
func TestLoadVersionRefusesLanguagesThatDisagree(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant func(en, zh synthetic)
		want  []string
	}{
		{"label", func(_, zh synthetic) { zh.edit(releaseFile, 1, "99.1", "99.0") },
			[]string{"zh/MedAscii/meddra_release.asc:1: version is 99.0, but 99.1 in en/MedAscii/meddra_release.asc"}},
		{"language of the folder", func(_, zh synthetic) { zh.edit(releaseFile, 1, "Chinese", "English") },
			[]string{"zh/MedAscii/meddra_release.asc:1: language is en, want zh"}},
		{"an LLT that one lacks", func(_, zh synthetic) { zh.remove(lltFile, 5) }, []string{
			"en/MedAscii/llt.asc:5: LLT 90000203 is not in zh/MedAscii/llt.asc",
			"zh/MedAscii/llt.asc: has 5 LLTs, but 6 in en/MedAscii/llt.asc",
		}},
		{"as many LLTs, other codes", func(_, zh synthetic) { zh.edit(lltFile, 5, "90000203", "90000204") }, []string{
			"en/MedAscii/llt.asc:5: LLT 90000203 is not in zh/MedAscii/llt.asc",
			"zh/MedAscii/llt.asc:5: LLT 90000204 is not in en/MedAscii/llt.asc",
		}},
		{"an LLT under another PT", func(_, zh synthetic) { zh.edit(lltFile, 5, "$90000101$", "$90000102$") },
			[]string{"zh/MedAscii/llt.asc:5: LLT 90000203 is under PT 90000102, but under 90000101 in en/MedAscii/llt.asc"}},
		{"currency", func(en, _ synthetic) { en.edit(lltFile, 4, "$Y$", "$N$") },
			[]string{"zh/MedAscii/llt.asc:4: LLT 90000202 has a different llt_currency than in en/MedAscii/llt.asc"}},
		{"number of paths", func(_, zh synthetic) { zh.remove(hierarchyFile, 2) },
			[]string{"zh/MedAscii/mdhier.asc: has 3 rows, but 4 in en/MedAscii/mdhier.asc"}},
		{"primary path", func(en, _ synthetic) {
			en.edit(ptFile, 2, "90000001", "90000002")
			en.edit(hierarchyFile, 2, "$90000001$N$", "$90000002$Y$")
			en.edit(hierarchyFile, 3, "$90000001$Y$", "$90000002$N$")
		}, []string{"zh/MedAscii/pt.asc:2: PT 90000102 has different paths in zh/MedAscii/mdhier.asc than in en/MedAscii/mdhier.asc"}},
		{"a fault in each", func(en, zh synthetic) { en.remove(lltFile, 6); delete(zh, socFile) }, []string{
			"en/MedAscii/pt.asc:3: PT 90000103 has no LLT in en/MedAscii/llt.asc",
			"zh/MedAscii/soc.asc: file is missing",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			en, zh, dir := newSynthetic(English), newSynthetic(Chinese), t.TempDir()
			tt.plant(en, zh)
			en.write(t, dir, "en", "MedAscii")
			zh.write(t, dir, "zh", "MedAscii")
			_, err := LoadVersion(dir)
			if diff := cmp.Diff(tt.want, problemsOf(t, err)); diff != "" {
				t.Error(diff)
			}
			var v *ValidationError
			if errors.As(err, &v); v.Dir != dir {
				t.Errorf("Dir is %s, want %s", v.Dir, dir)
			}
		})
	}
}

func TestLoadVersionAcceptsLanguagesInAnotherFileOrder(t *testing.T) {
	en, zh, dir := newSynthetic(English), newSynthetic(Chinese), t.TempDir()
	for _, lines := range zh {
		slices.Reverse(lines)
	}
	en.write(t, dir, "en")
	zh.write(t, dir, "zh")
	if _, err := LoadVersion(dir); err != nil {
		t.Error(err)
	}
}

// TestTheLabelDecidesAndTheFolderNameMayNotContradictIt: only a name that looks
// like a version claims to be one.
func TestTheLabelDecidesAndTheFolderNameMayNotContradictIt(t *testing.T) {
	for folder, want := range map[string][]string{
		"99.1": nil, "demo": nil, "meddra-99.0": nil, "2026": nil,
		"99.0":   {"en/meddra_release.asc:1: version is 99.1, but its folder is named 99.0"},
		"99.1.0": {"en/meddra_release.asc:1: version is 99.1, but its folder is named 99.1.0"},
	} {
		dir := t.TempDir()
		newSynthetic(English).write(t, dir, folder, "en")
		_, err := LoadVersion(filepath.Join(dir, folder))
		if want == nil {
			if err != nil {
				t.Errorf("%s: %v", folder, err)
			}
			continue
		}
		if diff := cmp.Diff(want, problemsOf(t, err)); diff != "" {
			t.Errorf("%s: %s", folder, diff)
		}
	}
}

func TestPlacesAreTheFoldersAndZipsOfALibrary(t *testing.T) {
	dir := t.TempDir()
	newSynthetic(English).write(t, dir, "99.1", "en")
	newSynthetic(English).write(t, dir, ".hidden", "en")
	newSynthetic(English).write(t, dir, "..data", "99.0", "en")
	if err := os.Symlink(filepath.Join("..data", "99.0"), filepath.Join(dir, "99.0")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "29.0.ZIP", ".29.1.zip"} {
		writeFile(t, filepath.Join(dir, name))
	}
	got, err := Places(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "29.0.ZIP"), filepath.Join(dir, "99.0"), filepath.Join(dir, "99.1")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestALibraryWithoutAVersionIsAnError(t *testing.T) {
	for name, dir := range map[string]string{"empty": t.TempDir(), "absent": filepath.Join(t.TempDir(), "absent")} {
		if places, err := Places(dir); places != nil || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s library: %v, %v", name, places, err)
		}
	}
}

func TestCompareLabelsCountsNumbersAndPutsMedDRAFirst(t *testing.T) {
	old := []string{"", "ctcae", "ctcae-5", "ctcae-5.0", "ctcae-10.0", "demo", "9.1", "10.0", "28.1", "29.0", "29.00", "29.0-beta", "29.0.1", "29.1", "100000000000000000000.0"}
	for i, a := range old {
		for j, b := range old {
			got := CompareLabels(a, b)
			if (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("CompareLabels(%q, %q) = %d", a, b, got)
			}
		}
	}
}

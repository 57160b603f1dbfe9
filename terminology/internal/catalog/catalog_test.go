package catalog_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/coder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// folder is a version folder with one small release of one term.
func folder(t *testing.T, library, label, term string) string {
	t.Helper()
	path := filepath.Join(library, label)
	for name, text := range map[string]string{
		"meddra_release.asc": label + "$English$$$$\n",
		"soc.asc":            "90000001$Invented organ disorders$Inv$$$$$$$$\n",
		"hlgt.asc":           "90000011$Glimmers$$$$$$$$\n",
		"hlt.asc":            "90000021$Glimmering$$$$$$$$\n",
		"pt.asc":             "90000101$" + term + "$$90000001$$$$$$$$\n",
		"llt.asc":            "90000101$" + term + "$90000101$$$$$$$Y$$\n",
		"soc_hlgt.asc":       "90000001$90000011$\n",
		"hlgt_hlt.asc":       "90000011$90000021$\n",
		"hlt_pt.asc":         "90000021$90000101$\n",
		"intl_ord.asc":       "1$90000001$\n",
		"mdhier.asc":         "90000101$90000021$90000011$90000001$" + term + "$Glimmering$Glimmers$Invented organ disorders$Inv$$90000001$Y$\n",
	} {
		write(t, filepath.Join(path, "en", "MedAscii", name), text)
	}
	return path
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func synonyms(t *testing.T, rows ...string) string {
	t.Helper()
	return write(t, filepath.Join(t.TempDir(), "synonyms.csv"),
		"verbatim,language,llt_code,scope,approved_by,approved_at\n"+strings.Join(rows, "\n")+"\n")
}

func open(t *testing.T, c catalog.Config) *catalog.Catalog {
	t.Helper()
	k := catalog.NewKeeper(c, func(catalog.Event) {})
	if _, err := k.Load(); err != nil {
		t.Fatal(err)
	}
	return k.Current()
}

// refusal is why a catalog is not loaded; nil if it is.
func refusal(c catalog.Config) error {
	_, err := catalog.NewKeeper(c, func(catalog.Event) {}).Load()
	return err
}

// releaseAt and libraryAt say where releases are.
func releaseAt(path string) catalog.Dictionaries { return catalog.Dictionaries{Release: path} }
func libraryAt(path string) catalog.Dictionaries { return catalog.Dictionaries{Library: path} }

// library holds 98.1 and 99.0, whose one term differs.
func library(t *testing.T) string {
	t.Helper()
	path := t.TempDir()
	folder(t, path, "98.1", "Older glimmer")
	folder(t, path, "99.0", "Newer glimmer")
	return path
}

func TestWithoutAPinTheNewestReleaseServesUnlessAnotherIsTheDefault(t *testing.T) {
	path := library(t)
	for configured, want := range map[string]string{"": "99.0", "98.1": "98.1", "99.0": "99.0"} {
		held := open(t, catalog.Config{Dictionaries: catalog.Dictionaries{Library: path, Default: configured}})
		entry, err := held.Get("")
		if err != nil || entry.Version.Label != want || !entry.Default {
			t.Errorf("default %q gives %v, %v; want %s", configured, entry, err, want)
		}
		defaults := 0
		for _, e := range held.Entries() {
			if e.Default {
				defaults++
			}
		}
		if n := len(held.Entries()); n != 2 || defaults != 1 || held.Entries()[0].Version.Label != "99.0" {
			t.Errorf("%d releases, %d defaults, newest first: %s", n, defaults, held.Entries()[0].Version.Label)
		}
	}
	if err := refusal(catalog.Config{Dictionaries: catalog.Dictionaries{Library: path, Default: "29.1"}}); !errors.Is(err, catalog.ErrUnknown) ||
		!strings.Contains(err.Error(), "98.1") {
		t.Errorf("a default that is not there: %v, want ErrUnknown and what there is", err)
	}
}

func TestReleasesServeSideBySideEachWithItsOwnTerms(t *testing.T) {
	held := open(t, catalog.Config{Dictionaries: libraryAt(library(t))})
	for label, term := range map[string]string{"98.1": "older glimmer", "99.0": "newer glimmer"} {
		entry, err := held.Get(label)
		if err != nil {
			t.Fatal(err)
		}
		got := entry.Coder.Code(coder.Request{Verbatim: term, Language: "en"})
		if got.Status != coder.Coded || got.Versions.Dictionary != label {
			t.Errorf("%s by %s: %+v", term, label, got)
		}
		other, err := held.Get(map[string]string{"98.1": "99.0", "99.0": "98.1"}[label])
		if err != nil {
			t.Fatal(err)
		}
		if got := other.Coder.Code(coder.Request{Verbatim: term, Language: "en"}); got.Status == coder.Coded {
			t.Errorf("%s is coded by the release that lacks it", term)
		}
	}
}

func TestAPinIsHonouredOrRefusedNeverReplaced(t *testing.T) {
	held := open(t, catalog.Config{Dictionaries: libraryAt(library(t)), Synonyms: synonyms(t, "sparkle,en,90000101,sponsor,x,2026-01-01T00:00:00Z")})
	v := held.Entries()[1].Versions // 98.1
	for _, tc := range []struct {
		name, label, synonyms, engine string
		want                          string
		err                           error
	}{
		{"nothing pinned", "", "", "", "99.0", nil},
		{"a release", "98.1", "", "", "98.1", nil},
		{"all that an answer said", "98.1", v.Synonyms, v.Engine, "98.1", nil},
		{"synonyms and engine alone", "", v.Synonyms, v.Engine, "99.0", nil},
		{"a release that exists nowhere", "29.9", "", "", "", catalog.ErrUnknown},
		{"a release that only another replica holds", "29.9", v.Synonyms, v.Engine, "", catalog.ErrNotHeld},
		{"other synonyms", "98.1", "0123", "", "", catalog.ErrNotHeld},
		{"another engine", "", "", "0.0.1", "", catalog.ErrNotHeld},
		{"a prefix of the label", "98", "", "", "", catalog.ErrUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			entry, err := held.Pinned(tc.label, tc.synonyms, tc.engine)
			switch {
			case !errors.Is(err, tc.err):
				t.Errorf("%v, want %v", err, tc.err)
			case tc.err == nil && entry.Version.Label != tc.want:
				t.Errorf("%s serves, want %s", entry.Version.Label, tc.want)
			}
		})
	}
}

func TestAListThatIsConfiguredAndNotThereIsRefused(t *testing.T) {
	release := folder(t, t.TempDir(), "99.0", "Newer glimmer")
	for name, c := range map[string]catalog.Config{
		"synonym list":         {Dictionaries: releaseAt(release), Synonyms: "/nowhere/list.csv"},
		"do-not-autocode list": {Dictionaries: releaseAt(release), DoNotAutocode: "/nowhere/list.csv"},
		"opt-in list":          {Dictionaries: releaseAt(release), OptIn: "/nowhere/list.csv"},
	} {
		if err := refusal(c); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "/nowhere/list.csv") ||
			!errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v, want the %s and its path named, and that it does not exist", err, name)
		}
	}
}

func TestASynonymThatLeadsNowhereRefusesTheListWithItsLine(t *testing.T) {
	release := folder(t, t.TempDir(), "99.0", "Newer glimmer")
	for name, row := range map[string]string{
		"an unknown code":         "sparkle,en,90000999,sponsor,x,2026-01-01T00:00:00Z",
		"a code of another level": "sparkle,en,90000001,sponsor,x,2026-01-01T00:00:00Z",
	} {
		err := refusal(catalog.Config{Dictionaries: releaseAt(release), Synonyms: synonyms(t, "ok,en,90000101,sponsor,x,2026-01-01T00:00:00Z", row)})
		if err == nil || !strings.Contains(err.Error(), "synonyms.csv:3") || !strings.Contains(err.Error(), "99.0") {
			t.Errorf("%s: %v, want file, line and release", name, err)
		}
	}
}

func TestAFaultyReleaseIsRefusedWholeWithItsPlace(t *testing.T) {
	path := t.TempDir()
	folder(t, path, "98.1", "Older glimmer")
	release := folder(t, path, "99.0", "Newer glimmer")
	write(t, filepath.Join(release, "en", "MedAscii", "llt.asc"), "90000101$short\n")
	for name, c := range map[string]catalog.Config{"as the release": {Dictionaries: releaseAt(release)}, "in a library": {Dictionaries: libraryAt(path)}} {
		if err := refusal(c); err == nil || !strings.Contains(err.Error(), "llt.asc:1") {
			t.Errorf("%s: %v, want file and line", name, err)
		}
	}
	for name, c := range map[string]catalog.Config{
		"release": {Dictionaries: releaseAt("/nowhere/29.1")}, "release library": {Dictionaries: libraryAt("/nowhere/all")},
		"an empty library": {Dictionaries: libraryAt(t.TempDir())},
	} {
		if err := refusal(c); err == nil || !strings.Contains(err.Error(), "release") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWordsOfTheDoNotAutocodeListGoToAPerson(t *testing.T) {
	release := folder(t, t.TempDir(), "99.0", "Newer glimmer")
	list := write(t, filepath.Join(t.TempDir(), "dna.csv"), "verbatim,language,reason\nnewer glimmer,en,says nothing\n")
	for path, want := range map[string]coder.Status{"": coder.Coded, list: coder.Suggested} {
		entry, err := open(t, catalog.Config{Dictionaries: releaseAt(release), DoNotAutocode: path}).Get("99.0")
		if err != nil {
			t.Fatal(err)
		}
		if got := entry.Coder.Code(coder.Request{Verbatim: "Newer glimmer", Language: "en"}); got.Status != want {
			t.Errorf("list %q: %v, want %v", path, got.Status, want)
		}
	}
}

package catalog_test

import (
	"archive/zip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/coder"
)

// kept is a keeper with the events that it has reported.
type kept struct {
	*catalog.Keeper
	t      *testing.T
	events []catalog.Event
}

func keep(t *testing.T, c catalog.Config) *kept {
	t.Helper()
	k := &kept{t: t}
	k.Keeper = catalog.NewKeeper(c, func(e catalog.Event) { k.events = append(k.events, e) })
	if _, err := k.Load(); err != nil {
		t.Fatal(err)
	}
	return k
}

// look looks once and gives the events by kind and release.
func (k *kept) look() (told []string) {
	k.t.Helper()
	k.events = nil
	k.Look(k.t.Context())
	for _, e := range k.events {
		if (e.Err != nil) != slices.Contains([]catalog.Kind{catalog.Refused, catalog.ListsRefused, catalog.Unreadable}, e.Kind) {
			k.t.Errorf("%+v", e)
		}
		what := string(e.Kind)
		if e.Release != "" {
			what += " " + filepath.Base(e.Release)
		}
		told = append(told, what)
	}
	return told
}

// settles looks three times. The first look must report nothing, since files may still
// be being copied; the second exactly the events wanted; the third nothing again.
func (k *kept) settles(want ...string) {
	k.t.Helper()
	if told := k.look(); told != nil {
		k.t.Errorf("told at the first look: %q", told)
	}
	if diff := cmp.Diff(want, k.look()); diff != "" {
		k.t.Errorf("told: %s", diff)
	}
	if told := k.look(); told != nil {
		k.t.Errorf("told again: %q", told)
	}
}

func (k *kept) labels() (labels []string) {
	for _, e := range k.Current().Entries() {
		labels = append(labels, e.Version.Label)
	}
	return labels
}

func (k *kept) serves(want ...string) {
	k.t.Helper()
	if diff := cmp.Diff(want, k.labels()); diff != "" {
		k.t.Errorf("serves: %s", diff)
	}
	first, err := k.Current().Get("")
	if err != nil || !first.Default {
		k.t.Errorf("default %v, %v", first, err)
	}
}

func (k *kept) codes(label, term string) bool {
	k.t.Helper()
	entry, err := k.Current().Get(label)
	if err != nil {
		k.t.Fatal(err)
	}
	return entry.Coder.Code(coder.Request{Verbatim: term, Language: "en"}).Status == coder.Coded
}

func (k *kept) coderOf(label string) *coder.Coder {
	k.t.Helper()
	entry, err := k.Current().Get(label)
	if err != nil {
		k.t.Fatal(err)
	}
	return entry.Coder
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func TestANewVersionFolderIsTakenUpAndTheOthersAreNotRebuilt(t *testing.T) {
	path := t.TempDir()
	folder(t, path, "98.1", "Older glimmer")
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	before := k.coderOf("98.1")
	folder(t, path, "99.0", "Newer glimmer")
	k.settles("taken_up 99.0")
	k.serves("99.0", "98.1")
	if !k.codes("", "newer glimmer") || !k.codes("98.1", "older glimmer") {
		t.Error("a release does not code its own term")
	}
	if k.coderOf("98.1") != before {
		t.Error("an unchanged release was built again")
	}
	if entry, err := k.Current().Get("98.1"); err != nil || entry.Default {
		t.Errorf("the older one is still the default: %v", err)
	}
}

func TestAZipOfTheLibraryIsTakenUpAndAnswersLikeAFolder(t *testing.T) {
	path := t.TempDir()
	folder(t, path, "98.1", "Older glimmer")
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	newer := folder(t, t.TempDir(), "99.0", "Newer glimmer")
	f, err := os.Create(filepath.Join(path, "99.0.zip"))
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	if err := errors.Join(w.AddFS(os.DirFS(newer)), w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	k.settles("taken_up 99.0")
	if !k.codes("99.0", "newer glimmer") {
		t.Error("the zip's term is not coded")
	}
}

func TestAFaultyReleaseIsRefusedOnceAndTakenUpWhenMended(t *testing.T) {
	path := t.TempDir()
	folder(t, path, "98.1", "Older glimmer")
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	llt := filepath.Join(folder(t, path, "99.0", "Newer glimmer"), "en", "MedAscii", "llt.asc")
	good, err := os.ReadFile(llt)
	if err != nil {
		t.Fatal(err)
	}
	write(t, llt, "90000101$short\n")
	k.look()
	k.look()
	if len(k.events) != 1 || k.events[0].Kind != catalog.Refused || !strings.Contains(k.events[0].Err.Error(), "en/MedAscii/llt.asc:1: ") {
		t.Errorf("told %+v, want file and line once", k.events)
	}
	if told := k.look(); told != nil {
		t.Errorf("told again: %q", told)
	}
	k.serves("98.1")
	write(t, llt, string(good))
	k.settles("taken_up 99.0")
	k.serves("99.0", "98.1")
}

func TestAReleaseThatBecomesFaultyIsServedOnAsItWas(t *testing.T) {
	for name, of := range map[string]func(path string) catalog.Config{
		"in a library": func(path string) catalog.Config { return catalog.Config{Dictionaries: libraryAt(path)} },
		"alone": func(path string) catalog.Config {
			return catalog.Config{Dictionaries: releaseAt(filepath.Join(path, "99.0"))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir()
			release := folder(t, path, "99.0", "Newer glimmer")
			k := keep(t, of(path))
			write(t, filepath.Join(release, "en", "MedAscii", "pt.asc"), "")
			k.settles("release_refused 99.0")
			if !k.codes("99.0", "newer glimmer") {
				t.Error("the release does not serve on")
			}
			folder(t, path, "99.0", "Mended glimmer")
			k.settles("taken_up 99.0")
			if !k.codes("99.0", "mended glimmer") || k.codes("99.0", "newer glimmer") {
				t.Error("the mended release does not serve")
			}
		})
	}
}

func TestAFolderStillBeingCopiedIsWaitedFor(t *testing.T) {
	path := t.TempDir()
	folder(t, path, "98.1", "Older glimmer")
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	whole := filepath.Join(folder(t, t.TempDir(), "99.0", "Newer glimmer"), "en", "MedAscii")
	files, err := os.ReadDir(whole)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(whole, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{string(text[:len(text)/2]), string(text)} {
			write(t, filepath.Join(path, "99.0", "en", "MedAscii", f.Name()), part)
			if told := k.look(); told != nil {
				t.Fatalf("told while it was copied: %q", told)
			}
		}
	}
	if diff := cmp.Diff([]string{"taken_up 99.0"}, k.look()); diff != "" {
		t.Error(diff)
	}
}

func TestAVersionThatIsGoneIsDroppedAndAPinOfItAnsweredAsUnknown(t *testing.T) {
	path := library(t)
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	remove(t, filepath.Join(path, "99.0"))
	k.settles("dropped 99.0")
	k.serves("98.1")
	v := k.Current().Entries()[0].Versions
	if _, err := k.Current().Pinned("99.0", "", ""); !errors.Is(err, catalog.ErrUnknown) {
		t.Errorf("%v, want ErrUnknown", err)
	}
	if _, err := k.Current().Pinned("99.0", v.Synonyms, v.Engine); !errors.Is(err, catalog.ErrNotHeld) {
		t.Errorf("%v, want ErrNotHeld", err)
	}
}

func TestTheDefaultAndTheLastReleaseServeOnWhenTheirFoldersAreGone(t *testing.T) {
	path := library(t)
	k := keep(t, catalog.Config{Dictionaries: catalog.Dictionaries{Library: path, Default: "98.1"}})
	older := filepath.Join(path, "98.1")
	if err := os.Rename(older, older+"-moved"); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(older+"-moved", "en", "MedAscii", "pt.asc"), "") // and broken
	k.settles("release_refused 98.1-moved", "release_refused 98.1")
	k.serves("99.0", "98.1")
	remove(t, older+"-moved")
	folder(t, path, "98.1", "Older glimmer")
	k.look()
	k.look()
	k.serves("99.0", "98.1")

	k = keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	remove(t, path)
	if diff := cmp.Diff([]string{"library_unreadable " + filepath.Base(path)}, k.look()); diff != "" {
		t.Error(diff)
	}
	if told := append(k.look(), k.look()...); told != nil {
		t.Errorf("told again: %q", told)
	}
	k.serves("99.0", "98.1")
}

func TestAReleaseMayMoveToAnotherFolder(t *testing.T) {
	path := library(t)
	k := keep(t, catalog.Config{Dictionaries: catalog.Dictionaries{Library: path, Default: "98.1"}})
	if err := os.Rename(filepath.Join(path, "98.1"), filepath.Join(path, "older")); err != nil {
		t.Fatal(err)
	}
	k.settles("taken_up 98.1")
	k.serves("99.0", "98.1")
}

func TestASecondPlaceOfALabelIsRefusedUntilTheFirstIsGone(t *testing.T) {
	path := library(t)
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	if err := os.Rename(folder(t, t.TempDir(), "99.0", "Copied glimmer"), filepath.Join(path, "a copy")); err != nil {
		t.Fatal(err)
	}
	k.settles("release_refused a copy")
	if !k.codes("99.0", "newer glimmer") {
		t.Error("the copy serves")
	}
	remove(t, filepath.Join(path, "99.0"))
	k.settles("taken_up 99.0")
	if !k.codes("99.0", "copied glimmer") {
		t.Error("the copy does not serve")
	}
	remove(t, path)
	folder(t, path, "99.0", "Newer glimmer")
	if err := os.CopyFS(filepath.Join(path, "b"), os.DirFS(filepath.Join(path, "99.0"))); err != nil {
		t.Fatal(err)
	}
	if err := refusal(catalog.Config{Dictionaries: libraryAt(path)}); err == nil || !strings.Contains(err.Error(), "version 99.0 is already in") {
		t.Errorf("at the start: %v", err)
	}
}

func TestALinkThatSwingsToAnotherVersionIsFollowed(t *testing.T) {
	path := library(t)
	link := filepath.Join(t.TempDir(), "current")
	swing := func(label string) {
		_ = os.Remove(link) // the first time there is none
		if err := os.Symlink(filepath.Join(path, label), link); err != nil {
			t.Fatal(err)
		}
	}
	swing("98.1")
	k := keep(t, catalog.Config{Dictionaries: releaseAt(link)})
	k.serves("98.1")
	swing("99.0")
	k.settles("taken_up 99.0")
	k.serves("99.0")
}

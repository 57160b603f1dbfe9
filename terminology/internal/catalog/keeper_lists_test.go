package catalog_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/coder"
)

func TestListsAreTakenUpAndFaultyOnesRefused(t *testing.T) {
	const header = "verbatim,language,llt_code,scope,approved_by,approved_at\n"
	path := library(t)
	list := synonyms(t, "sparkle,en,90000101,sponsor,x,2026-01-01")
	avoid := write(t, filepath.Join(t.TempDir(), "avoid.csv"), "verbatim,language,reason\n")
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path), Synonyms: list, DoNotAutocode: avoid})
	version := k.Current().Entries()[0].Version
	if !k.codes("99.0", "sparkle") || k.codes("99.0", "shimmer") {
		t.Fatal("the first list does not decide")
	}
	before := k.Current().Entries()[0].Versions

	write(t, list, header+"shimmer,en,90000101,sponsor,x,2026-01-01\n")
	k.settles("lists_taken_up")
	for _, label := range k.labels() {
		if k.codes(label, "sparkle") || !k.codes(label, "shimmer") {
			t.Errorf("%s: the new list does not decide", label)
		}
	}
	if k.Current().Entries()[0].Version != version || k.Current().Entries()[0].Versions.Synonyms == before.Synonyms {
		t.Error("the release was read again, or its list has the old version")
	}

	write(t, list, header+"shimmer,en,90000999,sponsor,x,2026-01-01\n")
	k.look()
	k.look()
	if len(k.events) != 1 || k.events[0].Kind != catalog.ListsRefused || !strings.Contains(k.events[0].Err.Error(), "synonyms.csv:2") {
		t.Errorf("told %+v, want file and line once", k.events)
	}
	remove(t, list)
	if diff := cmp.Diff([]string{"lists_refused"}, append(k.look(), k.look()...)); diff != "" {
		t.Errorf("a list that is gone: %s", diff)
	}
	if !k.codes("99.0", "shimmer") {
		t.Error("the lists in use do not decide on")
	}

	write(t, list, header+"shimmer,en,90000101,sponsor,x,2026-01-01\n")
	write(t, avoid, "verbatim,language,reason\nnewer glimmer,en,says nothing\n")
	k.settles("lists_taken_up")
	if k.codes("99.0", "newer glimmer") || !k.codes("98.1", "older glimmer") || !k.codes("98.1", "shimmer") {
		t.Error("the do-not-autocode list does not decide")
	}
	if err := os.Chtimes(list, time.Now(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	k.settles() // only touched
}

func TestAReleaseThatTheListDoesNotFitWaitsForAnotherList(t *testing.T) {
	path := t.TempDir()
	folder(t, path, "98.1", "Older glimmer")
	list := synonyms(t, "sparkle,en,90000101,sponsor,x,2026-01-01")
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path), Synonyms: list})
	newer := folder(t, path, "99.0", "Newer glimmer")
	llt := filepath.Join(newer, "en", "MedAscii", "llt.asc")
	write(t, llt, "90000101$Newer glimmer$90000101$$$$$$$N$$\n90000102$Glimmer$90000101$$$$$$$Y$$\n") // no longer current
	k.settles("release_refused 99.0")
	k.serves("98.1")
	write(t, list, "verbatim,language,llt_code,scope,approved_by,approved_at\n")
	k.settles("lists_taken_up", "taken_up 99.0")
	k.serves("99.0", "98.1")

	// A list for the newer one alone waits until the older is gone.
	write(t, list, "verbatim,language,llt_code,scope,approved_by,approved_at\nsparkle,en,90000102,sponsor,x,2026-01-01\n")
	k.settles("lists_refused 98.1")
	remove(t, filepath.Join(path, "98.1"))
	k.settles("dropped 98.1", "lists_taken_up")
	if !k.codes("99.0", "sparkle") {
		t.Error("the list does not decide")
	}
}

func TestAPassThatBeganBeforeAListChangedEndsByItsOwnList(t *testing.T) {
	const header = "verbatim,language,llt_code,scope,approved_by,approved_at\n"
	list := synonyms(t, "sparkle,en,90000101,sponsor,x,2026-01-01")
	optIn := write(t, filepath.Join(t.TempDir(), "optin.csv"), "study,language,min_score,min_margin,approved_by,approved_at\n")
	k := keep(t, catalog.Config{Dictionaries: libraryAt(library(t)), Synonyms: list, OptIn: optIn})
	first := k.Current().Entries()[0].Versions

	write(t, list, header+"shimmer,en,90000101,sponsor,x,2026-01-01\n")
	k.settles("lists_taken_up")
	write(t, optIn, "study,language,min_score,min_margin,approved_by,approved_at\nS-1,en,0.99,0.5,x,2026-01-01\n")
	k.settles("lists_taken_up")
	for _, pin := range []struct{ synonyms, engine string }{{first.Synonyms, first.Engine}, {first.Synonyms, ""}} {
		e, err := k.Current().Pinned(first.Dictionary, pin.synonyms, pin.engine)
		if err != nil || e.Versions.Synonyms != first.Synonyms {
			t.Fatalf("pinned to the first list: %v", err)
		}
		if r := e.Coder.Code(coder.Request{Verbatim: "sparkle"}); r.Status != coder.Coded {
			t.Errorf("the first list does not decide: %+v", r)
		}
	}
	if e, err := k.Current().Pinned(first.Dictionary, "", ""); err != nil || e.Versions.Synonyms == first.Synonyms || e.Versions.Engine == first.Engine {
		t.Errorf("without a pin the newest lists must decide: %v", err)
	}
	for _, row := range []string{"twinkle", "glitter"} {
		write(t, list, header+row+",en,90000101,sponsor,x,2026-01-01\n")
		k.settles("lists_taken_up")
	}
	if _, err := k.Current().Pinned(first.Dictionary, first.Synonyms, first.Engine); !errors.Is(err, catalog.ErrNotHeld) {
		t.Errorf("a list of four changes ago: %v, want %v", err, catalog.ErrNotHeld)
	}
}

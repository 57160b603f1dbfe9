package lists_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

func TestBuiltInDoNotAutocodeListHoldsTheAmbiguousWords(t *testing.T) {
	d := lists.BuiltInDoNotAutocode()
	for lang, words := range map[meddra.Language][]string{
		meddra.English: {"Discharge", "COLD", "fits", "upset", "reaction", "swelling", "stroke?"},
		meddra.Chinese: {"感 冒", "上火", "不适", "肿胀"},
	} {
		for _, w := range words {
			if reason, ok := d.Reason(lang, verbatim.Fold(lang, w)); !ok || reason == "" {
				t.Errorf("%s: %q is not on the list", lang, w)
			}
		}
	}
	for lang, words := range map[meddra.Language][]string{
		meddra.English: {"Headache", "Stroke", "Fall", "vaginal discharge", "common cold", "infection"},
		meddra.Chinese: {"头痛", "cold"},
	} {
		for _, w := range words {
			if _, ok := d.Reason(lang, verbatim.Fold(lang, w)); ok {
				t.Errorf("%s: %q is on the list", lang, w)
			}
		}
	}
	if d.Len() < 70 || !slices.Equal(d.Languages(), []meddra.Language{"en", "zh"}) {
		t.Errorf("%d wordings in %v, want at least 70 in en and zh", d.Len(), d.Languages())
	}
}

func TestSiteListExtendsTheBuiltInOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "do_not_autocode.csv")
	if _, err := lists.LoadDoNotAutocode(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("missing file: %v, want an error that says so", err)
	}
	builtIn := lists.BuiltInDoNotAutocode()
	if err := os.WriteFile(path, []byte("verbatim,language,reason\nfall,en,of a person or of a value?\ncold,en,ours\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	site, err := lists.LoadDoNotAutocode(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := site.Reason("en", "discharge"); ok || site.Len() != 2 {
		t.Error("the site's list is not alone")
	}
	both := builtIn.With(site)
	if reason, _ := both.Reason("en", "cold"); reason != "ours" {
		t.Errorf("cold: %q, want the site's reason", reason)
	}
	if _, ok := both.Reason("en", "discharge"); !ok || both.Len() != builtIn.Len()+1 {
		t.Error("the extended list does not hold both")
	}
	if both.Version() == builtIn.Version() || both.Version() == site.Version() {
		t.Error("another list, but no other version")
	}
}

func TestDoNotAutocodeListIsCheckedWhole(t *testing.T) {
	_, err := lists.ParseDoNotAutocode("do_not_autocode.csv", strings.NewReader(
		"verbatim,language,reason\n,en,why\ncold,xx,why\ncold,en,\n"))
	const want = "do_not_autocode.csv:2: verbatim: is empty\n" +
		"do_not_autocode.csv:3: language: is not supported, want en or zh\n" +
		"do_not_autocode.csv:4: reason: is empty or not printable"
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

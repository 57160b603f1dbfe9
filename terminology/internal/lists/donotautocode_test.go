package lists_test

import (
	"encoding/csv"
	"os"
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
}

// builtIn gives the rows of the built-in list, without the header.
func builtIn(t *testing.T) [][]string {
	t.Helper()
	f, err := os.Open("do_not_autocode.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func TestEveryWordingOfTheBuiltInFileIsOnTheList(t *testing.T) {
	d := lists.BuiltInDoNotAutocode()
	wordings := map[meddra.Language]map[string]bool{}
	for _, row := range builtIn(t) {
		lang, folded := meddra.Language(row[1]), verbatim.Fold(meddra.Language(row[1]), row[0])
		if reason, ok := d.Reason(lang, folded); !ok || reason != row[2] {
			t.Errorf("%s: %q has the reason %q, want %q", lang, row[0], reason, row[2])
		}
		if wordings[lang] == nil {
			wordings[lang] = map[string]bool{}
		}
		wordings[lang][folded] = true
	}
	if n := len(wordings["en"]) + len(wordings["zh"]); n < 70 || len(wordings) != 2 || len(wordings["en"]) == 0 || len(wordings["zh"]) == 0 {
		t.Errorf("%d wordings in %d languages, want at least 70 in en and zh", n, len(wordings))
	}
}

func TestSiteListExtendsTheBuiltInOne(t *testing.T) {
	const header, rows = "verbatim,language,reason\n", "fall,en,of a person or of a value?\ncold,en,ours\n"
	parse := func(text string) *lists.DoNotAutocode {
		t.Helper()
		d, err := lists.ParseDoNotAutocode("do_not_autocode.csv", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	site := parse(header + rows)
	if _, ok := site.Reason("en", "discharge"); ok {
		t.Error("the site's list is not alone")
	}
	builtIn := lists.BuiltInDoNotAutocode()
	both := builtIn.With(site)
	if reason, _ := both.Reason("en", "cold"); reason != "ours" {
		t.Errorf("cold: %q, want the site's reason", reason)
	}
	text, err := os.ReadFile("do_not_autocode.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := both.Reason("en", "discharge"); !ok || both.Version() != parse(string(text)+rows).Version() {
		t.Error("the extended list does not hold the wordings of both and no others")
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

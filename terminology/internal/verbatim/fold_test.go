package verbatim_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"

	"pgregory.net/rapid"
)

var languages = []meddra.Language{meddra.English, meddra.Chinese, ""}

func TestFoldMergesAndKeepsApartTheReviewedPairs(t *testing.T) {
	text, err := os.ReadFile("testdata/fold_pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[1] != "same" && f[1] != "differ" {
			t.Fatalf("fold_pairs.tsv:%d: want language, same or differ, first, second", i+1)
		}
		seen[f[1]]++
		a, b := verbatim.Fold(meddra.Language(f[0]), f[2]), verbatim.Fold(meddra.Language(f[0]), f[3])
		if (a == b) != (f[1] == "same") {
			t.Errorf("fold_pairs.tsv:%d: %q and %q must be %s, folded to %q and %q", i+1, f[2], f[3], f[1], a, b)
		}
	}
	if seen["same"] < 80 || seen["differ"] < 80 {
		t.Errorf("pairs read: %v, want at least 80 of each", seen)
	}
}

func TestFoldKeepsSignsDigitsAndWordOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{
			"pain", "in", "of", "without", "no", "HIV-", "HIV+", ">", "<5", "50%", "=", "T4", "leg", "-2", "grade",
		}), 1, 6).Draw(t, "words")
		text := strings.Join(words, " ")
		if got, want := verbatim.Fold(meddra.English, text), strings.ToLower(text); got != want {
			t.Fatalf("Fold(%q) = %q, want %q", text, got, want)
		}
	})
}

// awkward draws texts from the characters that the rules look at.
func awkward() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringOf(rapid.SampledFrom([]rune("aeosuhmity'’,.- -＋+头痛 、。́\u00ad"))),
		rapid.StringOfN(rapid.SampledFrom([]rune("aeoshmity's")), 1, 14, -1),
		rapid.String(),
	)
}

func TestFoldingTwiceIsFoldingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := awkward().Draw(t, "s")
		for _, lang := range languages {
			once := verbatim.Fold(lang, s)
			if twice := verbatim.Fold(lang, once); twice != once {
				t.Fatalf("%q: Fold(%q) = %q, folded again %q", lang, s, once, twice)
			}
		}
	})
}

func TestPlainChangesNoWord(t *testing.T) {
	for in, want := range map[string]string{
		"  Sore \t throat ":  "sore throat",
		"Crohn’s":            "crohn's",
		"Anaemia":            "anaemia",
		"Pain, Abdominal":    "pain, abdominal",
		"ＨＩＶ－":               "hiv-",
		"−5":                 "-5",
		"头 痛":                "头 痛",
		"":                   "",
		"\u200b\ufeff":       "",
		"a\u0301\u200b":      "á",
		"\xff bad \xfe\xfe ": "\uFFFD bad \uFFFD",
	} {
		if got := verbatim.Plain(in); got != want {
			t.Errorf("Plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldIsLinearInTheLengthOfTheText(t *testing.T) {
	for name, unit := range map[string]string{
		"one letter": "a", "plural ending": "s", "part to replace": "haem", "combining marks": "e\u0301\u0323",
		"marks only": "\u0301", "4-byte Han": "\U0002C317", "Han and spaces": "\U0002C317 ", "hyphens": "a-",
		"commas": "a,", "apostrophes": "s'", "dots": ".", "invalid": "\xff",
	} {
		t.Run(name, func(t *testing.T) {
			short, long := strings.Repeat(unit, 1000), strings.Repeat(unit, 16_000)
			for _, lang := range languages {
				// Sixteen times the text; a quadratic rule would take 256 times as long,
				// however often it is asked, and a busy machine gets its chance.
				var base, grown time.Duration
				for range 20 {
					base, grown = fastest(lang, short), fastest(lang, long)
					if grown <= 100*base {
						break
					}
				}
				if grown > 100*base {
					t.Errorf("%q: %v for 1,000 units, %v for 16,000", lang, base, grown)
				}
			}
		})
	}
}

func fastest(lang meddra.Language, s string) time.Duration {
	best := time.Hour
	for range 3 {
		start := time.Now()
		verbatim.Fold(lang, s)
		best = min(best, time.Since(start))
	}
	return best
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{
		"pain, abdominal", "Crohn’s disease", "HIV-", "localisations's", "头 痛 。", "angio-oedema", "\xff", "İ", "ſs'", "a´s",
		"\U0002C317 x", "x .", "e\u0301\u200b\u0323",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, lang := range languages {
			once := verbatim.Fold(lang, s)
			if twice := verbatim.Fold(lang, once); twice != once {
				t.Fatalf("%q: folded %q, folded again %q", lang, once, twice)
			}
			if strings.Trim(once, " ") != once {
				t.Fatalf("%q: %q is not trimmed", lang, once)
			}
		}
	})
}

func BenchmarkFold(b *testing.B) {
	for name, s := range map[string]string{
		"plain": "abdominal pain upper", "mixed case": "Haemorrhagic Diarrhoea, severe", "chinese": "上呼吸道感染（轻度）",
	} {
		lang := verbatim.Detect(s, meddra.English)
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				verbatim.Fold(lang, s)
			}
		})
	}
}

package verbatim_test

import (
	"errors"
	"strings"
	"testing"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestValidateNamesTheReason(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want verbatim.Reason
	}{
		"one rune":                 {"痛", ""},
		"no-break space inside":    {"dry\u00a0mouth", ""},
		"emoji":                    {"headache 🤕", ""},
		"quotes and SQL":           {`"; DROP TABLE codings;--`, ""},
		"formula-like":             {"=1+1", ""},
		"4-byte Han":               {"\U0002C317痛", ""},
		"1,000 runes of 4 bytes":   {strings.Repeat("\U0002C317", 1000), ""},
		"1,001 runes":              {strings.Repeat("痛", 1001), verbatim.TooLong},
		"empty":                    {"", verbatim.Empty},
		"spaces":                   {" \u00a0\u3000", verbatim.Empty},
		"line breaks only":         {"\r\n", verbatim.Empty},
		"zero-width only":          {"\u200b\ufeff", verbatim.Empty},
		"invalid UTF-8":            {"pain\xff", verbatim.InvalidUTF8},
		"line break":               {"pain\nfever", verbatim.ControlCharacter},
		"tab":                      {"pain\tfever", verbatim.ControlCharacter},
		"NUL":                      {"pain\x00", verbatim.ControlCharacter},
		"C1 control":               {"pain\u0085", verbatim.ControlCharacter},
		"too long before control":  {strings.Repeat("a\n", 600), verbatim.TooLong},
		"invalid before too long":  {strings.Repeat("a", 1001) + "\xff", verbatim.InvalidUTF8},
		"too long, spaces at ends": {" " + strings.Repeat("a", 1000), verbatim.TooLong},
	} {
		t.Run(name, func(t *testing.T) {
			err := verbatim.Validate(tc.text)
			if tc.want == "" {
				if err != nil {
					t.Fatalf("Validate: %v, want no error", err)
				}
				return
			}
			var e *verbatim.Error
			if !errors.As(err, &e) || e.Reason != tc.want {
				t.Fatalf("Validate: %v, want reason %s", err, tc.want)
			}
			if len(tc.text) > 3 && strings.Contains(err.Error(), tc.text) {
				t.Error("the error quotes the verbatim")
			}
		})
	}
}

func TestDetectTellsTheLanguageByScript(t *testing.T) {
	for text, want := range map[string]meddra.Language{
		"headache":          meddra.English,
		"Sjögren's":         meddra.English,
		"β-blocker":         meddra.English,
		"头痛":                meddra.Chinese,
		"\U0002C317":        meddra.Chinese,
		"HIV感染":             meddra.Chinese,
		"headache 头痛":       meddra.Chinese,
		"頭痛がする":             "",
		"頭痛がする headache":    "",
		"カゼ":                "",
		"두통":                "",
		"두통 headache":       "",
		"головная боль":     "",
		"pаin":              "", // a Cyrillic letter
		"صداع":              "",
		"αβγ":               "",
		"39.5":              "fallback",
		"??":                "fallback",
		"":                  "fallback",
		"🤕":                 "fallback",
		"\xff\xfe headache": meddra.English,
	} {
		if got := verbatim.Detect(text, "fallback"); got != want {
			t.Errorf("Detect(%q) = %q, want %q", text, got, want)
		}
	}
}

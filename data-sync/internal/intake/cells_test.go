package intake

import (
	"strings"
	"testing"

	"aecode/data-sync/internal/report"
)

func TestLanguage(t *testing.T) {
	for stated, want := range map[string]string{
		"": "", " ": "", "en": "en", "ENG": "en", "English": "en", "en-US": "en", "en_GB": "en",
		"zh": "zh", "chi": "zh", "zho": "zh", "Chinese": "zh", "中文": "zh", "zh-CN": "zh", "zh_Hans_CN": "zh",
		"ja": "ja", "DE-at": "de-at", "日本語": "und", "a b": "und", "-": "und", strings.Repeat("x", 36): "und",
	} {
		got, known := Language(stated)
		if got != want && (stated != "-" || got != "") {
			t.Errorf("Language(%q) = %q, want %q", stated, got, want)
		}
		if known == (want == "und") {
			t.Errorf("Language(%q): known = %t", stated, known)
		}
	}
}

func TestCheckIdentityNamesThePartAndNeverQuotesIt(t *testing.T) {
	if err := CheckIdentity(report.Identity{Study: "S", RecordID: "1"}); err != nil {
		t.Error(err)
	}
	for _, id := range []report.Identity{{RecordID: "1"}, {Study: "S"}, {Study: sentinel + "\x00", RecordID: "1"}, {Study: "S", RecordID: sentinel + "\n"}, {Study: strings.Repeat("S", 201), RecordID: "1"}, {Study: "S", RecordID: "\xff"}} {
		err := CheckIdentity(id)
		if err == nil || strings.Contains(err.Error(), sentinel) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

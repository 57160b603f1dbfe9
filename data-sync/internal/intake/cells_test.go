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
		"ja": "ja", "jpn": "ja", "ger": "de", "DE-at": "de-at", "cmn": "zh", "cmn-Hans": "zh", "yue": "yue", "headache": "und", "xyzzy": "und", "日本語": "und", "a b": "und", "-": "und", strings.Repeat("x", 36): "und",
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

func TestAVerbatimThatProgramsWriteForNoneIsEmpty(t *testing.T) {
	for verbatim, want := range map[string]report.Reason{
		"": report.Empty, " \t": report.Empty, ".": report.Empty, "NULL": report.Empty, "#N/A": report.Empty, "NaN": report.Empty, "\u00a0": report.Empty,
		"UNK": report.NotKnown, "unknown": report.NotKnown, "不详": report.NotKnown,
		// A person may have written that there was no event: that is the coder's to say.
		"None": "", "nil": "", "N/A": "", "NA": "", "Headache": "", "..": "", "unknown rash": "",
	} {
		if _, _, got := CheckVerbatim(verbatim); got != want {
			t.Errorf("CheckVerbatim(%q) holds it for %q, want %q", verbatim, got, want)
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

package charset

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestLookupKnowsTheNamesInUse(t *testing.T) {
	for name, want := range map[string]string{
		"utf-8": "UTF-8", "UTF8": "UTF-8", " utf_8 ": "UTF-8", "us-ascii": "UTF-8", "ASCII": "UTF-8",
		"utf-16": "UTF-16", "UTF-16LE": "UTF-16LE", "utf16be": "UTF-16BE", "unicode": "UTF-16", "utf-32": "UTF-32",
		"gb18030": "GB18030", "gbk": "GBK", "GB2312": "GBK", "cp936": "GBK", "hz-gb-2312": "HZ-GB-2312",
		"euc-kr": "EUC-KR", "EUC_KR": "EUC-KR", "cp949": "EUC-KR", "ms949": "EUC-KR", "uhc": "EUC-KR",
		"ks_c_5601-1987": "EUC-KR", "korean": "EUC-KR", "windows-949": "EUC-KR",
		"shift_jis": "Shift_JIS", "Shift JIS": "Shift_JIS", "sjis": "Shift_JIS", "cp932": "Shift_JIS",
		"windows-31j": "Shift_JIS", "ms_kanji": "Shift_JIS",
		"euc-jp": "EUC-JP", "eucjp": "EUC-JP", "iso-2022-jp": "ISO-2022-JP",
		"big5": "Big5", "big5-hkscs": "Big5", "cp950": "Big5",
		"latin1": "windows-1252", "iso-8859-1": "windows-1252", "cp1252": "windows-1252", "ISO_8859-1:1987": "windows-1252",
		"iso-8859-9": "windows-1254", "latin9": "ISO-8859-15", "iso8859-15": "ISO-8859-15",
		"cp1251": "windows-1251", "koi8-r": "KOI8-R", "cp850": "IBM850", "macroman": "macintosh", "ibm037": "IBM037",
	} {
		if got, err := Lookup(name); err != nil || got.Name() != want {
			t.Errorf("Lookup(%q) = %s, %v; want %s", name, got, err, want)
		}
	}
}

func TestLookupTakesEveryNameItGives(t *testing.T) {
	names := Names()
	if len(names) < 50 {
		t.Errorf("only %d charsets", len(names))
	}
	for _, name := range names {
		if got, err := Lookup(name); err != nil || got.Name() != name {
			t.Errorf("Lookup(%q) = %s, %v", name, got, err)
		}
	}
	for _, c := range []Charset{
		UTF8, UTF16, UTF16LE, UTF16BE, UTF32, UTF32LE, UTF32BE, GB18030, EUCKR, EUCJP, Big5, ShiftJIS, Windows1252,
	} {
		if !slices.Contains(names, c.Name()) {
			t.Errorf("%s is not among the names", c)
		}
	}
	for alias, c := range aliases {
		if got, err := Lookup(alias); err != nil || got != c || !slices.Contains(names, c.Name()) || squash(alias) != alias {
			t.Errorf("alias %q = %s, %v; want %s", alias, got, err, c)
		}
	}
}

func TestLookupRefusesAnUnknownNameWithTheNearest(t *testing.T) {
	for name, nearest := range map[string]string{
		"gb1803": "GB18030", "euckor": "EUC-KR", "windows-1253x": "windows-1253", "shift-jsi": "Shift_JIS", "utf-9": "UTF-8",
		"iso-2022-kr": "ISO-2022-JP", "replacement": "", "": "", strings.Repeat("\xff€x", 1<<20): "",
	} {
		got, err := Lookup(name)
		var unknown *UnknownError
		if !errors.As(err, &unknown) || got != (Charset{}) {
			t.Fatalf("Lookup(%.20q) = %s, %v", name, got, err)
		}
		if len(unknown.Nearest) != 3 || nearest != "" && unknown.Nearest[0] != nearest {
			t.Errorf("the nearest to %.20q are %v, want %s", name, unknown.Nearest, nearest)
		}
		if len(unknown.Error()) > 250 {
			t.Errorf("the error has %d bytes", len(unknown.Error()))
		}
	}
}

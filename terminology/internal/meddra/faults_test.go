package meddra

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLoadRefusesAFaultyRelease plants one fault a row.
func TestLoadRefusesAFaultyRelease(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant func(s synthetic)
		want  []string
	}{
		// Files and lines.
		{"missing file", func(s synthetic) { delete(s, hierarchyFile) }, []string{"mdhier.asc: file is missing"}},
		{"two missing files", func(s synthetic) { delete(s, lltFile); delete(s, hltPTFile) },
			[]string{"hlt_pt.asc: file is missing", "llt.asc: file is missing"}},
		{"the same file in two cases", func(s synthetic) { s["LLT.ASC"] = s[lltFile] },
			[]string{"llt.asc: is present twice, also as LLT.ASC: remove one"}},
		{"empty file", func(s synthetic) { s[ptFile] = nil }, []string{"pt.asc: file is empty"}},
		{"empty release", func(s synthetic) {
			for name := range s {
				s[name] = nil
			}
		}, []string{
			"hlgt.asc: file is empty", "hlgt_hlt.asc: file is empty", "hlt.asc: file is empty", "hlt_pt.asc: file is empty",
			"llt.asc: file is empty", "mdhier.asc: file is empty", "meddra_release.asc: file is empty", "pt.asc: file is empty",
			"soc.asc: file is empty", "soc_hlgt.asc: file is empty",
		}},
		{"short line", func(s synthetic) { s.edit(ptFile, 2, "$$$$$$$$", "$$$$$$$") }, []string{"pt.asc:2: short line: 10 columns, want 11"}},
		{"schema without llt_currency", func(s synthetic) { s.edit(lltFile, 3, "$$$$$$$Y$$", "$$$$$$$$") },
			[]string{"llt.asc:3: short line: 10 columns, want 11; is it without llt_currency, as some circulated schemas are? Then nobody knows which LLTs may be used"}},
		{"long line", func(s synthetic) { s.edit(lltFile, 3, "Ache,", "Ache$") }, []string{"llt.asc:3: long line: 12 columns, want 11"}},
		{"nothing but separators", func(s synthetic) { s.add(lltFile, strings.Repeat("$", 40)) }, []string{"llt.asc:7: long line: 40 columns, want 11"}},
		{"no $ at the end", func(s synthetic) { s.edit(hltPTFile, 4, "103$", "103") },
			[]string{"hlt_pt.asc:4: line does not end with $ (cut off?) after 1 of 2 columns"}},
		{"file cut in a line", func(s synthetic) { s[lltFile] = append(s[lltFile][:4], "900002") },
			[]string{"llt.asc:5: line does not end with $ (cut off?) after 0 of 11 columns"}},
		{"llt.asc cut between lines", func(s synthetic) { s[lltFile] = s[lltFile][:5] }, []string{"pt.asc:3: PT 90000103 has no LLT in llt.asc"}},
		{"empty line", func(s synthetic) { s.edit(socFile, 1, s[socFile][0], "") }, []string{"soc.asc:1: empty line"}},
		{"overlong line", func(s synthetic) { s.edit(socFile, 2, "Imag$", strings.Repeat("x", maxLine)) },
			[]string{"soc.asc:2: line of 262184 bytes, want at most 262144"}},

		// The release file.
		{"no version label", func(s synthetic) { s.edit(releaseFile, 1, "99.1", "") },
			[]string{`meddra_release.asc:1: version label "" is not 1 to 64 letters, digits, dots, hyphens`}},
		{"version label that is a path", func(s synthetic) { s.edit(releaseFile, 1, "99.1", "../x") },
			[]string{`meddra_release.asc:1: version label "../x" is not 1 to 64 letters, digits, dots, hyphens`}},
		{"language not served", func(s synthetic) { s.edit(releaseFile, 1, "English", "French") },
			[]string{`meddra_release.asc:1: language "French" is not supported, want English or Chinese`}},
		{"two release lines", func(s synthetic) { s.add(releaseFile, "99.2$English$$$$") }, []string{"meddra_release.asc:2: second line, want one"}},

		// Codes, names, flags.
		{"code of 7 digits", func(s synthetic) { s.edit(lltFile, 2, "90000102", "9000102") },
			[]string{`llt.asc:2: llt_code "9000102" is not an 8-digit code`}},
		{"code that is a text", func(s synthetic) { s.edit(socHLGTFile, 1, "90000011", "nine hundred thousand and eleven") },
			[]string{`soc_hlgt.asc:1: hlgt_code "nine hundred thousand an"... is not an 8-digit code`}},
		{"bad pt_soc_code", func(s synthetic) { s.edit(ptFile, 1, "90000001", "") }, []string{`pt.asc:1: pt_soc_code "" is not an 8-digit code`}},
		{"bad code in mdhier", func(s synthetic) { s.edit(hierarchyFile, 3, "90000011", "9000001l") },
			[]string{`mdhier.asc:3: hlgt_code "9000001l" is not an 8-digit code`}},
		{"empty PT name", func(s synthetic) { s.edit(ptFile, 1, "Glimmer ache", "") }, []string{"pt.asc:1: pt_name is empty"}},
		{"blank LLT name", func(s synthetic) { s.edit(lltFile, 5, "Glimmers", " \u00a0 ") }, []string{"llt.asc:5: llt_name is empty"}},
		{"overlong name", func(s synthetic) { s.edit(hltFile, 1, "Glimmering", strings.Repeat("x", 1001)) },
			[]string{"hlt.asc:1: hlt_name of 1001 bytes, want at most 1000"}},
		{"bad currency flag", func(s synthetic) { s.edit(lltFile, 5, "$N$", "$n$") }, []string{`llt.asc:5: llt_currency is "n", want Y or N`}},
		{"no currency flag", func(s synthetic) { s.edit(lltFile, 5, "$N$", "$$") }, []string{`llt.asc:5: llt_currency is "", want Y or N`}},
		{"bad primary flag", func(s synthetic) { s.edit(hierarchyFile, 2, "$N$", "$0$") }, []string{`mdhier.asc:2: primary_soc_fg is "0", want Y or N`}},
		{"duplicate LLT code", func(s synthetic) { s.add(lltFile, s[lltFile][4]) }, []string{"llt.asc:7: duplicate llt_code 90000203"}},
		{"duplicate PT code", func(s synthetic) { s.add(ptFile, s[ptFile][0]) }, []string{"pt.asc:4: duplicate pt_code 90000101"}},
		{"duplicate HLT code", func(s synthetic) { s.add(hltFile, s[hltFile][0]) }, []string{"hlt.asc:4: duplicate hlt_code 90000021"}},
		{"duplicate HLGT code", func(s synthetic) { s.add(hlgtFile, s[hlgtFile][0]) }, []string{"hlgt.asc:3: duplicate hlgt_code 90000011"}},
		{"duplicate SOC code", func(s synthetic) { s.add(socFile, s[socFile][0]) }, []string{"soc.asc:3: duplicate soc_code 90000001"}},
		{"duplicate link", func(s synthetic) { s.add(hltPTFile, s[hltPTFile][0]) },
			[]string{"hlt_pt.asc:5: duplicate link 90000021 to 90000101"}},

		// Between files.
		{"orphan PT", func(s synthetic) { s.remove(hierarchyFile, 4) }, []string{"pt.asc:3: orphan PT 90000103: no row in mdhier.asc"}},
		{"PT of an unknown SOC", func(s synthetic) { s.edit(ptFile, 2, "90000001", "90000009") },
			[]string{"pt.asc:2: unknown SOC 90000009 as pt_soc_code of PT 90000102"}},
		{"LLT with unknown PT", func(s synthetic) { s.edit(lltFile, 3, "$90000101$", "$90000109$") },
			[]string{"llt.asc:3: unknown PT 90000109 of LLT 90000201"}},
		{"LLT with a PT's code under another PT", func(s synthetic) { s.edit(lltFile, 2, "$90000102$", "$90000101$") },
			[]string{"llt.asc:2: LLT 90000102 has the code of a PT, but PT 90000101"}},
		{"no primary path", func(s synthetic) { s.edit(hierarchyFile, 3, "$Y$", "$N$") },
			[]string{"pt.asc:2: PT 90000102 has no primary path in mdhier.asc"}},
		{"second primary path", func(s synthetic) {
			s.add(hltPTFile, "90000021$90000102$")
			s.add(hierarchyFile, "90000102$90000021$90000011$90000001$Velvet cough$Glimmering$Glimmers and coughs$Invented organ disorders$Inv$$90000001$Y$")
		}, []string{"mdhier.asc:5: second primary path of PT 90000102, first on line 3"}},
		{"primary path to another SOC than pt_soc_code", func(s synthetic) {
			s.edit(hierarchyFile, 2, "$N$", "$Y$")
			s.edit(hierarchyFile, 3, "$Y$", "$N$")
		}, []string{"mdhier.asc:2: primary path of PT 90000102 leads to SOC 90000002, want its pt_soc_code 90000001"}},
		{"pt_soc_code differs between pt and mdhier", func(s synthetic) { s.edit(hierarchyFile, 4, "$90000002$Y$", "$90000001$Y$") },
			[]string{"mdhier.asc:4: pt_soc_code 90000001 of PT 90000103, want 90000002 as in pt.asc"}},
		{"duplicate path", func(s synthetic) { s.add(hierarchyFile, s[hierarchyFile][1]) },
			[]string{"mdhier.asc:5: duplicate row of PT 90000102"}},
		{"unknown PT in mdhier", func(s synthetic) {
			s.add(hierarchyFile, strings.ReplaceAll(s[hierarchyFile][1], "90000102", "90000109"))
		},
			[]string{"mdhier.asc:5: unknown PT 90000109"}},
		{"unknown HLT in mdhier", func(s synthetic) { s.edit(hierarchyFile, 1, "90000021", "90000029") }, []string{"mdhier.asc:1: unknown HLT 90000029"}},
		{"unknown HLGT in mdhier", func(s synthetic) { s.edit(hierarchyFile, 1, "90000011", "90000019") }, []string{"mdhier.asc:1: unknown HLGT 90000019"}},
		{"unknown SOC in mdhier", func(s synthetic) { s.edit(hierarchyFile, 1, "90000001", "90000009") }, []string{"mdhier.asc:1: unknown SOC 90000009"}},
		{"PT name in mdhier", func(s synthetic) { s.edit(hierarchyFile, 1, "Glimmer ache", "Glimmer") },
			[]string{"mdhier.asc:1: name of PT 90000101 differs from its own file"}},
		{"HLT name in mdhier", func(s synthetic) { s.edit(hierarchyFile, 3, "Coughs", "Cough") },
			[]string{"mdhier.asc:3: name of HLT 90000022 differs from its own file"}},
		{"HLGT name in mdhier", func(s synthetic) { s.edit(hierarchyFile, 4, "Silk conditions", "silk conditions") },
			[]string{"mdhier.asc:4: name of HLGT 90000012 differs from its own file"}},
		{"SOC name in mdhier", func(s synthetic) { s.edit(hierarchyFile, 4, "Imagined", "Real") },
			[]string{"mdhier.asc:4: name of SOC 90000002 differs from its own file"}},
		{"missing HLT-PT link", func(s synthetic) { s.remove(hltPTFile, 3) },
			[]string{"mdhier.asc:2: PT 90000102 is not under HLT 90000023 in hlt_pt.asc"}},
		{"missing HLGT-HLT link", func(s synthetic) { s.remove(hlgtHLTFile, 1) },
			[]string{"mdhier.asc:1: HLT 90000021 is not under HLGT 90000011 in hlgt_hlt.asc"}},
		{"missing SOC-HLGT link", func(s synthetic) { s.remove(socHLGTFile, 1) }, []string{
			"mdhier.asc:1: HLGT 90000011 is not under SOC 90000001 in soc_hlgt.asc",
			"mdhier.asc:3: HLGT 90000011 is not under SOC 90000001 in soc_hlgt.asc",
		}},
		{"link of an unknown parent", func(s synthetic) { s.add(hlgtHLTFile, "90000019$90000021$") }, []string{"hlgt_hlt.asc:4: unknown HLGT 90000019"}},
		{"link of an unknown child", func(s synthetic) { s.add(hltPTFile, "90000021$90000109$") }, []string{"hlt_pt.asc:5: unknown PT 90000109"}},
		{"faults of several files at once", func(s synthetic) {
			s.edit(lltFile, 3, "$90000101$", "$90000109$")
			s.edit(hierarchyFile, 1, "Glimmering", "x")
		}, []string{"llt.asc:3: unknown PT 90000109 of LLT 90000201", "mdhier.asc:1: name of HLT 90000021 differs from its own file"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSynthetic(English)
			tt.plant(s)
			r, err := loadLanguage(s.fs(), "")
			if r != nil {
				t.Error("a faulty release was returned")
			}
			if diff := cmp.Diff(tt.want, problemsOf(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoadNamesTheLineOfAWrongEncoding(t *testing.T) {
	for _, tt := range []struct {
		name     string
		language Language
		plant    func(t *testing.T, files map[string][]byte)
		want     []string
	}{
		{"Latin-1 in an English release", English, func(_ *testing.T, f map[string][]byte) {
			f[lltFile] = bytes.Replace(f[lltFile], []byte("Glimmers"), []byte("Glimm\xe9rs"), 1)
		}, []string{"llt.asc:5: wrong encoding: byte 0xE9 at byte 15 is not UTF-8"}},
		{"GB18030 in an English release", English, func(t *testing.T, f map[string][]byte) {
			f[hltFile] = bytes.Replace(f[hltFile], []byte("Coughs"), gb(t, []byte("咳类")), 1)
		}, []string{"hlt.asc:2: wrong encoding: byte 0xBF at byte 10 is not UTF-8"}},
		{"one damaged line of a UTF-8 Chinese file", Chinese, func(_ *testing.T, f map[string][]byte) {
			f[lltFile] = bytes.Replace(f[lltFile], []byte("绒样咳"), []byte("绒样\xe5\x92"), 1)
		}, []string{"llt.asc:4: wrong encoding: byte 0xE5 at byte 16 is not UTF-8, nor is the file GB18030"}},
		{"one damaged line of a GB18030 file", Chinese, func(t *testing.T, f map[string][]byte) {
			f[lltFile] = bytes.Replace(gb(t, f[lltFile]), gb(t, []byte("绒样咳")), []byte("\xc8\xde\xff\xff"), 1)
		}, []string{"llt.asc:4: wrong encoding: neither UTF-8 nor GB18030"}},
		{"half a GB18030 character before the separator", Chinese, func(t *testing.T, f map[string][]byte) {
			f[lltFile] = bytes.Replace(gb(t, f[lltFile]), gb(t, []byte("绒样咳")), []byte("\xc8\xde\xbf"), 1)
		}, []string{"llt.asc:4: wrong encoding: neither UTF-8 nor GB18030"}},
		{"UTF-16", Chinese, func(_ *testing.T, f map[string][]byte) {
			f[socFile] = []byte("\xff\xfe9\x000\x00")
		}, []string{"soc.asc:1: file is UTF-16, want UTF-8 or GB18030"}},
		{"NUL", English, func(_ *testing.T, f map[string][]byte) {
			f[ptFile] = bytes.Replace(f[ptFile], []byte("Velvet"), []byte("Vel\x00et"), 1)
		}, []string{"pt.asc:2: control character U+0000 at byte 13"}},
		{"tab", English, func(_ *testing.T, f map[string][]byte) {
			f[ptFile] = bytes.Replace(f[ptFile], []byte("Velvet "), []byte("Velvet\t"), 1)
		}, []string{"pt.asc:2: control character U+0009 at byte 16"}},
		{"C1 control", English, func(_ *testing.T, f map[string][]byte) {
			f[ptFile] = bytes.Replace(f[ptFile], []byte("Velvet "), []byte("Velvet\u0085"), 1)
		}, []string{"pt.asc:2: character U+0085 at byte 16, left by a faulty conversion"}},
		{"replacement character", Chinese, func(_ *testing.T, f map[string][]byte) {
			f[ptFile] = bytes.Replace(f[ptFile], []byte("绒"), []byte("\ufffd"), 1)
		}, []string{"pt.asc:2: character U+FFFD at byte 10, left by a faulty conversion"}},
		{"lone carriage returns", English, func(_ *testing.T, f map[string][]byte) {
			f[socHLGTFile] = bytes.ReplaceAll(f[socHLGTFile], []byte("\n"), []byte("\r"))
		}, []string{"soc_hlgt.asc:1: control character U+000D at byte 19"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := newSynthetic(tt.language).render("\n")
			tt.plant(t, files)
			_, err := loadLanguage(mapFS(files), "")
			if diff := cmp.Diff(tt.want, problemsOf(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestLoadWarnsOfWhatCannotMiscode: with these deviations every LLT still leads to one PT
// and one primary path.
func TestLoadWarnsOfWhatCannotMiscode(t *testing.T) {
	for _, tt := range []struct {
		name  string
		plant func(s synthetic)
		want  []string
	}{
		{"PT without an LLT of its code", func(s synthetic) { s.remove(lltFile, 1) }, []string{"pt.asc:1: PT 90000101 has no LLT of its own code"}},
		{"PT and its LLT differ in name", func(s synthetic) { s.edit(lltFile, 1, "Glimmer ache", "Glimmer aches") },
			[]string{"pt.asc:1: PT 90000101 and the LLT of its code have different names"}},
		{"PT's own LLT not current", func(s synthetic) { s.edit(lltFile, 1, "$Y$", "$N$") },
			[]string{"pt.asc:1: the LLT of PT 90000101's own code is not current"}},
		{"space around a name", func(s synthetic) { s.edit(lltFile, 5, "Glimmers", "Glimmers ") }, []string{"llt.asc:5: llt_name has space around it"}},
		{"no SOC abbreviation", func(s synthetic) {
			s.edit(socFile, 2, "Imag$", "$")
			s.edit(hierarchyFile, 2, "$Imag$", "$$")
			s.edit(hierarchyFile, 4, "$Imag$", "$$")
		}, []string{"soc.asc:2: soc_abbrev is empty"}},
		{"another abbreviation in mdhier", func(s synthetic) { s.edit(hierarchyFile, 4, "$Imag$", "$Im$") },
			[]string{"mdhier.asc:4: soc_abbrev of SOC 90000002 differs from its own file"}},
		{"two paths to one SOC", func(s synthetic) {
			s.add(hltPTFile, "90000021$90000102$")
			s.add(hierarchyFile, "90000102$90000021$90000011$90000001$Velvet cough$Glimmering$Glimmers and coughs$Invented organ disorders$Inv$$90000001$N$")
		}, []string{"pt.asc:2: PT 90000102 has two paths to SOC 90000001"}},
		{"link that no path takes", func(s synthetic) { s.add(hltPTFile, "90000022$90000101$") },
			[]string{"hlt_pt.asc:5: no row of mdhier.asc links 90000022 to 90000101"}},
		{"HLT without a PT", func(s synthetic) { s.add(hltFile, "90000029$Nothing$$$$$$$$") }, []string{"hlt.asc:4: no PT is under HLT 90000029"}},
		{"one code on two levels", func(s synthetic) { s.add(lltFile, "90000011$Glimmers and coughs$90000101$$$$$$$Y$$") },
			[]string{"hlgt.asc:1: HLGT 90000011 has the code of a term on level LLT"}},
		{"optional files", func(s synthetic) {
			s.add(intlOrdFile, "3$90000009$", "4$x$", "5")
			s[smqListFile] = []string{
				"99000001$Silks (SMQ)$1$A long\tdescription$Source$Note$99.1$A$N$",
				"99000001$Silks (SMQ)$1$$$$99.1$A$N$",
				"99000003$$1$$$$99.1$A$N$",
				"7$Short$1$$$$99.1$A$N$",
			}
			s[smqContentFile] = []string{
				"99000001$90000101$4$2$A$0$A$99.1$99.1$", "99000001$90000203$5$2$A$0$A$99.1$99.1$", "99000001$99000001$0$2$A$0$A$99.1$99.1$",
				"99000002$90000101$4$2$A$0$A$99.1$99.1$", "99000001$90000203$4$2$A$0$A$99.1$99.1$",
				"99000001$90000203$3$2$A$0$A$99.1$99.1$", "99000001$$5$2$A$0$A$99.1$99.1$",
			}
		}, []string{
			"intl_ord.asc:3: unknown SOC 90000009",
			`intl_ord.asc:4: soc_code "x" is not an 8-digit code`,
			"intl_ord.asc:5: line does not end with $ (cut off?) after 0 of 2 columns",
			"smq_content.asc:3: SMQ 99000001 is its own child",
			"smq_content.asc:4: unknown SMQ 99000002",
			"smq_content.asc:5: unknown PT 90000203",
			`smq_content.asc:6: term_level is "3", want 0, 4 or 5`,
			`smq_content.asc:7: term_code "" is not an 8-digit code`,
			"smq_list.asc:2: duplicate smq_code 99000001",
			"smq_list.asc:3: smq_name is empty",
			`smq_list.asc:4: smq_code "7" is not an 8-digit code`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSynthetic(English)
			tt.plant(s)
			r := mustLoad(t, s.fs())
			if diff := cmp.Diff(tt.want, texts(r.Warnings())); diff != "" || r.WarningCount() != len(tt.want) {
				t.Errorf("%d warnings: %s", r.WarningCount(), diff)
			}
		})
	}
}

func TestLoadCutsSpaceOffNames(t *testing.T) {
	s := newSynthetic(English)
	s.edit(lltFile, 5, "Glimmers", "  Glimmers ")
	if llt, _ := mustLoad(t, s.fs()).LLT(90000203); llt.Name != "Glimmers" {
		t.Errorf("name is %q", llt.Name)
	}
}

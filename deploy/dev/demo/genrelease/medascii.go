package main

import (
	"bytes"
	"strconv"
)

// version is the label of the release, in its folder and in meddra_release.asc.
const version = "ctcae-5.0"

// Codes of the placeholders stand in a range that MedDRA does not use: SOC n, from
// 1, has the HLT hltBase+n and the HLGT hlgtBase+n.
const (
	hltBase  = 91_000_000
	hlgtBase = 92_000_000
)

// language is one edition of the release.
type language struct {
	code  string // of the folder
	label string // in meddra_release.asc
	// Suffixes of a SOC's name that make the names of its placeholders.
	hltSuffix, hlgtSuffix string
}

var languages = []language{
	{code: "en", label: "English", hltSuffix: " (placeholder HLT)", hlgtSuffix: " (placeholder HLGT)"},
	{code: "zh", label: "Chinese", hltSuffix: "（占位HLT）", hlgtSuffix: "（占位HLGT）"},
}

// medAscii returns the files of one language by name. Their columns are those of
// MedDRA's distribution format; columns that the format keeps for other
// dictionaries are empty, as in a release of today. Each term is its own PT and a
// current LLT; its one path, through the placeholders of its SOC, is primary.
func medAscii(t table, l language) map[string][]byte {
	var release, llt, pt, hlt, hlgt, socs, hltPT, hlgtHLT, socHLGT, mdhier, order asc

	release.line(version, l.label, "", "", "")
	for i, s := range t.socs {
		hltCode, hlgtCode := strconv.Itoa(hltBase+i+1), strconv.Itoa(hlgtBase+i+1)
		name := s.name[l.code]
		hlt.line(hltCode, name+l.hltSuffix, "", "", "", "", "", "", "")
		hlgt.line(hlgtCode, name+l.hlgtSuffix, "", "", "", "", "", "", "")
		socs.line(s.code, name, s.abbrev, "", "", "", "", "", "", "")
		hlgtHLT.line(hlgtCode, hltCode)
		socHLGT.line(s.code, hlgtCode)
		order.line(strconv.Itoa(i+1), s.code)
	}
	for _, term := range t.terms {
		s := t.socs[term.soc]
		hltCode, hlgtCode := strconv.Itoa(hltBase+term.soc+1), strconv.Itoa(hlgtBase+term.soc+1)
		name, socName := term.name[l.code], s.name[l.code]
		llt.line(term.code, name, term.code, "", "", "", "", "", "", "Y", "")
		pt.line(term.code, name, "", s.code, "", "", "", "", "", "", "")
		hltPT.line(hltCode, term.code)
		mdhier.line(term.code, hltCode, hlgtCode, s.code,
			name, socName+l.hltSuffix, socName+l.hlgtSuffix, socName, s.abbrev, "", s.code, "Y")
	}
	return map[string][]byte{
		"meddra_release.asc": release.Bytes(),
		"llt.asc":            llt.Bytes(),
		"pt.asc":             pt.Bytes(),
		"hlt.asc":            hlt.Bytes(),
		"hlgt.asc":           hlgt.Bytes(),
		"soc.asc":            socs.Bytes(),
		"hlt_pt.asc":         hltPT.Bytes(),
		"hlgt_hlt.asc":       hlgtHLT.Bytes(),
		"soc_hlgt.asc":       socHLGT.Bytes(),
		"mdhier.asc":         mdhier.Bytes(),
		"intl_ord.asc":       order.Bytes(),
	}
}

// asc is a file of the release.
type asc struct{ bytes.Buffer }

// line adds a line: every column, the last too, is followed by a $.
func (a *asc) line(columns ...string) {
	for _, c := range columns {
		a.WriteString(c)
		a.WriteByte('$')
	}
	a.WriteByte('\n')
}

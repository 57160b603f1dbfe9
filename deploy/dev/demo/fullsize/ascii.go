package fullsize

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Files gives the files of one language by name, with the columns of MedDRA's
// distribution format. Columns that the format keeps for other dictionaries are
// empty, as in a release of today.
func (r *Release) Files(language string) map[string][]byte {
	files := make(map[string][]byte)
	label := "English"
	if language == Chinese {
		label = "Chinese"
	}
	var release asc
	release.line(r.Version, label, "", "", "")
	files["meddra_release.asc"] = release.Bytes()
	r.groupFiles(files, language)
	r.termFiles(files, language)
	r.smqFiles(files, language)
	return files
}

// Write writes both languages as dir/en/MedAscii and dir/zh/MedAscii.
func (r *Release) Write(dir string) error {
	for _, language := range []string{English, Chinese} {
		to := filepath.Join(dir, language, "MedAscii")
		if err := os.MkdirAll(to, 0o755); err != nil {
			return fmt.Errorf("make the folder of the %s release: %w", language, err)
		}
		for file, content := range r.Files(language) {
			if err := os.WriteFile(filepath.Join(to, file), content, 0o644); err != nil {
				return fmt.Errorf("write the %s release: %w", language, err)
			}
		}
	}
	return nil
}

func (r *Release) groupFiles(files map[string][]byte, language string) {
	var socs, order, hlgts, hlts, socHLGT, hlgtHLT asc
	for i, s := range r.socs {
		code := strconv.Itoa(socBase + i)
		socs.line(code, s.in(language), s.abbrev, "", "", "", "", "", "", "")
		order.line(strconv.Itoa(i+1), code)
	}
	for _, g := range r.hlgts {
		code := strconv.Itoa(g.code)
		hlgts.line(code, g.in(language), "", "", "", "", "", "", "")
		socHLGT.line(strconv.Itoa(socBase+g.above), code)
	}
	for _, g := range r.hlts {
		code := strconv.Itoa(g.code)
		hlts.line(code, g.in(language), "", "", "", "", "", "", "")
		hlgtHLT.line(strconv.Itoa(r.hlgts[g.above].code), code)
	}
	files["soc.asc"], files["intl_ord.asc"] = socs.Bytes(), order.Bytes()
	files["hlgt.asc"], files["hlt.asc"] = hlgts.Bytes(), hlts.Bytes()
	files["soc_hlgt.asc"], files["hlgt_hlt.asc"] = socHLGT.Bytes(), hlgtHLT.Bytes()
}

func (s soc) in(language string) string {
	if language == Chinese {
		return s.zh[0]
	}
	return s.en[0]
}

func (r *Release) termFiles(files map[string][]byte, language string) {
	var llts, pts, hltPT, mdhier asc
	for _, l := range r.llts {
		currency := "N"
		if l.current {
			currency = "Y"
		}
		llts.line(strconv.Itoa(l.code), l.in(language), strconv.Itoa(r.pts[l.pt].code), "", "", "", "", "", "", currency, "")
	}
	var links [][2]int
	for _, p := range r.pts {
		code := strconv.Itoa(p.code)
		primary := strconv.Itoa(socBase + r.hlgts[r.hlts[p.hlts[0]].above].above)
		pts.line(code, p.in(language), "", primary, "", "", "", "", "", "", "")
		for i, at := range p.hlts {
			hlt := r.hlts[at]
			hlgt := r.hlgts[hlt.above]
			flag := "N"
			if i == 0 {
				flag = "Y"
			}
			mdhier.line(code, strconv.Itoa(hlt.code), strconv.Itoa(hlgt.code), strconv.Itoa(socBase+hlgt.above),
				p.in(language), hlt.in(language), hlgt.in(language), r.socs[hlgt.above].in(language), r.socs[hlgt.above].abbrev,
				"", primary, flag)
			links = append(links, [2]int{hlt.code, p.code})
		}
	}
	slices.SortFunc(links, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, l := range links {
		hltPT.line(strconv.Itoa(l[0]), strconv.Itoa(l[1]))
	}
	files["llt.asc"], files["pt.asc"], files["hlt_pt.asc"], files["mdhier.asc"] = llts.Bytes(), pts.Bytes(), hltPT.Bytes(), mdhier.Bytes()
}

func (r *Release) smqFiles(files map[string][]byte, language string) {
	var list, content asc
	byPT := make([][]int, len(r.pts)) // codes of LLTs other than the PT's own
	for _, l := range r.llts {
		if l.code != r.pts[l.pt].code {
			byPT[l.pt] = append(byPT[l.pt], l.code)
		}
	}
	below := make(map[int]bool)
	for _, q := range r.smqs {
		for _, child := range q.children {
			below[child] = true
		}
	}
	for i, q := range r.smqs {
		code, level, algorithm := strconv.Itoa(q.code), "1", "N"
		if below[i] {
			level = "2"
		}
		if i == 1 {
			algorithm = "A or (B and C)"
		}
		list.line(code, q.in(language), level, "A composed query, for tests.", "", "", r.Version, "A", algorithm)
		for _, child := range q.children {
			content.line(code, strconv.Itoa(r.smqs[child].code), "0", "0", "S", "0", "A", r.Version, r.Version)
		}
		for j, p := range q.pts {
			scope, category := "2", "ABC"[j%3:j%3+1]
			if len(r.pts[p].concept.slots) > 4 { // with a qualifier
				scope = "1"
			}
			content.line(code, strconv.Itoa(r.pts[p].code), "4", scope, category, "0", "A", r.Version, r.Version)
			for _, l := range byPT[p] {
				content.line(code, strconv.Itoa(l), "5", scope, category, "0", "A", r.Version, r.Version)
			}
		}
	}
	files["smq_list.asc"], files["smq_content.asc"] = list.Bytes(), content.Bytes()
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

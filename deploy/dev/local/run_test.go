package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var codingColumns = []string{
	"AELLT", "AELLTCD", "AEDECOD", "AEPTCD", "AEHLT", "AEHLTCD", "AEHLGT", "AEHLGTCD", "AEBODSYS", "AEBDSYCD", "AESOC", "AESOCCD",
}

// records reads a CSV file: its header, and its rows by column name.
func records(t *testing.T, path string) (header []string, rows []map[string]string) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, cells := range all[1:] {
		row := make(map[string]string, len(cells))
		for i, cell := range cells {
			row[all[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return all[0], rows
}

func TestRunCodesTheSampleAndLeavesNoProcessAndNoVerbatimBehind(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	got := launch(t, out, demo(t, demoReports), "USUBJID,AESEQ", demo(t, demoRelease), demo(t, demoSynonyms))
	if got.code != 0 {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	got.leavesNothingRunning(t)

	shown := readTable(t, got.stdout)
	n := shown.counts
	if shown.state != "COMPLETED" || !shown.elapsed || !shown.hasRate || shown.dictionary != "ctcae-5.0" {
		t.Errorf("the table lacks something:\n%s", shown.whole)
	}
	if n["read"] != 596 || n["read"] != n["coded"]+n["review"] || n["left"] != 0 || n["coded"] == 0 {
		t.Errorf("596 reports are %d read = %d coded + %d review + %d left", n["read"], n["coded"], n["review"], n["left"])
	}
	if by := n["exact"] + n["folded"] + n["sponsor_synonym"] + n["study_synonym"]; by != n["coded"] {
		t.Errorf("%d coded by method, %d in all:\n%s", by, n["coded"], shown.whole)
	}

	source, input := records(t, demo(t, demoReports))
	header, coded := records(t, filepath.Join(out, "ae_coded.csv"))
	if diff := cmp.Diff(slices.Concat(source, codingColumns), header); diff != "" {
		t.Errorf("columns of ae_coded.csv: %s", diff)
	}
	if len(coded) != len(input) || len(input) != 596 {
		t.Fatalf("%d rows went in, %d came out", len(input), len(coded))
	}
	withCode := 0
	for i, row := range coded {
		for _, name := range source {
			if row[name] != input[i][name] {
				t.Errorf("row %d, %s: %q became %q", i+1, name, input[i][name], row[name])
			}
		}
		filled := 0
		for _, name := range codingColumns {
			if row[name] != "" {
				filled++
			}
		}
		switch filled {
		case 0:
		case len(codingColumns):
			withCode++
		default:
			t.Errorf("row %d is half coded: %v", i+1, row)
		}
	}
	if withCode != n["coded"] {
		t.Errorf("%d rows have codes, the table says %d", withCode, n["coded"])
	}

	_, review := records(t, filepath.Join(out, "ae_review.csv"))
	if len(review) != n["review"] {
		t.Errorf("%d rows to review, the table says %d", len(review), n["review"])
	}
	suggested, calm := 0, false
	for _, row := range review {
		if row["CAND1_LLT"] != "" && row["CAND1_LLTCD"] != "" && row["CAND1_SCORE"] != "" && row["CAND1_REASON"] != "" {
			suggested++
		}
		if row["AESER"] == "Y" && calm {
			t.Errorf("%s is serious and stands behind one that is not", row["RECORDID"])
		}
		calm = calm || row["AESER"] != "Y"
	}
	if suggested == 0 {
		t.Error("no row to review has a candidate")
	}

	showsNone(t, filepath.Join(out, "log"), verbatims(input))
}

// verbatims gives those that stand in no log by chance: of several words.
func verbatims(rows []map[string]string) []string {
	var out []string
	for _, row := range rows {
		if v := strings.ToLower(row["AETERM"]); strings.Contains(v, " ") && len(v) > 10 {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// showsNone holds that no file of a folder holds one of the words.
func showsNone(t *testing.T, folder string, words []string) {
	t.Helper()
	if len(words) == 0 {
		t.Fatal("nothing to look for")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("logs in %s: %v, %v", folder, files, err)
	}
	for _, path := range files {
		text := strings.ToLower(readFile(t, path))
		if text == "" {
			t.Errorf("%s is empty", path)
		}
		for _, word := range words {
			if i := strings.Index(text, word); i >= 0 {
				t.Errorf("%s shows the verbatim %q: ...%s", filepath.Base(path), word, text[max(0, i-80):min(len(text), i+80)])
			}
		}
	}
}

func TestASecondRunCodesNothingTwiceAndOnlyWhatIsNewOrChanged(t *testing.T) {
	t.Parallel()
	out, release, synonyms := t.TempDir(), demo(t, demoRelease), demo(t, demoSynonyms)
	run := func(ae string) launched {
		t.Helper()
		got := launch(t, out, ae, "USUBJID,AESEQ", release, synonyms)
		if got.code != 0 {
			t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
		}
		return got
	}
	codings := func() int {
		t.Helper()
		return count(t, database(t, out), "SELECT count(*) FROM codings")
	}
	exported := func() string { t.Helper(); return readFile(t, filepath.Join(out, "ae_coded.csv")) }

	first := readTable(t, run(demo(t, demoReports)).stdout)
	if got := codings(); got != first.counts["coded"] {
		t.Fatalf("%d codings for %d coded reports", got, first.counts["coded"])
	}
	before := exported()

	again := run(demo(t, demoReports))
	if !strings.Contains(again.stdout, "596 rows = 0 new + 596 unchanged + 0 changed + 0 held + 0 unreadable") {
		t.Errorf("the same file again is not unchanged:\n%s", again.stdout)
	}
	if got := codings(); got != first.counts["coded"] {
		t.Errorf("a second run left %d codings, want still %d", got, first.counts["coded"])
	}
	if after := exported(); after != before {
		t.Error("a run that changes nothing changed ae_coded.csv")
	}

	// One changed in place, one repeated, one new, both with a wording that codes.
	lines := strings.SplitAfter(strings.TrimSuffix(readFile(t, demo(t, demoReports)), "\n")+"\n", "\n")
	cells := strings.Split(lines[5], ",")
	changed := "Vomiting"
	if strings.EqualFold(cells[3], changed) {
		changed = "Dizziness"
	}
	cells[3] = changed
	lines[5] = strings.Join(cells, ",")
	fresh := strings.Split(lines[1], ",")
	fresh[1], fresh[2], fresh[3] = "NEW001", "1", "Headache"
	more := writeFile(t, filepath.Join(t.TempDir(), "more.csv"), strings.Join(lines, "")+lines[1]+strings.Join(fresh, ","))

	third := run(more)
	if !strings.Contains(third.stdout, "598 rows = 1 new + 596 unchanged + 1 changed + 0 held + 0 unreadable") {
		t.Errorf("account of one new, one changed, one repeated:\n%s%s", third.stdout, third.stderr)
	}
	shown := readTable(t, third.stdout)
	if shown.counts["read"] != 2 || shown.counts["coded"] != 2 {
		t.Errorf("the table says %d read, %d coded, want 2 and 2", shown.counts["read"], shown.counts["coded"])
	}
	if got := codings(); got != first.counts["coded"]+2 {
		t.Errorf("%d codings, want exactly two more than %d", got, first.counts["coded"])
	}
}

// otherRelease copies the demo's English release under another label, with one
// term renamed.
func otherRelease(t *testing.T, label string) string {
	t.Helper()
	from := demo(t, demoRelease+"/en/MedAscii")
	to := filepath.Join(t.TempDir(), label)
	files, err := filepath.Glob(filepath.Join(from, "*.asc"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, path := range files {
		text := readFile(t, path)
		if filepath.Base(path) == "meddra_release.asc" {
			_, rest, _ := strings.Cut(text, "$")
			text = label + "$" + rest
		}
		writeFile(t, filepath.Join(to, "en", "MedAscii", filepath.Base(path)), strings.ReplaceAll(text, "$Headache$", "$Zephyrous ache$"))
	}
	return to
}

func TestRunTakesOtherReportsWithTheirIDColumnsAndAnotherRelease(t *testing.T) {
	t.Parallel()
	release := otherRelease(t, "99.9")
	csvFile := writeFile(t, filepath.Join(t.TempDir(), "other.csv"), "STUDYID,AESPID,AETERM,SITE\nS-1,a1,zephyrous  ACHE,Nord\nS-1,a2,Headache,Süd\n")
	ndjson := writeFile(t, filepath.Join(t.TempDir(), "other.ndjson"),
		`{"STUDYID":"S-2","PATIENT":"p1","NO":7,"AETERM":"Zephyrous ache"}`+"\n")
	for _, tc := range []struct {
		name, ae, id, release string
		read, coded           int
		row                   map[string]string
	}{
		{"CSV by AESPID, a version folder", csvFile, "AESPID", release, 2, 1,
			map[string]string{"AESPID": "a1", "AELLT": "Zephyrous ache", "SITE": "Nord"}},
		{"NDJSON by two columns, one language's folder", ndjson, "PATIENT,NO", filepath.Join(release, "en", "MedAscii"), 1, 1,
			map[string]string{"PATIENT": "p1", "NO": "7", "AELLT": "Zephyrous ache"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			got := launch(t, out, tc.ae, tc.id, tc.release, "")
			if got.code != 0 {
				t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			shown := readTable(t, got.stdout)
			if shown.dictionary != "99.9" || shown.counts["read"] != tc.read || shown.counts["coded"] != tc.coded {
				t.Errorf("want %d read, %d coded by 99.9:\n%s", tc.read, tc.coded, shown.whole)
			}
			_, rows := records(t, filepath.Join(out, "ae_coded.csv"))
			for name, want := range tc.row {
				if rows[0][name] != want {
					t.Errorf("%s = %q, want %q", name, rows[0][name], want)
				}
			}
			got.leavesNothingRunning(t)
		})
	}
}

func TestRunSaysWhatIsWrongWithItsInputAndLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	file := func(name, content string) string { return writeFile(t, filepath.Join(t.TempDir(), name), content) }
	sample, release := demo(t, demoReports), demo(t, demoRelease)
	// Faulty releases: one file missing, a short line, an orphan code.
	broken := func(change func(folder string)) string {
		to := otherRelease(t, "99.9")
		change(filepath.Join(to, "en", "MedAscii"))
		return to
	}
	noPT := broken(func(folder string) {
		if err := os.Remove(filepath.Join(folder, "pt.asc")); err != nil {
			t.Fatal(err)
		}
	})
	short := broken(func(folder string) {
		path := filepath.Join(folder, "llt.asc")
		writeFile(t, path, readFile(t, path)+"10999999$Nothing$\n")
	})
	orphan := broken(func(folder string) {
		path := filepath.Join(folder, "llt.asc")
		writeFile(t, path, readFile(t, path)+"10999999$Nothing$10999998$$$$$$$Y$$\n")
	})
	encoding := broken(func(folder string) {
		path := filepath.Join(folder, "llt.asc")
		writeFile(t, path, strings.Replace(readFile(t, path), "Zephyrous ache", "Zephyrous \xe4che", 1))
	})
	synonymOfSOC := "verbatim,language,llt_code,scope,approved_by,approved_at\nmy head,en,10029205,sponsor,x,2026-01-01T00:00:00Z\n"

	for _, tc := range []struct {
		name, ae, id, release, synonyms string
		want                            []string
	}{
		{"unknown file", "nowhere/ae.csv", "AESPID", release, "", []string{"nowhere/ae.csv"}},
		{"a folder in place of a file", file("x/ae.csv", "") + "/..", "AESPID", release, "", []string{"format"}},
		{"columns that are not there", sample, "AESPID", release, "", []string{"AESPID", "--id"}},
		{"no header", file("ae.csv", "S-1,a1,Zephyrous headbang\n"), "AESPID", release, "", []string{"AESPID"}},
		{"an empty file", file("empty.csv", ""), "AESPID", release, "", []string{"empty"}},
		{"a spreadsheet", file("ae.xlsx", "PK\x03\x04"), "AESPID", release, "", []string{"CSV"}},
		{"a spreadsheet by another name", file("zip.csv", "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00"), "AESPID", release, "", []string{"zip.csv"}},
		{"unknown release folder", sample, "USUBJID,AESEQ", "/nowhere/29.1", "", []string{"/nowhere/29.1"}},
		{"release without a file", sample, "USUBJID,AESEQ", noPT, "", []string{"pt.asc"}},
		{"release with a short line", sample, "USUBJID,AESEQ", short, "", []string{"llt.asc:"}},
		{"release with an orphan code", sample, "USUBJID,AESEQ", orphan, "", []string{"llt.asc:", "10999998"}},
		{"release in another encoding", sample, "USUBJID,AESEQ", encoding, "", []string{"llt.asc:"}},
		{"unknown synonym list", sample, "USUBJID,AESEQ", release, "/nowhere/synonyms.csv", []string{"/nowhere/synonyms.csv"}},
		{"synonym that leads to another level", sample, "USUBJID,AESEQ", release, file("synonyms.csv", synonymOfSOC), []string{"synonyms.csv", "10029205"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := launch(t, t.TempDir(), tc.ae, tc.id, tc.release, tc.synonyms)
			if got.code == 0 {
				t.Errorf("exit code 0\n%s%s", got.stdout, got.stderr)
			}
			for _, want := range tc.want {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("standard error does not say %q:\n%s", want, got.stderr)
				}
			}
			if strings.Contains(got.stderr, "headbang") {
				t.Errorf("standard error quotes a verbatim:\n%s", got.stderr)
			}
			got.leavesNothingRunning(t)
		})
	}
}

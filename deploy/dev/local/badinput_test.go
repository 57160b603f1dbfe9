package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
)

// badRow is a verbatim that a file may hold, and what becomes of it.
type badRow struct {
	id, verbatim, language string
	status                 datasync.ReportStatus
	// reason of the review; empty: any.
	reason string
	// exported is AETERM of ae_coded.csv; empty: as it came.
	exported string
}

const (
	coded  = datasync.ReportStatus_CODED
	review = datasync.ReportStatus_REVIEW
)

var badRows = []badRow{
	{id: "plain", verbatim: "Headache", status: coded},
	{id: "empty", verbatim: "", status: review, reason: "EMPTY"},
	{id: "blank", verbatim: "   ", status: review, reason: "EMPTY"},
	{id: "thousand", verbatim: strings.Repeat("q", 1000), status: review, reason: "NOTHING_NEAR"},
	{id: "thousand-and-one", verbatim: strings.Repeat("é", 1001), status: review, reason: "TOO_LONG"},
	{id: "bell", verbatim: "Head\aache", status: review, reason: "CONTROL_CHARACTER"},
	{id: "two-lines", verbatim: "Headache\nNausea", status: review, reason: "NEWLINE"},
	{id: "emoji", verbatim: "Terrible 🤯 day", status: review},
	{id: "han", verbatim: "𬌗痛得很", status: review},
	{id: "quotes", verbatim: `said "it 'hurts'", twice`, status: review},
	{id: "formula", verbatim: `=HYPERLINK("http://x","y")`, status: review, exported: `'=HYPERLINK("http://x","y")`},
	{id: "plus", verbatim: "+1+cmd|' /C calc'!A0", status: review, exported: "'+1+cmd|' /C calc'!A0"},
	{id: "minus", verbatim: "-2+3", status: review, exported: "'-2+3"},
	{id: "at", verbatim: "@SUM(1,1)", status: review, exported: "'@SUM(1,1)"},
	{id: "sql", verbatim: "'); DROP TABLE reports; --", status: review},
	{id: "klingon", verbatim: "Headache", language: "tlh", status: review, reason: "UNSUPPORTED_LANGUAGE"},
	{id: "no-language", verbatim: "Headache", language: "?!", status: review, reason: "UNSUPPORTED_LANGUAGE"},
	{id: "kana", verbatim: "あたまがいたい", status: review},
}

// Rows that share an identity, and one whose bytes are no UTF-8.
const invalidBytes = "Kopf\xfcschmerz"

func badCSV() string {
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	var b strings.Builder
	b.WriteString("STUDYID,AESPID,AETERM,LANG\n")
	for _, r := range badRows {
		fmt.Fprintf(&b, "BAD,%s,%s,%s\n", r.id, quote(r.verbatim), r.language)
	}
	fmt.Fprintf(&b, "BAD,latin,%s,\n", invalidBytes)
	b.WriteString("BAD,twice,Nausea,\nBAD,twice,Vomiting,\nBAD,repeated,Nausea,\nBAD,repeated,Nausea,\n")
	b.WriteString("BAD,,Nausea,\nBAD,few\nBAD,many,Nausea,en,surplus\n")
	b.WriteString(`BAD,cut,"Naus`) // the file ends here
	return b.String()
}

func badNDJSON(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, r := range badRows {
		line, err := json.Marshal(map[string]string{"STUDYID": "BAD", "AESPID": r.id, "AETERM": r.verbatim, "LANG": r.language})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	row := func(id, verbatim string) {
		fmt.Fprintf(&b, `{"STUDYID":"BAD","AESPID":%q,"AETERM":"%s"}`+"\n", id, verbatim)
	}
	row("latin", invalidBytes)
	row("twice", "Nausea")
	row("twice", "Vomiting")
	row("repeated", "Nausea")
	row("repeated", "Nausea")
	row("", "Nausea")
	b.WriteString(`{"STUDYID":"BAD","AESPID":"nested","AETERM":{"en":"Nausea"}}` + "\n")
	b.WriteString("[1, 2]\n")
	b.WriteString(`{"STUDYID":"BAD","AESPID":"cut","AETERM":"Naus`)
	return b.String()
}

func TestEveryBadRowIsAccountedForAndNoneHindersAnother(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, file, content string
		unreadable          []string
	}{
		{"CSV", "bad.csv", badCSV(), []string{"NO_IDENTITY", "FIELD_COUNT", "FIELD_COUNT", "QUOTE"}},
		{"NDJSON", "bad.ndjson", badNDJSON(t), []string{"NO_IDENTITY", "JSON_NESTED", "JSON_SYNTAX", "JSON_SYNTAX"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := begun(t, nil)
			file := writeFile(t, filepath.Join(t.TempDir(), tc.file), tc.content)

			// Held: six of the list, the Latin-1 one, both of "twice".
			got := s.mustSyncctl(t, "import", file)
			rows := len(badRows) + 5 + 4
			want := fmt.Sprintf("%d rows = %d new + 1 unchanged + 0 changed + 8 held + 4 unreadable", rows, rows-1-8-4)
			if !strings.Contains(got.stdout, want) {
				t.Errorf("account: %swant %s", got.stdout, want)
			}
			for _, want := range append([]string{"EMPTY", "TOO_LONG", "INVALID_UTF8", "CONTROL_CHARACTER", "NEWLINE", "DUPLICATE_IDENTITY",
				"LANGUAGE_UNKNOWN", "may have been cut"}, tc.unreadable...) {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("import does not tell %s:\n%s", want, got.stderr)
				}
			}

			// The same file again.
			got = s.mustSyncctl(t, "import", file)
			want = fmt.Sprintf("%d rows = 0 new + %d unchanged + 0 changed + 0 held + 4 unreadable", rows, rows-4)
			if !strings.Contains(got.stdout, want) {
				t.Errorf("the same file again: %swant %s", got.stdout, want)
			}

			s.mustSyncctl(t, "run", "--wait")
			s.badRowsStand(t)
			s.badRowsGoOut(t, tc.unreadable)
			s.aChangedVerbatimIsCodedAgain(t)
		})
	}
}

// badRowsStand compares what the store holds after a run.
func (s *system) badRowsStand(t *testing.T) {
	t.Helper()
	page, err := s.dataSync(t).ListReports(soon(t), &datasync.ListReportsReq{PageSize: 500})
	if err != nil {
		t.Fatal(err)
	}
	byID := make(map[string][]*datasync.Report)
	for _, r := range page.GetReports() {
		byID[r.GetIdentity().GetRecordId()] = append(byID[r.GetIdentity().GetRecordId()], r)
	}
	for _, row := range badRows {
		stored := byID[row.id]
		if len(stored) != 1 {
			t.Errorf("%s: %d reports, want 1", row.id, len(stored))
			continue
		}
		r := stored[0]
		if r.GetVerbatim() != strings.TrimSpace(row.verbatim) {
			t.Errorf("%s: the verbatim changed on its way: %q", row.id, r.GetVerbatim())
		}
		if r.GetStatus() != row.status || row.reason != "" && r.GetReviewReason() != row.reason {
			t.Errorf("%s: %v %s, want %v %s", row.id, r.GetStatus(), r.GetReviewReason(), row.status, row.reason)
		}
	}
	if r := byID["latin"]; len(r) != 1 || r[0].GetReviewReason() != "INVALID_UTF8" {
		t.Errorf("invalid UTF-8: %v", r)
	}
	if r := byID["twice"]; len(r) != 2 || r[0].GetReviewReason() != "DUPLICATE_IDENTITY" || r[1].GetReviewReason() != "DUPLICATE_IDENTITY" {
		t.Errorf("one identity with two verbatims: %v", r)
	}
	if r := byID["repeated"]; len(r) != 1 || r[0].GetStatus() != coded {
		t.Errorf("a row that comes twice: %v", r)
	}
	if want := len(badRows) + 4; len(page.GetReports()) != want {
		t.Errorf("%d reports are stored, want %d", len(page.GetReports()), want)
	}
}

// badRowsGoOut reads both exports.
func (s *system) badRowsGoOut(t *testing.T, unreadable []string) {
	t.Helper()
	folder := t.TempDir()
	codedFile, reviewFile := filepath.Join(folder, "coded.csv"), filepath.Join(folder, "review.csv")
	s.mustSyncctl(t, "export", "--coded", codedFile, "--review", reviewFile)
	_, rows := records(t, codedFile)
	byID := make(map[string]map[string]string)
	for _, row := range rows {
		byID[row["AESPID"]] = row
	}
	for _, row := range badRows {
		want := row.verbatim
		if row.exported != "" {
			want = row.exported
		}
		if got := byID[row.id]["AETERM"]; got != want {
			t.Errorf("%s goes out as %q, want %q", row.id, got, want)
		}
		if hasCode := byID[row.id]["AELLTCD"] != ""; hasCode != (row.status == coded) {
			t.Errorf("%s goes out with code %q", row.id, byID[row.id]["AELLTCD"])
		}
	}
	_, rows = records(t, reviewFile)
	var left []string
	for _, row := range rows {
		if class, ok := strings.CutPrefix(row["REASON"], "UNREADABLE:"); ok {
			left = append(left, class)
			if row["FILE"] == "" || row["LINE"] == "" {
				t.Errorf("the unreadable row %v names no place", row)
			}
		}
		for name, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+@") {
				t.Errorf("the review file has a formula in %s: %q", name, cell)
			}
		}
	}
	if fmt.Sprint(left) != fmt.Sprint(unreadable) {
		t.Errorf("unreadable rows to review: %v, want %v", left, unreadable)
	}
}

func (s *system) aChangedVerbatimIsCodedAgain(t *testing.T) {
	t.Helper()
	file := writeFile(t, filepath.Join(t.TempDir(), "changed.csv"), "STUDYID,AESPID,AETERM,LANG\nBAD,plain,Nausea,\n")
	if got := s.mustSyncctl(t, "import", file); !strings.Contains(got.stdout, "1 rows = 0 new + 0 unchanged + 1 changed + 0 held + 0 unreadable") {
		t.Errorf("a changed verbatim: %s", got.stdout)
	}
	got := s.mustSyncctl(t, "run", "--wait")
	if shown := readTable(t, got.stdout); shown.counts["read"] != 1 || shown.counts["coded"] != 1 {
		t.Errorf("a changed verbatim is not what the next pass codes:\n%s", shown.whole)
	}
	page, err := s.dataSync(t).ListReports(soon(t), &datasync.ListReportsReq{Status: coded})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.GetReports() {
		if r.GetIdentity().GetRecordId() == "plain" && (r.GetVerbatimVersion() != 2 || r.GetCoding().GetLlt().GetName() != "Nausea") {
			t.Errorf("the changed report: %v", r)
		}
	}
}

func TestAFileThatCannotBeReadIsRefusedWithTheReasonAndStoresNothing(t *testing.T) {
	t.Parallel()
	s := begun(t, func(o *stack.Options) {})
	file := func(name, content string) string { return writeFile(t, filepath.Join(t.TempDir(), name), content) }
	for _, tc := range []struct{ name, path, want string }{
		{"missing", "/nowhere/ae.csv", "no such file"},
		{"a folder", file("folder.csv/inside", ""), ""},
		{"empty", file("empty.csv", ""), "header"},
		{"zip", file("zip.csv", "PK\x03\x04\x00\x00"), "zip archive"},
		{"gzip", file("gzip.csv", "\x1f\x8b\x08\x00\x00"), "not text"},
		{"UTF-16", file("utf16.csv", "\xff\xfeS\x00T\x00"), "UTF-16"},
		{"binary", file("binary.csv", strings.Repeat("\x00\x01\x02\x00", 300)), "not text"},
		{"another separator", file("semicolon.csv", "STUDYID;AESPID;AETERM\nS;1;Headbang\n"), "separator"},
		{"no header", file("noheader.csv", "S,1,Headbang\n"), "AESPID"},
		{"a column twice", file("twice.csv", "STUDYID,AESPID,AETERM,AETERM\nS,1,Headbang,x\n"), "same name"},
		{"NDJSON without the columns", file("other.ndjson", `{"a":"Headbang"}`+"\n"), "AESPID"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := tc.path
			if tc.name == "a folder" {
				path = filepath.Dir(path)
			}
			got := s.syncctl(t, "import", path)
			if got.code == 0 || !strings.Contains(got.stderr, tc.want) {
				t.Errorf("exit code %d, want a failure that says %q: %s%s", got.code, tc.want, got.stdout, got.stderr)
			}
			if strings.Contains(got.stderr, "Headbang") {
				t.Errorf("it quotes a verbatim: %s", got.stderr)
			}
		})
	}
	page, err := s.dataSync(t).ListReports(soon(t), &datasync.ListReportsReq{})
	if err != nil || len(page.GetReports()) != 0 {
		t.Errorf("%v, %v; want no report stored", page, err)
	}
}

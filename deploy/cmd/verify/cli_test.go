package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const header = "STUDYID,AESPID,AETERM\n"

// emptyDatabase has the tables that are read, and nothing in them.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	path := write(t, "empty.db", "")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{
		"audit_chain (tx, first_id, last_id, previous, hash)",
		"audit (id, tx, at, actor, action, report_id, detail)",
		"imports (id, file_hash)",
		"unreadable_rows (id, file_hash, line, raw, raw_hash)",
		"ae_reports (id INTEGER PRIMARY KEY, source, study, record_id, variant, status, review_reason, verbatim_version, human_decided)",
		"report_versions (report_id, verbatim_version, verbatim, verbatim_raw, language)",
		"codings (id, report_id, verbatim_version, dictionary, llt_code, pt_code, decided_by, superseded_at)",
		"passes (id, run_id, number, state, members, summary, audit_head, audit_tx)",
		"pass_members (run_id, pass, chunk_seq, report_id, verbatim_version, outcome, tally, detail, open)",
	} {
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE "+table); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestWrongUsageAndWhatCannotBeReadEndWithTwoAndSayWhy(t *testing.T) {
	db, good := emptyDatabase(t), write(t, "ae.csv", header)
	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"no database", []string{good}, "-db is missing"},
		{"no input", []string{"-db", db}, "no input file is given"},
		{"unknown flag", []string{"-db", db, "-dbb", "x", good}, "-dbb"},
		{"a column twice", []string{"-db", db, "-id", "A,a", good}, "names the column a twice"},
		{"an empty column", []string{"-db", db, "-id", "A,", good}, "empty column name"},
		{"a format there is not", []string{"-db", db, "-format", "xls", good}, "-format must be"},
		{"an encoding there is not", []string{"-db", db, "-encoding", "latin1", good}, "-encoding must be"},
		{"no such file", []string{"-db", db, "nowhere.csv"}, "nowhere.csv: no such file"},
		{"no such database", []string{"-db", "nowhere.db", good}, "nowhere.db"},
		{"another database", []string{"-db", write(t, "other.db", ""), good}, "is it aecode's database?"},
		{"no database at all", []string{"-db", good, good}, "not a database"},
		{"no server", []string{"-db", "postgres://u:secret@127.0.0.1:1/x", good}, "open the PostgreSQL database"},
		{"no URL", []string{"-db", "postgres://u:secret@127.0.0.1:x/x", good}, "open the PostgreSQL database"},
		{"an ending there is not", []string{"-db", db, write(t, "ae.txt", header)}, "does not give the format"},
		{"an empty file", []string{"-db", db, write(t, "ae.csv", "\n \n")}, "the file is empty"},
		{"a column that is not there", []string{"-db", db, "-id", "USUBJID", good}, "no column USUBJID"},
		{"no key of that name", []string{"-db", db, write(t, "a.ndjson", `{"STUDYID":"S","ID":"1"}`)}, "no column AETERM"},
		{"a header with a column twice", []string{"-db", db, write(t, "ae.csv", "STUDYID,AESPID,AETERM,aeterm\n")}, "column 4 has the same name as another"},
		{"a header without a name", []string{"-db", db, write(t, "ae.csv", "STUDYID,AESPID,AETERM,\n")}, "the name of column 4 cannot be read"},
		{"a spreadsheet", []string{"-db", db, write(t, "ae.csv", "PK\x03\x04....")}, "it is not text"},
		{"UTF-16", []string{"-db", db, write(t, "ae.csv", "S\x00T\x00U\x00")}, "it is not text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := verified(t, c.args...)
			if got.code != exitUnreadable || got.stdout != "" || !strings.Contains(got.stderr, c.says) {
				t.Errorf("code %d, %q, %q", got.code, got.stdout, got.stderr)
			}
			if strings.Contains(got.stderr, "secret") {
				t.Errorf("it shows the password: %s", got.stderr)
			}
		})
	}
}

func TestHelpDefinesEveryNumber(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"-h"}, &stdout, &stderr); code != exitSound || stderr.Len() > 0 {
		t.Errorf("code %d: %s", code, stderr.String())
	}
	for _, number := range []string{"in ", "coded ", "review ", "left ", "lost ", "doubled "} {
		if !strings.Contains(stdout.String(), "\n"+number) {
			t.Errorf("no %q in\n%s", number, stdout.String())
		}
	}
}

func TestFindingsAreTwentyLinesOfAKindAndACountAndShowNoWords(t *testing.T) {
	var rows strings.Builder
	rows.WriteString(header)
	for i := range 3000 {
		fmt.Fprintf(&rows, "S%d,SUBJECT%d,awful itching\n", i%3, i/2) // each row comes twice in three studies
	}
	rows.WriteString("awful,itching\n")
	path := write(t, "ae.csv", rows.String())
	got := verified(t, "-db", emptyDatabase(t), path, path)
	if got.code != exitFaults || got.in != 3001 || got.lost != 3001 || got.doubled != 0 {
		t.Errorf("code %d, %s", got.code, got.stdout)
	}
	if n := strings.Count(got.stderr, "\n"); n != 20+1+1 {
		t.Errorf("%d lines: %s", n, got.stderr)
	}
	if !strings.Contains(got.stderr, "and 2980 more of row_not_found\n") || !strings.Contains(got.stderr, "lost: ae.csv:3002:") {
		t.Error(got.stderr)
	}
	for _, words := range []string{"itching", "awful", "SUBJECT"} {
		if strings.Contains(got.stdout+got.stderr, words) {
			t.Errorf("%q is shown", words)
		}
	}
}

func TestJSONGivesOneObjectWithTheFindingsByKind(t *testing.T) {
	var stdout, stderr bytes.Buffer
	path := write(t, "ae.csv", header+"S,1,x\nS,2\n")
	code := run(t.Context(), []string{"-db", emptyDatabase(t), path, "-json"}, &stdout, &stderr)
	var got account
	if err := json.Unmarshal(stdout.Bytes(), &got); err != nil || strings.Count(stdout.String(), "\n") != 1 {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	if code != exitFaults || got.In != 2 || got.Lost != 2 || got.Findings["row_not_found"] != 1 || got.Findings["unreadable_not_found"] != 1 {
		t.Errorf("code %d, %+v", code, got)
	}
}

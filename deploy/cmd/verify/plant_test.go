package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOnSQLite(t *testing.T) { everyFaultIsCaught(t, onSQLite(t)) }

func TestOnPostgreSQL(t *testing.T) { everyFaultIsCaught(t, onPostgres(t)) }

// everyFaultIsCaught plants each fault in a copy of what the programs wrote, and
// wants it counted once, told of by its kind, and the balance kept.
func everyFaultIsCaught(t *testing.T, e engine) {
	t.Run("what the programs wrote is sound", func(t *testing.T) {
		got := e.place(t).verify(t)
		if got.code != exitSound || got.in != e.rows || got.in != got.coded+got.review+got.left || got.lost+got.doubled != 0 {
			t.Errorf("code %d, in %d of %d: %s%s", got.code, got.in, e.rows, got.stdout, got.stderr)
		}
		if got.coded < 300 || got.review < 200 {
			t.Errorf("%s: that is not what the sample gives", got.stdout)
		}
	})
	t.Run("what a person decided is no contradiction", func(t *testing.T) {
		p := e.place(t)
		p.do(t, `UPDATE ae_reports SET status = 'WITHDRAWN', review_reason = '', human_decided = 1
			WHERE id = (SELECT max(id) FROM ae_reports WHERE study = 'STATIN' AND status = 'REVIEW')`)
		if got := p.verify(t); got.code != exitSound {
			t.Errorf("code %d: %s%s", got.code, got.stdout, got.stderr)
		}
	})
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) { f.caughtOn(t, e) })
	}
}

// planted is a fault and what must be said of it.
type planted struct {
	name string
	// do are statements with {coded} and {review} for such reports of the sample,
	// {changed} for one with two versions, {run} and {pass} for the pass.
	do []string
	// sqlite and postgres go before do, where the engines differ.
	sqlite, postgres []string
	lost, doubled    int64
	// beyond are those of lost that are no rows of the inputs.
	beyond int64
	broken string
	kinds  []string
}

// anyNumber of lost: every report loses its pass, and the end of the pass too.
const anyNumber = -1

const (
	anotherCoding = `INSERT INTO codings (id, report_id, verbatim_version, dictionary, language, synonym_version, engine_version,
		llt_code, llt_name, pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name, method, score,
		decided_by, decided_at, run_id, pass)
		SELECT id + 1000000, report_id, verbatim_version, %s, language, synonym_version, engine_version,
		llt_code, llt_name, pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name, method, score,
		'machine', decided_at, run_id, pass FROM codings WHERE report_id = {coded}`
	openPass = `INSERT INTO passes (run_id, number, state, cutoff, opened_at, deadline, dictionary, language, synonym_version,
		engine_version, members) VALUES ('%s', 1, 'RUNNING', 1, 1, 1, '', '', '', '', 1)`
	openMember = `INSERT INTO pass_members (run_id, pass, chunk_seq, report_id, verbatim_version, open) VALUES ('%s', 1, 0, {review}, 1, 1)`
)

// writable lets SQLite's audit be changed, and rewritable the contents of reports;
// PostgreSQL's triggers are off for the session.
var (
	writable = []string{"DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete",
		"DROP TRIGGER audit_chain_no_update", "DROP TRIGGER audit_chain_no_delete"}
	rewritable = []string{"DROP TRIGGER report_versions_no_update", "DROP TRIGGER report_versions_no_delete",
		"DROP TRIGGER report_revisions_no_update", "DROP TRIGGER report_revisions_no_delete"}
)

var faults = []planted{
	{name: "a report is deleted", lost: 1, kinds: []string{"row_not_found", "report_gone"},
		do: []string{"DELETE FROM ae_reports WHERE id = {coded}"}},
	{name: "a report is deleted with all that belongs to it", lost: 1, kinds: []string{"row_not_found", "report_gone"},
		sqlite: rewritable,
		do: []string{"DELETE FROM codings WHERE report_id = {coded}", "DELETE FROM pass_members WHERE report_id = {coded}",
			"DELETE FROM import_rows WHERE report_id = {coded}", "DELETE FROM report_revisions WHERE report_id = {coded}", "DELETE FROM report_versions WHERE report_id = {coded}",
			"DELETE FROM ae_reports WHERE id = {coded}"}},
	{name: "an unreadable row is deleted", lost: 1, kinds: []string{"unreadable_not_found"},
		do: []string{"DELETE FROM unreadable_rows WHERE id = (SELECT min(id) FROM unreadable_rows)"}},
	{name: "a verbatim is another", lost: 1, kinds: []string{"row_not_found"},
		sqlite: rewritable,
		do:     []string{"UPDATE report_versions SET verbatim = verbatim || 's' WHERE report_id = {review}"}},
	{name: "a report's present verbatim is deleted", lost: 1, kinds: []string{"row_not_found", "version_missing"},
		sqlite: rewritable,
		do:     []string{"DELETE FROM report_versions WHERE report_id = {review}"}},
	{name: "an earlier verbatim is deleted", lost: 1, kinds: []string{"row_not_found"},
		sqlite: rewritable,
		do:     []string{"DELETE FROM report_versions WHERE report_id = {changed} AND verbatim_version = 1"}},
	{name: "a coding is deleted", lost: 1, kinds: []string{"coded_without_coding", "audited_coding_gone"},
		do: []string{"DELETE FROM codings WHERE report_id = {coded}"}},
	{name: "a coding is another", lost: 1, kinds: []string{"coding_contradicts_audit"},
		do: []string{"UPDATE codings SET llt_code = '1' WHERE report_id = {coded}"}},
	{name: "a report in review becomes CODED without a coding", lost: 1, kinds: []string{"coded_without_coding", "audit_contradicts_status"},
		do: []string{"UPDATE ae_reports SET status = 'CODED', review_reason = '' WHERE id = {review}"}},
	{name: "a coded report becomes PENDING", lost: 1, kinds: []string{"pending_with_coding", "audit_contradicts_status"},
		do: []string{"UPDATE ae_reports SET status = 'PENDING' WHERE id = {coded}"}},
	{name: "a review loses its reason", lost: 1, kinds: []string{"review_without_reason", "audit_contradicts_status"},
		do: []string{"UPDATE ae_reports SET review_reason = '' WHERE id = {review}"}},
	{name: "a coding that the audit does not know", lost: 1, kinds: []string{"coding_not_audited"},
		do: []string{"UPDATE codings SET superseded_at = 1 WHERE report_id = {coded}", fmt.Sprintf(anotherCoding, "'other'")}},
	{name: "a member's outcome is dropped", lost: 1, kinds: []string{"member_without_outcome"},
		do: []string{"UPDATE pass_members SET outcome = '', tally = '' WHERE report_id = {coded}"}},
	{name: "a member's outcome is another", lost: 1, kinds: []string{"audit_contradicts_member"},
		do: []string{"UPDATE pass_members SET outcome = 'left', tally = 'left' WHERE report_id = {coded}"}},
	{name: "a member is deleted", lost: 1, kinds: []string{"audit_contradicts_member"},
		do: []string{"DELETE FROM pass_members WHERE report_id = {coded}"}},
	{name: "a member of an ended pass is still taken", lost: 1, kinds: []string{"member_wrongly_open"},
		do: []string{"UPDATE pass_members SET open = 1 WHERE report_id = {coded}"}},
	{name: "a pass counts three members too many", lost: 3, beyond: 3, kinds: []string{"pass_summary"},
		do: []string{"UPDATE passes SET members = members + 3"}},
	{name: "a pass is ended other than the audit says", lost: 1, beyond: 1, kinds: []string{"pass_end_audit"},
		do: []string{"UPDATE passes SET state = 'PARTIAL'"}},
	{name: "a pass is deleted", lost: anyNumber, kinds: []string{"pass_gone", "member_of_no_pass"},
		do: []string{"DELETE FROM passes"}},

	{name: "a second live coding", doubled: 1, kinds: []string{"two_live_codings", "two_live_codings_present"},
		do: []string{"DROP INDEX codings_live", fmt.Sprintf(anotherCoding, "dictionary")}},
	{name: "a second live coding in another dictionary", doubled: 1, kinds: []string{"two_live_codings_present"},
		do: []string{fmt.Sprintf(anotherCoding, "'other'")}},
	{name: "a person's coding is superseded by a machine's", doubled: 1, kinds: []string{"machine_over_person"},
		do: []string{"UPDATE codings SET decided_by = 'j.doe', superseded_at = decided_at WHERE report_id = {coded}",
			fmt.Sprintf(anotherCoding, "dictionary")}},
	{name: "a report in two open passes", doubled: 1, kinds: []string{"two_open_passes"},
		do: []string{"DROP INDEX pass_members_open", "INSERT INTO runs (id, date, scope, created_at) VALUES ('a', 'a', 'a', 1), ('b', 'b', 'b', 1)",
			fmt.Sprintf(openPass, "a"), fmt.Sprintf(openPass, "b"), fmt.Sprintf(openMember, "a"), fmt.Sprintf(openMember, "b")}},
	{name: "a report twice in one pass", doubled: 1, kinds: []string{"member_twice"},
		do: []string{`INSERT INTO pass_members (run_id, pass, chunk_seq, report_id, verbatim_version, outcome, tally, detail, open)
			SELECT run_id, pass, chunk_seq + 1000, report_id, verbatim_version, outcome, tally, detail, open
			FROM pass_members WHERE report_id = {coded}`}},
	{name: "one identity as two reports", doubled: 1, lost: 1, beyond: 1, kinds: []string{"identity_twice", "report_not_audited"},
		sqlite: []string{"CREATE TABLE copied AS SELECT * FROM ae_reports", "DROP TABLE ae_reports", "ALTER TABLE copied RENAME TO ae_reports",
			"CREATE INDEX reports_id ON ae_reports (id)", "CREATE INDEX reports_identity ON ae_reports (source, study, record_id)"},
		postgres: []string{"ALTER TABLE ae_reports DROP CONSTRAINT reports_source_study_record_id_variant_key"},
		do: []string{"CREATE TABLE twin AS SELECT * FROM ae_reports WHERE id = {review}", "UPDATE twin SET id = 1000000",
			"INSERT INTO ae_reports SELECT * FROM twin",
			`INSERT INTO report_versions (report_id, verbatim_version, verbatim, verbatim_raw, language, import_id, line, received_at)
			SELECT 1000000, verbatim_version, verbatim, verbatim_raw, language, import_id, line, received_at
			FROM report_versions WHERE report_id = {review}`}},
	{name: "one verbatim as two variants", doubled: 1, lost: 1, kinds: []string{"verbatim_twice", "row_not_found"},
		sqlite: rewritable,
		do: []string{`UPDATE report_versions SET verbatim = (SELECT v.verbatim FROM report_versions v JOIN ae_reports o ON o.id = v.report_id
				WHERE o.variant = 0 AND o.record_id = (SELECT record_id FROM ae_reports WHERE id = {variant})),
			language = (SELECT v.language FROM report_versions v JOIN ae_reports o ON o.id = v.report_id
				WHERE o.variant = 0 AND o.record_id = (SELECT record_id FROM ae_reports WHERE id = {variant}))
			WHERE report_id = {variant}`}},
	{name: "the audit tells twice of one coding", doubled: 1, broken: "no link covers it", kinds: []string{"coded_twice", "machine_over_decision"},
		do: []string{`INSERT INTO audit (id, tx, at, actor, action, report_id, detail)
			SELECT 1000000, tx, at, actor, action, report_id, replace(detail, '"old_status":"PENDING"', '"old_status":"CODED"')
			FROM audit WHERE report_id = {coded} AND action = 'report.coded'`}},

	{name: "an audit entry is changed", broken: "one of them, or their hash, was changed", sqlite: writable,
		do: []string{"UPDATE audit SET at = at + 1 WHERE report_id = {coded}"}},
	{name: "an audit entry is deleted", broken: "it is missing", sqlite: writable,
		do: []string{"DELETE FROM audit WHERE action = 'import.completed' AND id = (SELECT min(id) FROM audit WHERE action = 'import.completed')"}},
	{name: "a link is changed", broken: "or their hash, was changed", sqlite: writable,
		do: []string{"UPDATE audit_chain SET hash = previous WHERE tx = 2"}},
	{name: "a link is deleted", broken: "it follows link", sqlite: writable,
		do: []string{"DELETE FROM audit_chain WHERE tx = 3"}},
	{name: "the audit is cut off at its end", broken: "an ended pass noted another hash", lost: 1, beyond: 1, kinds: []string{"pass_end_audit"}, sqlite: writable,
		do: []string{"DELETE FROM audit WHERE tx = (SELECT max(tx) FROM audit_chain)",
			"DELETE FROM audit_chain WHERE tx = (SELECT max(tx) FROM audit_chain)"}},
}

func (f planted) caughtOn(t *testing.T, e engine) {
	p := e.place(t)
	var names []string
	for name, query := range map[string]string{
		"coded":   "SELECT max(id) FROM ae_reports WHERE study = 'STATIN' AND status = 'CODED'",
		"review":  "SELECT max(id) FROM ae_reports WHERE study = 'STATIN' AND status = 'REVIEW'",
		"changed": `SELECT max(id) FROM ae_reports WHERE study = 'STATIN' AND verbatim_version = 2`,
		"variant": `SELECT max(id) FROM ae_reports WHERE variant = 1`,
	} {
		names = append(names, "{"+name+"}", fmt.Sprint(p.number(t, query)))
	}
	do := f.sqlite
	if e.driver == "pgx" {
		do = f.postgres
	}
	for _, statement := range append(append([]string{}, do...), f.do...) {
		p.do(t, strings.NewReplacer(names...).Replace(statement))
	}
	got := p.verify(t)
	if got.code != exitFaults {
		t.Errorf("code %d, want %d: %s", got.code, exitFaults, got.stderr)
	}
	if f.lost != anyNumber && (got.lost != f.lost || got.doubled != f.doubled) {
		t.Errorf("lost %d, doubled %d; want %d, %d\n%s%s", got.lost, got.doubled, f.lost, f.doubled, got.stdout, got.stderr)
	}
	if f.lost == anyNumber && got.lost == 0 {
		t.Errorf("lost nothing\n%s", got.stderr)
	}
	if found := strings.Contains(got.stderr, "audit broken at "); found != (f.broken != "") || !strings.Contains(got.stderr, f.broken) {
		t.Errorf("want broken %q: %s", f.broken, got.stderr)
	}
	for _, kind := range f.kinds {
		if !strings.Contains(got.stderr, "("+kind+")") {
			t.Errorf("nothing of %s: %s", kind, got.stderr)
		}
	}
	if f.lost != anyNumber && got.in != got.coded+got.review+got.left+got.lost-f.beyond {
		t.Errorf("out of balance: %s", got.stdout)
	}
}

func TestADatabaseWhoseWriterWasKilledIsReadWithItsLog(t *testing.T) {
	path := emptyDatabase(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		"PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0",
		"INSERT INTO ae_reports VALUES (1, 'file', 'S', '1', 0, 'PENDING', '', 1, 0)",
		"INSERT INTO report_versions VALUES (1, 1, 'x', NULL, '')",
		`INSERT INTO audit VALUES (1, 1, 1, 'intake', 'report.received', 1, '{"new_status":"PENDING","new_version":1}')`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	// As a kill leaves it: the log beside the file, and nobody there.
	left := filepath.Join(t.TempDir(), "left.db")
	for _, part := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + part)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+part, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := verified(t, "-db", left, write(t, "ae.csv", header+"S,1,x\n"))
	// The audit has no link: that is the one fault, and it was in the log.
	if got.left != 1 || got.lost != 0 || !strings.Contains(got.stderr, "audit broken at entry 1") {
		t.Errorf("code %d: %s%s", got.code, got.stdout, got.stderr)
	}
}

func TestARowIsCountedWhereItIsThePresentVerbatimElseWhereItCameFirst(t *testing.T) {
	order := []held{{report: 7, version: 2, present: true}, {report: 9, version: 1, present: true}, {report: 3, version: 1},
		{report: 3, version: 4}, {report: 5, version: 1}, {}}
	for i, h := range order[:len(order)-1] {
		for k, o := range order {
			if h.better(o) != (i < k) {
				t.Errorf("%+v better than %+v: %v", h, o, i >= k)
			}
		}
	}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

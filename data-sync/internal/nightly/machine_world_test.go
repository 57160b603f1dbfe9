package nightly_test

import (
	"fmt"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/store"
)

// What happens around the actors: intake, and people who decide.

func (m *machine) submit(t *rapid.T, study, record, verbatim string, serious bool) {
	row := report.Row{Identity: report.Identity{Source: "edc", Study: study, RecordID: record}, Verbatim: verbatim, Language: "en"}
	if serious {
		row.Serious = report.Serious
	}
	stored, outcome, err := m.db.store.Submit(m.ctx, row)
	if err != nil {
		t.Fatalf("Submit: %v", err)
	}
	r := m.find(study, record)
	want := report.Changed
	switch {
	case r == nil:
		want = report.New
		m.reports = append(m.reports, &modelReport{id: stored.ID, study: study, record: record, verbatim: verbatim, serious: serious, version: 1, status: report.Pending})
	case r.verbatim != verbatim:
		r.change(verbatim)
		r.serious = serious
	case r.serious != serious:
		r.serious = serious
	default:
		want = report.Unchanged
	}
	if outcome != want {
		t.Fatalf("Submit = %s, want %s", outcome, want)
	}
}

// duplicate brings one identity with two verbatims in one file.
func (m *machine) duplicate(t *rapid.T, study string) {
	m.imports++
	record := fmt.Sprintf("dup%d", m.imports)
	id := report.Identity{Source: "edc", Study: study, RecordID: record}
	result, err := m.db.store.ApplyBatch(m.ctx, report.Batch{ImportID: record, Sequence: store.FirstSequence, Digest: record, Source: "edc", FileName: "f", FileHash: record, Last: true,
		Columns: []string{"AETERM"}, Rows: []report.Row{{Line: 2, Identity: id, Verbatim: "c one", Language: "en"}, {Line: 3, Identity: id, Verbatim: "c two", Language: "en"}}})
	if err != nil || result.Account.Held != 2 {
		t.Fatalf("ApplyBatch = %+v, %v", result.Account, err)
	}
	rows, err := m.db.sql.QueryContext(m.ctx, "SELECT id FROM ae_reports WHERE record_id = $1 ORDER BY id", record)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		r := &modelReport{study: study, record: record, verbatim: "c", version: 1, status: report.Review, reason: report.DuplicateIdentity}
		if err := rows.Scan(&r.id); err != nil {
			t.Fatal(err)
		}
		m.reports = append(m.reports, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// decide is what a person's decision leaves in the database.
func (m *machine) decide(t *rapid.T, r *modelReport, status report.Status) {
	m.exec(t, "UPDATE codings SET superseded_at = 1 WHERE report_id = $1 AND superseded_at IS NULL", r.id)
	r.live = ""
	if status == report.Coded {
		m.exec(t, `INSERT INTO codings (report_id, verbatim_version, dictionary, language, synonym_version, engine_version, llt_code, llt_name,
			pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name, method, score, decided_by, decided_at)
			VALUES ($1, $2, '29.0', 'en', '', '', '777', 'By hand', '777', 'By hand', '', '', '', '', '', '', 'manual', 1, 'dr.x', 1)`, r.id, r.version)
		r.live = "dr.x"
	}
	m.exec(t, "UPDATE ae_reports SET status = $2, review_reason = '', human_decided = 1 WHERE id = $1", r.id, string(status))
	r.status, r.reason, r.human = status, "", true
}

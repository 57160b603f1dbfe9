package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"aecode/data-sync/internal/report"
)

// revisionsVersion is the schema version with which revisions came.
var revisionsVersion = map[string]int{"sqlite": 6, "postgres": 5}

// withoutRevisions gives a database the schema that it had before revisions.
func withoutRevisions(t *testing.T, s *Store) {
	t.Helper()
	undo := []string{
		"ALTER TABLE ae_reports ADD COLUMN fields TEXT NOT NULL DEFAULT '[]'",
		"ALTER TABLE ae_reports ADD COLUMN import_id TEXT NOT NULL DEFAULT ''",
		"ALTER TABLE ae_reports ADD COLUMN import_line BIGINT NOT NULL DEFAULT 0",
		"ALTER TABLE ae_reports ADD COLUMN language TEXT NOT NULL DEFAULT 'en'",
		`UPDATE ae_reports SET fields = n.fields, import_id = n.import_id, import_line = n.line FROM report_revisions n
			WHERE n.report_id = ae_reports.id AND n.revision = ae_reports.revision`,
		"DROP TABLE report_revisions", "DROP TABLE report_volatile", "DROP TABLE sources",
		"ALTER TABLE ae_reports DROP COLUMN revision", "ALTER TABLE ae_reports DROP COLUMN serious_unknown", "ALTER TABLE ae_reports DROP COLUMN repeated",
		"ALTER TABLE imports DROP COLUMN repeats", "ALTER TABLE imports DROP COLUMN identity_repeated",
		"ALTER TABLE imports DROP COLUMN duplicate_identity", "ALTER TABLE imports DROP COLUMN reading",
	}
	if s.d.arrays {
		undo = slices.Concat([]string{"DROP VIEW reports", "DROP FUNCTION reports_insert", "DROP FUNCTION reports_update",
			"DROP FUNCTION contents_are_never_overwritten CASCADE"}, undo)
	} else {
		undo = append(undo, "DROP TRIGGER report_versions_no_update", "DROP TRIGGER report_versions_no_delete")
	}
	for _, statement := range append(undo, "ALTER TABLE ae_reports RENAME TO reports") {
		direct(t, s, statement)
	}
}

// olderMigrations are those before revisions.
func olderMigrations(t *testing.T, d dialect, before int) fs.FS {
	t.Helper()
	older := fstest.MapFS{}
	files, err := fs.Glob(migrationFiles, d.migrations+"/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		var version int
		if _, err := fmt.Sscanf(name[strings.LastIndex(name, "/")+1:], "%d_", &version); err != nil {
			t.Fatal(err)
		}
		if version < before {
			text, err := migrationFiles.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			older[name] = &fstest.MapFile{Data: text}
		}
	}
	return older
}

// openOlder opens a database with the release before revisions.
func openOlder(t *testing.T, cfg Config, name string) *Store {
	t.Helper()
	d := sqlite
	if name == "postgres" {
		d = postgres
	}
	old, err := open(t.Context(), cfg, olderMigrations(t, d, revisionsVersion[name]))
	if err != nil {
		t.Fatal(err)
	}
	return old
}

// oldInsert is how the release before revisions stores a new report.
const oldInsert = `INSERT INTO reports (source, study, record_id, variant, status, review_reason, verbatim_version, serious, language,
		import_id, import_line, received_at, updated_at, status_since, fields)
	VALUES ('edc', 'S1', $1, 0, $2, '', 1, $3, 'en', 'old', 7, 100, 100, 100, $4) RETURNING id`

const oldVersion = `INSERT INTO report_versions (report_id, verbatim_version, verbatim, language, import_id, line, received_at)
	VALUES ($1, $2, $3, 'en', 'old', 7, 100)`

func oldReport(t *testing.T, db *sql.DB, record, status, verbatim string, serious int) (id int64) {
	t.Helper()
	fields := `[{"n":"AESPID","v":"` + record + `"},{"n":"AESEV","v":"MILD"}]`
	if err := db.QueryRowContext(t.Context(), oldInsert, record, status, serious, fields).Scan(&id); err != nil {
		t.Fatal(err)
	}
	execOld(t, db, oldVersion, id, 1, verbatim)
	return id
}

func execOld(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestADatabaseFromBeforeRevisionsKeepsEveryReport migrates a database that the
// release before made: each report has what it had, as its first revision, and the
// same file again changes nothing.
func TestADatabaseFromBeforeRevisionsKeepsEveryReport(t *testing.T) {
	for name, config := range empty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			old := openOlder(t, cfg, name)
			oldReport(t, old.write, "A", "CODED", "Headache", 1)
			oldReport(t, old.write, "B", "PENDING", "Nausea", 0)
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			s := openStore(t, cfg)
			for record, want := range map[string]report.Report{
				"A": {Status: report.Coded, Verbatim: "Headache", Serious: report.Serious},
				"B": {Status: report.Pending, Verbatim: "Nausea", Serious: report.NotSerious},
			} {
				h, err := s.History(t.Context(), report.Identity{Source: "edc", Study: "S1", RecordID: record}, 0)
				if err != nil {
					t.Fatal(err)
				}
				if h.Report.Status != want.Status || h.Report.Verbatim != want.Verbatim || h.Report.Serious != want.Serious || h.Report.Revision != 1 ||
					h.Older != 0 || h.Variants != 1 || len(h.Revisions) != 1 || h.Revisions[0].ImportID != "old" || h.Revisions[0].Line != 7 ||
					!slices.Equal(h.Revisions[0].Fields, []report.Field{{Name: "AESPID", Value: record}, {Name: "AESEV", Value: "MILD"}}) {
					t.Errorf("%s: %+v", record, h)
				}
			}
			again := textRow(2, "A", "Headache")
			again.Serious = report.Serious
			again.Fields = []report.Field{{Name: "AESPID", Value: "A"}, {Name: "AESEV", Value: "MILD"}}
			if got := newImport(t, s, "again").send(again).Account; got != (report.Account{Rows: 1, Unchanged: 1}) {
				t.Errorf("the same row again: %+v", got)
			}
		})
	}
}

// TestContentsAreNeverOverwritten holds in the database itself.
func TestContentsAreNeverOverwritten(t *testing.T) {
	for name, config := range empty {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openStore(t, config(t))
			newImport(t, s, "one").send(textRow(2, "A", "Headache"))
			for _, statement := range []string{
				"UPDATE report_revisions SET fields = '[]'", "DELETE FROM report_revisions",
				"UPDATE report_versions SET verbatim = ''", "DELETE FROM report_versions",
			} {
				err := s.inWrite(t.Context(), s.cfg.WriteTimeout, s.cfg.WriteTimeout, func(ctx context.Context, tx *txn) error {
					_, err := tx.exec(ctx, statement)
					return err
				})
				// PostgreSQL's texts are not repeated, they may hold values.
				if err == nil || !strings.Contains(err.Error(), "never overwritten") && !strings.Contains(err.Error(), "P0001") {
					t.Errorf("%s: %v", statement, err)
				}
			}
		})
	}
}

// TestTheReleaseBeforeWorksBesideThisOne runs the statements of the release before,
// as a replica of it sends them while replicas are replaced, and looks at what this
// release makes of them.
func TestTheReleaseBeforeWorksBesideThisOne(t *testing.T) {
	s := openStore(t, empty["postgres"](t))
	db := s.write
	id := oldReport(t, db, "A", "PENDING", "Headache", 0)

	// A status, as the nightly run writes it, makes no revision.
	execOld(t, db, `UPDATE reports SET status = $2, review_reason = $3, last_error = $4, failed_nights = $5,
			failed_date = $6, updated_at = $7, status_since = CASE WHEN status = $2 THEN coalesce(status_since, updated_at) ELSE $7 END
		WHERE id = ANY($1::bigint[]) AND verbatim_version = $8
		AND coalesce(status, '') IN ('PENDING', 'REVIEW') AND human_decided = 0`, []int64{id}, "CODED", "", "", 0, "", 200, 1)
	identity := report.Identity{Source: "edc", Study: "S1", RecordID: "A"}
	look := func(status report.Status, revision, version int, serious report.Seriousness, fields int) {
		t.Helper()
		h, err := s.History(t.Context(), identity, 0)
		if err != nil {
			t.Fatal(err)
		}
		if r := h.Report; r.Status != status || r.Revision != revision || r.VerbatimVersion != version || r.Serious != serious ||
			len(h.Revisions) != revision || len(h.Revisions[0].Fields) != fields {
			t.Fatalf("%+v", h)
		}
	}
	look(report.Coded, 1, 1, report.NotSerious, 2)

	// An import changes columns and seriousness, then the verbatim.
	changed := `UPDATE reports SET status = j.status, review_reason = j.review_reason, verbatim_version = j.verbatim_version, serious = j.serious,
			language = j.language, import_id = j.import_id, import_line = j.import_line, updated_at = j.updated_at, fields = j.fields,
			last_error = CASE WHEN j.void = 1 THEN '' ELSE reports.last_error END
		FROM (SELECT $1::bigint AS id, $2::text AS status, '' AS review_reason, $3::bigint AS verbatim_version, $4::bigint AS serious, 'en' AS language,
			'next' AS import_id, 9::bigint AS import_line, 300::bigint AS updated_at, $5::text AS fields, 0 AS void) AS j
		WHERE reports.id = j.id`
	execOld(t, db, changed, id, "CODED", 1, 1, `[{"n":"AESPID","v":"A"}]`)
	look(report.Coded, 2, 1, report.Serious, 1)
	execOld(t, db, changed, id, "PENDING", 2, 1, `[{"n":"AESPID","v":"A"}]`)
	execOld(t, db, oldVersion, id, 2, "Migraine")
	look(report.Pending, 3, 2, report.Serious, 1)

	// What it reads is the newest content, and it can lock it.
	var verbatim, fields, language, importID string
	var line int64
	err := db.QueryRowContext(t.Context(), `SELECT v.verbatim, r.fields, r.language, r.import_id, r.import_line FROM reports r
		JOIN report_versions v ON v.report_id = r.id AND v.verbatim_version = r.verbatim_version
		WHERE r.source = 'edc' AND r.study = 'S1' AND r.record_id = 'A' ORDER BY r.id FOR NO KEY UPDATE OF r`).Scan(&verbatim, &fields, &language, &importID, &line)
	if err != nil || verbatim != "Migraine" || fields != `[{"n":"AESPID","v":"A"}]` || language != "en" || importID != "next" || line != 9 {
		t.Errorf("%q %q %q %q %d, %v", verbatim, fields, language, importID, line, err)
	}

	// A report whose seriousness is unknown comes with the serious ones there, and
	// stays unknown when only its status changes.
	unknown := textRow(2, "B", "Rash")
	unknown.Serious = report.SeriousnessUnknown
	newImport(t, s, "new").send(unknown)
	var serious int
	if err := db.QueryRowContext(t.Context(), "SELECT id, serious FROM reports WHERE record_id = 'B'").Scan(&id, &serious); err != nil || serious != 1 {
		t.Fatalf("serious = %d, %v", serious, err)
	}
	execOld(t, db, "UPDATE reports SET last_error = 'UNAVAILABLE', updated_at = 400 WHERE id = $1", id)
	identity.RecordID = "B"
	look(report.Pending, 1, 1, report.SeriousnessUnknown, 2)
}

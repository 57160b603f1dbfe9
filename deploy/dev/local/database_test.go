package main

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the store's engine
)

// database opens the store of a stack that has ended.
func database(t *testing.T, out string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(out, "aecode.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func count(t *testing.T, db *sql.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// decidedOnce holds that each of n reports has one outcome and no more: coded
// by one live coding that the audit knows once, or in review.
func decidedOnce(t *testing.T, db *sql.DB, n int) {
	t.Helper()
	for _, rule := range []struct {
		what, query string
		want        int
	}{
		{"reports", "SELECT count(*) FROM ae_reports", n},
		{"reports coded or in review", "SELECT count(*) FROM ae_reports WHERE status IN ('CODED', 'REVIEW')", n},
		{"coded reports without exactly one coding", `SELECT count(*) FROM ae_reports r
			LEFT JOIN (SELECT report_id, count(*) AS n FROM codings GROUP BY report_id) c ON c.report_id = r.id
			WHERE r.status = 'CODED' AND coalesce(c.n, 0) <> 1`, 0},
		{"codings of reports that are not coded", `SELECT count(*) FROM codings c JOIN ae_reports r ON r.id = c.report_id
			WHERE r.status <> 'CODED'`, 0},
		{"reports that the audit has decided other than once", `SELECT count(*) FROM ae_reports r
			LEFT JOIN (SELECT report_id, count(*) AS n FROM audit WHERE action IN ('report.coded', 'report.review')
				GROUP BY report_id) a ON a.report_id = r.id
			WHERE coalesce(a.n, 0) <> 1`, 0},
	} {
		if got := count(t, db, rule.query); got != rule.want {
			t.Errorf("%s: %d, want %d", rule.what, got, rule.want)
		}
	}
}

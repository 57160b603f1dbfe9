package store

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"aecode/data-sync/internal/backlog"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func waiting(t *testing.T, s *Store) backlog.Backlog {
	t.Helper()
	b, err := s.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// older sets back since when a report stands as it does.
func older(t *testing.T, s *Store, record string, by time.Duration) {
	t.Helper()
	direct(t, s, "UPDATE ae_reports SET status_since = status_since - $2 WHERE record_id = $1", record, by.Milliseconds())
}

// about is an age: at least d, and little more however slow the test is.
func about(t *testing.T, what string, got, d time.Duration) {
	t.Helper()
	if got < d || got > d+30*time.Minute {
		t.Errorf("%s: %v, want %v", what, got, d)
	}
}

func theBacklogSaysWhatWaitsAndForHowLong(t *testing.T, s *Store) {
	if b := waiting(t, s); b != (backlog.Backlog{}) {
		t.Fatalf("an empty database: %+v", b)
	}
	rows := []report.Row{textRow(2, "A", "Headache"), textRow(3, "B", "Nausea"), held(textRow(4, "C", ""), report.Empty),
		held(textRow(5, "D", ""), report.Empty), textRow(6, "E", "Rash"), textRow(7, "F", "Itch")}
	for i := range rows[:3] {
		rows[i].Serious = report.Serious
	}
	newImport(t, s, "one").send(rows...)
	older(t, s, "A", 3*time.Hour)
	older(t, s, "B", 5*time.Hour)
	older(t, s, "C", 7*time.Hour)
	older(t, s, "D", 9*time.Hour) // not serious
	b := waiting(t, s)
	if b.Pending != 4 || b.SeriousReview != 1 || b.OtherReview != 1 || b.OpenPass != 0 {
		t.Fatalf("%+v", b)
	}
	about(t, "oldest pending", b.OldestPending, 5*time.Hour)
	about(t, "oldest serious in review", b.OldestSeriousReview, 7*time.Hour)

	p := openPass(t, s, "all", 10)
	direct(t, s, "UPDATE passes SET opened_at = opened_at - $1", (2 * time.Hour).Milliseconds())
	about(t, "open pass", waiting(t, s).OpenPass, 2*time.Hour)
	commit(t, s, claim(t, s, p, "me"), codeAll(items(t, s, run.Chunk{RunID: p.RunID, Pass: p.Number, Owner: "me", Attempt: 1}))...)
	finish(t, s, p)
	b = waiting(t, s)
	if b.Pending != 0 || b.OldestPending != 0 || b.OpenPass != 0 || b.SeriousReview != 1 {
		t.Fatalf("%+v", b)
	}
}

func aReportWaitsSinceItsPresentVerbatimOrStatus(t *testing.T, s *Store) {
	long := 400 * 24 * time.Hour
	row := textRow(2, "A", "Headache")
	row.Serious = report.Serious
	newImport(t, s, "one").send(row)
	codeEverything(t, s)
	older(t, s, "A", long)

	// A correction after a year is received now.
	row.Verbatim = "Nausea"
	newImport(t, s, "two").send(row)
	about(t, "pending after a correction", waiting(t, s).OldestPending, 0)

	// Other fields, and a night that leaves it, change nothing.
	older(t, s, "A", 5*time.Hour)
	row.Fields = append(row.Fields, report.Field{Name: "AESTDTC", Value: "2026-01-02"})
	newImport(t, s, "three").send(row)
	night := func(date, synonyms string, result func(run.Item) run.Result) {
		t.Helper()
		req := openReq("all", 10)
		req.Date, req.Pin.SynonymVersion = date, synonyms
		p, opened, err := s.OpenPass(t.Context(), req)
		if err != nil || !opened {
			t.Fatalf("opened %v, %v", opened, err)
		}
		c := claim(t, s, p, "me")
		r := result(items(t, s, c)[0])
		r.Versions = req.Pin
		commit(t, s, c, r)
		finish(t, s, p)
	}
	night("2026-03-02", "syn-1", func(i run.Item) run.Result { return leftOf(i, "UNAVAILABLE", false) })
	about(t, "pending after a night that left it", waiting(t, s).OldestPending, 5*time.Hour)

	// In review it waits since it got there, and not since the machine looked
	// again with newer lists.
	night("2026-03-03", "syn-1", reviewOf)
	about(t, "review", waiting(t, s).OldestSeriousReview, 0)
	older(t, s, "A", 7*time.Hour)
	night("2026-03-04", "syn-2", reviewOf)
	about(t, "review under newer lists", waiting(t, s).OldestSeriousReview, 7*time.Hour)
	night("2026-03-05", "syn-3", codedAs)
	if b := waiting(t, s); b.SeriousReview != 0 || b.OldestSeriousReview != 0 {
		t.Errorf("%+v", b)
	}
}

func theLastFinishedPassIsTheOneThatEndedLast(t *testing.T, s *Store) {
	if _, err := s.LastFinished(t.Context(), "all"); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("err %v", err)
	}
	load(t, s, 3)
	p := openPass(t, s, "all", 10)
	if _, err := s.LastFinished(t.Context(), "all"); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("an open pass: err %v", err)
	}
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	commit(t, s, c, codedAs(list[0]), reviewOf(list[1]), leftOf(list[2], "DEADLINE", false))
	finish(t, s, p)
	// A study's pass is no whole night.
	study := openPass(t, s, "study:S1", 10)
	commit(t, s, claim(t, s, study, "me"), codeAll(items(t, s, run.Chunk{RunID: study.RunID, Pass: study.Number, Owner: "me", Attempt: 1}))...)
	finish(t, s, study)
	got, err := s.LastFinished(t.Context(), "all")
	if err != nil || got.RunID != p.RunID || got.State != run.Partial || got.Coded != 1 || got.Review != 1 || got.Left != 1 || got.FinishedAt.IsZero() {
		t.Fatalf("%+v %v", got, err)
	}
	// A night without work ends too.
	req := openReq("all", 10)
	req.Date = "2026-03-02"
	empty, _, err := s.OpenPass(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	direct(t, s, "UPDATE passes SET finished_at = finished_at + 1000 WHERE run_id = $1", empty.RunID)
	if got, err = s.LastFinished(t.Context(), "all"); err != nil || got.RunID != empty.RunID || got.Read != 0 || got.State != run.Completed {
		t.Fatalf("%+v %v", got, err)
	}
}

// explain gives the plan of a query, a line a step.
func explain(t *testing.T, s *Store, query string, args ...any) string {
	t.Helper()
	prefix := "EXPLAIN QUERY PLAN "
	if s.d.arrays {
		prefix = "EXPLAIN "
	}
	var plan []string
	if err := s.eachRead(t.Context(), func() { plan = nil }, prefix+query, args, func(rows *sql.Rows) error {
		var line string
		var skip int
		into := []any{&line}
		if !s.d.arrays {
			into = []any{&skip, &skip, &skip, &line}
		}
		plan = append(plan, "")
		err := rows.Scan(into...)
		plan[len(plan)-1] = line
		return err
	}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return strings.Join(plan, "\n")
}

func TestTheBacklogIsReadFromIndexesAloneAndOthersKeepTheirs(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *Store{"sqlite": openSQLite, "postgres": openPG} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			million(t, s, 50_000)
			alter(t, s, "UPDATE ae_reports SET status = CASE WHEN id % 5 = 0 THEN 'REVIEW' WHEN id % 7 = 0 THEN 'PENDING' ELSE 'CODED' END, status_since = id")
			if s.d.arrays {
				// Visible to all, and known to the planner.
				direct(t, s, "VACUUM ANALYZE ae_reports")
			}
			for query, index := range map[string]string{
				s.d.backlogPending(): "reports_pending", s.d.backlogSerious(): "reports_serious_review", s.d.backlogReview(): "reports_status",
			} {
				plan := explain(t, s, query)
				if !strings.Contains(plan, "COVERING INDEX "+index) && !strings.Contains(plan, "Index Only Scan using "+index) {
					t.Errorf("%s\n%s", query, plan)
				}
			}
			if s.d.arrays {
				return // it plans by what it knows of the data
			}
			// The lists page by id: an index without it would sort all at each page.
			for _, condition := range []string{" AND r.status = 'PENDING'", " AND r.status = 'REVIEW' AND r.serious = 1"} {
				plan := explain(t, s, reportQuery+"WHERE r.id > $1"+condition+" ORDER BY r.id LIMIT 500", 1000)
				if strings.Contains(plan, "reports_pending") || strings.Contains(plan, "reports_serious_review") || strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("%s\n%s", condition, plan)
				}
			}
		})
	}
}

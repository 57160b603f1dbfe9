package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func getOfAnUnknownReport(t *testing.T, s *Store) {
	if _, err := s.Get(t.Context(), identity("none")); !errors.Is(err, ErrNotFound) {
		t.Fatalf("err %v", err)
	}
}

func listPagesByStatusAndStudy(t *testing.T, s *Store) {
	load(t, s, 5)
	other := textRow(2, "X", "Rash")
	other.Identity.Study = "S2"
	newImport(t, s, "other").send(other, held(textRow(3, "Y", ""), report.Empty))
	records := func(f Filter) string {
		list, err := s.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range list {
			names = append(names, r.Identity.RecordID)
		}
		return strings.Join(names, " ")
	}
	page, err := s.List(t.Context(), Filter{Limit: 2})
	if err != nil || len(page) != 2 {
		t.Fatal(page, err)
	}
	for _, c := range []struct {
		filter Filter
		want   string
	}{
		{Filter{}, "R000 R001 R002 R003 R004 X Y"},
		{Filter{After: page[1].ID, Limit: 2}, "R002 R003"},
		{Filter{Status: report.Review}, "Y"},
		{Filter{Study: "S2"}, "X"},
		{Filter{Study: "S1", Status: report.Pending, After: page[1].ID}, "R002 R003 R004"},
		{Filter{Status: report.Coded}, ""},
	} {
		if got := records(c.filter); got != c.want {
			t.Errorf("%+v: %q, want %q", c.filter, got, c.want)
		}
	}
	for _, limit := range []int{-1, maxListLimit + 1} {
		if _, err := s.List(t.Context(), Filter{Limit: limit}); !errors.Is(err, ErrInvalid) {
			t.Errorf("limit %d: err %v", limit, err)
		}
	}
}

func eachGivesEveryReport(t *testing.T, s *Store) {
	const n = 2*readPage + 3
	var rows []report.Row
	for i := range n {
		rows = append(rows, textRow(int64(i+2), fmt.Sprintf("R%05d", i), "Headache"))
	}
	newImport(t, s, "one").send(rows...)
	seen := 0
	stop := errors.New("stop")
	if err := s.Each(t.Context(), func(r report.Report) error {
		if r.Identity.RecordID != fmt.Sprintf("R%05d", seen) {
			return fmt.Errorf("%s at place %d", r.Identity, seen)
		}
		seen++
		// The writer is free meanwhile.
		if seen == 1 {
			_, _, err := s.Submit(t.Context(), textRow(0, "R00000", "Headache"))
			return err
		}
		return nil
	}); err != nil || seen != n {
		t.Fatalf("%d of %d, %v", seen, n, err)
	}
	if err := s.Each(t.Context(), func(report.Report) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("err %v", err)
	}
}

func reviewsComeSeriousFirst(t *testing.T, s *Store) {
	rows := []report.Row{textRow(2, "A", "Headache"), textRow(3, "B", "Nausea"), held(textRow(4, "C", ""), report.Empty), textRow(5, "D", "Rash")}
	rows[1].Serious, rows[2].Serious = report.Serious, report.SeriousnessUnknown
	newImport(t, s, "one").send(rows...)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	var results []run.Result
	for _, i := range items(t, s, c) {
		if i.Identity.RecordID == "D" {
			results = append(results, codedAs(i))
		} else {
			results = append(results, reviewOf(i))
		}
	}
	commit(t, s, c, results...)
	var got []string
	if err := s.EachReview(t.Context(), func(r report.Report) error {
		got = append(got, fmt.Sprintf("%s %s %d", r.Identity.RecordID, r.Reason, len(r.Candidates)))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"B SUGGESTED 1", "C EMPTY 0", "A SUGGESTED 1"}, got); diff != "" {
		t.Fatal(diff)
	}
}

func theAuditChainVerifies(t *testing.T, s *Store) {
	if head, err := s.AuditHead(t.Context()); err != nil || head != "" {
		t.Fatalf("%q %v", head, err)
	}
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	load(t, s, 3*auditPage/2)
	newImport(t, s, "more").send(textRow(2, "A", "Rash"), textRow(3, "A", "Itch"))
	codeEverything(t, s)
	newImport(t, s, "change").send(textRow(2, "R000", "Nausea"))
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string]int64{actionReceived: 3*auditPage/2 + 2, actionCoded: 3 * auditPage / 2, actionVerbatim: 1, actionPassOpened: 1, actionPassEnded: 1} {
		if n := number(t, s, "SELECT count(*) FROM audit WHERE action = $1", action); n != want {
			t.Errorf("%d entries %s, want %d", n, action, want)
		}
	}
}

// unlock lets a test do what the database forbids.
func unlock(t *testing.T, s *Store) {
	t.Helper()
	for table, triggers := range map[string][]string{
		"audit": {"audit_no_update", "audit_no_delete"}, "audit_chain": {"audit_chain_no_update", "audit_chain_no_delete"},
	} {
		for _, trigger := range triggers {
			if s.d.arrays {
				trigger += " ON " + table
			}
			direct(t, s, "DROP TRIGGER "+trigger)
		}
	}
}

func thePlantedEditIsFound(t *testing.T, s *Store) {
	load(t, s, 5)
	codeEverything(t, s)
	for _, edit := range []string{"UPDATE audit SET actor = 'x'", "DELETE FROM audit", "UPDATE audit_chain SET hash = ''", "DELETE FROM audit_chain"} {
		if _, err := s.write.Exec(edit); err == nil {
			t.Fatalf("the database took %q", edit)
		}
	}
	unlock(t, s)
	broken := func(edit string) {
		t.Helper()
		direct(t, s, edit)
		if err := s.VerifyAudit(t.Context()); !errors.Is(err, ErrAuditBroken) {
			t.Fatalf("%s: err %v", edit, err)
		}
	}
	restore := func(undo string) {
		t.Helper()
		direct(t, s, undo)
		if err := s.VerifyAudit(t.Context()); err != nil {
			t.Fatalf("after undoing: %v", err)
		}
	}
	broken("UPDATE audit SET at = at + 1 WHERE id = 3")
	restore("UPDATE audit SET at = at - 1 WHERE id = 3")
	broken("UPDATE audit SET detail = replace(detail, '10019211', '10019212') WHERE action = 'report.coded'")
	restore("UPDATE audit SET detail = replace(detail, '10019212', '10019211') WHERE action = 'report.coded'")
	broken("UPDATE audit SET report_id = 2 WHERE id = 1")
	restore("UPDATE audit SET report_id = 1 WHERE id = 1")
	broken("INSERT INTO audit (id, tx, at, actor, action, report_id, detail) SELECT max(id) + 1, 999, 1, 'x', 'y', 1, '{}' FROM audit")
	restore("DELETE FROM audit WHERE tx = 999")
	broken("UPDATE audit_chain SET previous = 'x' WHERE tx = 2")
	direct(t, s, "UPDATE audit_chain SET previous = (SELECT hash FROM audit_chain WHERE tx = 1) WHERE tx = 2")
	broken("DELETE FROM audit WHERE id = 2")
}

func anAuditCutOffIsFound(t *testing.T, s *Store) {
	load(t, s, 5)
	codeEverything(t, s)
	unlock(t, s)
	direct(t, s, "DELETE FROM audit WHERE tx = (SELECT max(tx) FROM audit_chain)")
	direct(t, s, "DELETE FROM audit_chain WHERE tx = (SELECT max(tx) FROM audit_chain)")
	if err := s.VerifyAudit(t.Context()); !errors.Is(err, ErrAuditBroken) {
		t.Fatalf("err %v", err)
	}
}

func noVerbatimIsInTheAudit(t *testing.T, s *Store) {
	const secret = "sentinel-verbatim"
	newImport(t, s, "one").send(textRow(2, "A", secret), textRow(3, "B", secret+"-2"), textRow(4, "B", secret+"-3"))
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	result := codedAs(items(t, s, c)[0])
	result.Coding.LLT.Name = secret
	commit(t, s, c, result)
	finish(t, s, p)
	newImport(t, s, "two").send(textRow(2, "A", secret+"-4"))
	if n := number(t, s, "SELECT count(*) FROM audit"); n < 6 {
		t.Fatalf("%d entries", n)
	}
	for _, where := range []string{
		"audit WHERE detail LIKE '%sentinel%' OR actor LIKE '%sentinel%' OR action LIKE '%sentinel%'",
		"import_batches WHERE problems LIKE '%sentinel%'",
		"ae_reports WHERE last_error LIKE '%sentinel%'",
	} {
		if n := number(t, s, "SELECT count(*) FROM "+where); n != 0 {
			t.Errorf("%d hits in %s", n, where)
		}
	}
}

func anEndedContextWritesNothing(t *testing.T, s *Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.ApplyBatch(ctx, newImport(t, s, "one").batch(textRow(2, "A", "Headache"))); !errors.Is(err, context.Canceled) {
		t.Fatalf("err %v", err)
	}
	if _, err := s.Now(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("err %v", err)
	}
	// And the store is usable after.
	wantAccount(t, newImport(t, s, "one").send(textRow(2, "A", "Headache")).Account, 1, 0, 0, 0, 0)
}

package store

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func aPassTakesPendingReportsSeriousFirst(t *testing.T, s *Store) {
	var rows []report.Row
	for i, record := range []string{"A", "B", "C", "D", "E"} {
		row := textRow(int64(i+2), record, "Headache")
		row.Serious = record == "D" || record == "E"
		rows = append(rows, row)
	}
	rows = append(rows, held(textRow(9, "F", ""), report.Empty))
	newImport(t, s, "one").send(rows...)
	p := openPass(t, s, "all", 2)
	if p.Read != 5 || p.Left != 5 || p.State != run.Running || p.RunID != "2026-03-01.all" || p.Number != 1 ||
		p.Pin != pin || p.Cutoff.IsZero() || !p.Deadline.Equal(p.OpenedAt.Add(time.Hour)) || len(p.LeftByReason) != 0 {
		t.Fatalf("%+v", p)
	}
	var order [][]string
	for {
		c, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "me", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		var chunk []string
		for _, i := range items(t, s, c) {
			chunk = append(chunk, i.Identity.RecordID)
			if i.Verbatim != "Headache" || i.Language != "en" || i.VerbatimVersion != 1 {
				t.Fatalf("item %+v", i)
			}
		}
		order = append(order, chunk)
	}
	if diff := cmp.Diff([][]string{{"D", "E"}, {"A", "B"}, {"C"}}, order); diff != "" {
		t.Fatal(diff)
	}
}

func aPassTakesOnlyItsScope(t *testing.T, s *Store) {
	a, b := textRow(2, "A", "Headache"), textRow(3, "B", "Nausea")
	b.Identity.Study = "S2"
	newImport(t, s, "one").send(a, b)
	if p := openPass(t, s, "study:S2", 10); p.Read != 1 || p.Scope != "study:S2" || p.RunID != "2026-03-01.study:S2" {
		t.Fatalf("%+v", p)
	}
	if p := openPass(t, s, "all", 10); p.Read != 1 {
		t.Fatalf("%+v", p)
	}
}

func tenStartsAtOnceGiveOnePass(t *testing.T, s *Store) {
	load(t, s, 20)
	var mu sync.Mutex
	var group sync.WaitGroup
	opened, numbers := 0, map[int]int{}
	for range 10 {
		group.Go(func() {
			p, fresh, err := s.OpenPass(t.Context(), openReq("all", 5))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			if fresh {
				opened++
			}
			numbers[p.Number]++
			if p.Read != 20 {
				t.Errorf("read %d", p.Read)
			}
		})
	}
	group.Wait()
	if opened != 1 || numbers[1] != 10 {
		t.Fatalf("opened %d, by number %v", opened, numbers)
	}
	if n := number(t, s, "SELECT count(*) FROM pass_members"); n != 20 {
		t.Fatalf("%d members", n)
	}
}

func aReportIsInAtMostOneOpenPass(t *testing.T, s *Store) {
	load(t, s, 4)
	study := openPass(t, s, "study:S1", 10)
	all := openPass(t, s, "all", 10)
	if study.Read != 4 || all.Read != 0 || all.State != run.Completed {
		t.Fatalf("study %d, all %d %s", study.Read, all.Read, all.State)
	}
	// A member with an outcome stays the open pass's until it ends.
	c := claim(t, s, study, "me")
	list := items(t, s, c)
	commit(t, s, c, leftOf(list[0], "UNAVAILABLE", false))
	if p, opened, err := s.OpenPass(t.Context(), openReq("all", 10)); err != nil || opened || p.Number != 1 {
		t.Fatalf("%+v %v %v", p, opened, err)
	}
	if _, err := s.EndPass(t.Context(), study.RunID, study.Number, run.Cancelled, "by hand", "CANCELLED"); err != nil {
		t.Fatal(err)
	}
	if p := openPass(t, s, "all", 10); p.Read != 4 || p.Number != 2 {
		t.Fatalf("%+v", p)
	}
	// The index holds whatever a statement does.
	if _, err := s.write.Exec("UPDATE pass_members SET open = 1"); err == nil {
		t.Fatal("a report could be in two open passes")
	}
}

func aRunWithoutWorkGetsAnEmptyCompletedPass(t *testing.T, s *Store) {
	p := openPass(t, s, "all", 10)
	if p.State != run.Completed || p.Read != 0 || p.FinishedAt.IsZero() || p.AuditHead == "" {
		t.Fatalf("%+v", p)
	}
	again, opened, err := s.OpenPass(t.Context(), openReq("all", 10))
	if err != nil || opened {
		t.Fatal(opened, err)
	}
	if diff := cmp.Diff(p, again); diff != "" {
		t.Fatal(diff)
	}
}

func aFinishedRunOpensItsNextPassOnlyForWork(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	commit(t, s, c, codedAs(list[0]), leftOf(list[1], "DEADLINE", false))
	p = finish(t, s, p)
	if p.State != run.Partial || p.Coded != 1 || p.Left != 1 || p.LeftByReason["DEADLINE"] != 1 || p.StateReason != "left: DEADLINE 1" {
		t.Fatalf("%+v", p)
	}
	second := openPass(t, s, "all", 10)
	if second.Number != 2 || second.Read != 1 {
		t.Fatalf("%+v", second)
	}
	c = claim(t, s, second, "me")
	commit(t, s, c, codeAll(items(t, s, c))...)
	if second = finish(t, s, second); second.State != run.Completed || second.CodedByMethod["exact"] != 1 {
		t.Fatalf("%+v", second)
	}
	last, opened, err := s.OpenPass(t.Context(), openReq("all", 10))
	if err != nil || opened || last.Number != 2 {
		t.Fatalf("%+v %v %v", last, opened, err)
	}
}

func newerVersionsTakeMachineReviewsAgain(t *testing.T, s *Store) {
	load(t, s, 4)
	newImport(t, s, "held").send(held(textRow(2, "H", ""), report.Empty))
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	var results []run.Result
	for _, i := range items(t, s, c) {
		results = append(results, reviewOf(i))
	}
	commit(t, s, c, results...)
	finish(t, s, p)
	direct(t, s, "UPDATE reports SET human_decided = 1 WHERE record_id = 'R001'")
	direct(t, s, "UPDATE reports SET review_reason = 'POISON' WHERE record_id = 'R002'")
	direct(t, s, "UPDATE reports SET status = 'QUERY' WHERE record_id = 'R003'")

	for name, change := range map[string]func(*report.Versions){
		"same":     func(*report.Versions) {},
		"language": func(v *report.Versions) { v.Language = "en" },
		"newest":   func(v *report.Versions) { *v = report.Versions{} },
	} {
		req := openReq("all", 10)
		change(&req.Pin)
		if p, opened, err := s.OpenPass(t.Context(), req); err != nil || opened {
			t.Fatalf("%s: %+v %v", name, p, err)
		}
	}
	for _, change := range []func(*report.Versions){
		func(v *report.Versions) { v.Dictionary = "ctcae-6.0" },
		func(v *report.Versions) { v.SynonymVersion = "syn-2" },
		func(v *report.Versions) { v.EngineVersion = "2" },
	} {
		req := openReq("all", 10)
		change(&req.Pin)
		p, opened, err := s.OpenPass(t.Context(), req)
		if err != nil || !opened || p.Read != 1 {
			t.Fatalf("%+v %v %v", p, opened, err)
		}
		if _, err = s.EndPass(t.Context(), p.RunID, p.Number, run.Cancelled, "", "CANCELLED"); err != nil {
			t.Fatal(err)
		}
		wantState(t, get(t, s, "R000"), report.Review, report.Suggested, 1)
	}
}

func openPassRefusesWhatCannotBe(t *testing.T, s *Store) {
	for name, change := range map[string]func(*run.OpenPass){
		"scope":    func(r *run.OpenPass) { r.Scope = "everything" },
		"study":    func(r *run.OpenPass) { r.Scope = "study:" },
		"date":     func(r *run.OpenPass) { r.Date = "2026-02-30" },
		"chunk":    func(r *run.OpenPass) { r.ChunkSize = 0 },
		"big":      func(r *run.OpenPass) { r.ChunkSize = maxChunkSize + 1 },
		"deadline": func(r *run.OpenPass) { r.RunDeadline = 0 },
	} {
		req := openReq("all", 10)
		change(&req)
		if _, _, err := s.OpenPass(t.Context(), req); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: err %v", name, err)
		}
	}
}

func passesAndRunsAreFound(t *testing.T, s *Store) {
	if _, err := s.Pass(t.Context(), "", 0); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("err %v", err)
	}
	load(t, s, 2)
	first := openPass(t, s, "all", 10)
	// Without a date it is today's, where the run is.
	req := openReq("study:none", 10)
	req.Date, req.Location = "", time.FixedZone("far east", 14*3600)
	today, _, err := s.OpenPass(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	now, err := s.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := now.In(req.Location).Format(time.DateOnly); today.Date != want {
		t.Fatalf("date %s, want %s", today.Date, want)
	}
	for _, c := range []struct {
		run    string
		number int
		want   string
	}{{"", 0, today.RunID}, {first.RunID, 0, first.RunID}, {first.RunID, 1, first.RunID}} {
		p, err := s.Pass(t.Context(), c.run, c.number)
		if err != nil || p.RunID != c.want {
			t.Fatalf("%+v: %+v %v", c, p, err)
		}
	}
	if _, err := s.Pass(t.Context(), first.RunID, 2); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("err %v", err)
	}
	open, err := s.OpenPasses(t.Context())
	if err != nil || len(open) != 1 || open[0].RunID != first.RunID {
		t.Fatalf("%+v %v", open, err)
	}
	runs, err := s.Runs(t.Context(), 10)
	if err != nil || len(runs) != 2 || runs[0].RunID != today.RunID || runs[1].RunID != first.RunID {
		t.Fatalf("%+v %v", runs, err)
	}
	if runs, err = s.Runs(t.Context(), 1); err != nil || len(runs) != 1 {
		t.Fatalf("%+v %v", runs, err)
	}
	if _, _, err = s.FinishPass(t.Context(), "none", 1); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("err %v", err)
	}
	if _, err = s.EndPass(t.Context(), "none", 1, run.Cancelled, "", ""); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("err %v", err)
	}
}

func aPausedPassSaysWhy(t *testing.T, s *Store) {
	load(t, s, 1)
	p := openPass(t, s, "all", 10)
	for _, c := range []struct {
		paused bool
		state  run.State
		reason string
	}{{true, run.Paused, "terminology is away"}, {false, run.Running, ""}} {
		if err := s.SetPaused(t.Context(), p.RunID, p.Number, c.paused, "terminology is away"); err != nil {
			t.Fatal(err)
		}
		got, err := s.Pass(t.Context(), p.RunID, p.Number)
		if err != nil || got.State != c.state || got.StateReason != c.reason {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if _, err := s.EndPass(t.Context(), p.RunID, p.Number, run.Cancelled, "by hand", "CANCELLED"); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPaused(t.Context(), p.RunID, p.Number, true, "late"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Pass(t.Context(), p.RunID, p.Number); err != nil || got.State != run.Cancelled {
		t.Fatalf("%+v %v", got, err)
	}
	if err := s.SetPaused(t.Context(), "none", 1, true, ""); !errors.Is(err, run.ErrNotFound) {
		t.Fatalf("err %v", err)
	}
}

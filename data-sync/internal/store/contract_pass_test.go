package store

import (
	"errors"
	"sync"
	"testing"

	"aecode/data-sync/internal/run"
)

// The rules for passes are in package storecontract. These cases need the tables,
// the audit or ErrInvalid.

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

func tenStartsFixEachMemberOnce(t *testing.T, s *Store) {
	load(t, s, 20)
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			if _, _, err := s.OpenPass(t.Context(), openReq("all", 5)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := number(t, s, "SELECT count(*) FROM pass_members"); n != 20 {
		t.Fatalf("%d members", n)
	}
}

func theDatabaseKeepsAReportOutOfTwoOpenPasses(t *testing.T, s *Store) {
	load(t, s, 4)
	ended := openPass(t, s, "study:S1", 10)
	if _, err := s.EndPass(t.Context(), ended.RunID, ended.Number, run.Cancelled, "by hand", "CANCELLED"); err != nil {
		t.Fatal(err)
	}
	openPass(t, s, "all", 10)
	// The index holds whatever a statement does.
	if _, err := s.write.Exec("UPDATE pass_members SET open = 1"); err == nil {
		t.Fatal("a report could be in two open passes")
	}
}

func anEndedPassNotesTheAuditHeadOfItsEnd(t *testing.T, s *Store) {
	load(t, s, 3)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	commit(t, s, c, codedAs(list[0]), reviewOf(list[1]), leftOf(list[2], "UNAVAILABLE", false))
	ended := finish(t, s, p)
	if head, err := s.AuditHead(t.Context()); err != nil || head != ended.AuditHead || head == "" {
		t.Fatalf("head %q, noted %q, %v", head, ended.AuditHead, err)
	}
}

func endPassRefusesWhatCannotBe(t *testing.T, s *Store) {
	load(t, s, 1)
	p := openPass(t, s, "all", 10)
	if _, err := s.EndPass(t.Context(), p.RunID, p.Number, run.Completed, "", ""); !errors.Is(err, ErrInvalid) {
		t.Fatalf("err %v", err)
	}
}

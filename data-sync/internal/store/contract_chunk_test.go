package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// expire puts a lease into the past, as time would.
func expire(t *testing.T, s *Store, c run.Chunk) {
	t.Helper()
	direct(t, s, "UPDATE chunks SET lease_until = 1 WHERE run_id = $1 AND pass = $2 AND seq = $3", c.RunID, c.Pass, c.Seq)
}

// The rules for chunks are in package storecontract. These cases need the tables,
// the audit, intake or ErrInvalid.

func claimChunkRefusesWhatCannotBe(t *testing.T, s *Store) {
	load(t, s, 1)
	p := openPass(t, s, "all", 10)
	if _, _, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "", time.Minute); !errors.Is(err, ErrInvalid) {
		t.Fatalf("err %v", err)
	}
}

func aRenewalLeavesAFinishedChunkWithoutLease(t *testing.T, s *Store) {
	load(t, s, 3)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	commit(t, s, c, codeAll(items(t, s, c))...)
	if err := s.ExtendChunk(t.Context(), c, time.Minute); err != nil {
		t.Fatal(err)
	}
	if n := number(t, s, "SELECT count(*) FROM chunks WHERE state = 'DONE' AND lease_until = 0"); n != 1 {
		t.Fatal("a finished chunk was leased again")
	}
}

func aRepeatedCommitLeavesNoAudit(t *testing.T, s *Store) {
	load(t, s, 4)
	p := openPass(t, s, "all", 10)
	var results []run.Result
	count := func() [2]int64 {
		return [2]int64{number(t, s, "SELECT count(*) FROM codings"), number(t, s, "SELECT count(*) FROM audit")}
	}
	// Once while the chunk goes back, once when it is done.
	for range 2 {
		c := claim(t, s, p, "me")
		list := items(t, s, c)
		results = append(results, codedAs(list[0]), reviewOf(list[1]))
		commit(t, s, c, results...)
		before := count()
		commit(t, s, c, results...)
		if count() != before {
			t.Fatalf("wrote %v after %v", count(), before)
		}
	}
}

func theDatabaseTakesNoSecondLiveCoding(t *testing.T, s *Store) {
	load(t, s, 1)
	codeEverything(t, s)
	if _, err := s.write.Exec(`INSERT INTO codings (report_id, verbatim_version, dictionary, language, synonym_version, engine_version, llt_code, llt_name,
		pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name, method, score, decided_by, decided_at)
		SELECT report_id, verbatim_version, dictionary, '', '', '', '', '', '', '', '', '', '', '', '', '', '', 1, 'x', 1 FROM codings`); err == nil {
		t.Fatal("the database took a second live coding")
	}
}

func aReviewCodedLaterLeavesNoSuggestion(t *testing.T, s *Store) {
	load(t, s, 1)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	commit(t, s, c, reviewOf(items(t, s, c)[0]))
	finish(t, s, p)
	if number(t, s, "SELECT count(*) FROM suggestions") != 1 {
		t.Fatal("no suggestion")
	}
	req := openReq("all", 10)
	req.Pin.SynonymVersion = "syn-2"
	p, _, err := s.OpenPass(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	c = claim(t, s, p, "me")
	commit(t, s, c, codedAs(items(t, s, c)[0]))
	if number(t, s, "SELECT count(*) FROM suggestions") != 0 {
		t.Fatal("the suggestion is still there")
	}
}

// progressIsWhatTheMembersAddUpTo compares the chunks' tallies with the members
// after each kind of change.
func progressIsWhatTheMembersAddUpTo(t *testing.T, s *Store) {
	load(t, s, 9)
	p := openPass(t, s, "all", 3)
	agree := func(what string) {
		t.Helper()
		var members, told summary
		err := s.inShortWrite(t.Context(), func(ctx context.Context, tx *txn) (err error) {
			if members, err = tx.count(ctx, p.RunID, p.Number); err == nil {
				told, err = progress(ctx, time.Minute, tx.tx, p.RunID, p.Number)
			}
			return err
		})
		if err != nil || !members.equal(told) {
			t.Fatalf("%s: members %+v, chunks %+v, %v", what, members, told, err)
		}
	}
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	commit(t, s, c, codedAs(list[0]), leftOf(list[1], "DEADLINE", false))
	agree("a part")
	newImport(t, s, "change").send(textRow(2, "R002", "Nausea"))
	c = claim(t, s, p, "me")
	items(t, s, c)
	agree("a member gone")
	commit(t, s, c)
	agree("done")
	c = claim(t, s, p, "me")
	list = items(t, s, c)
	commit(t, s, c, reviewOf(list[0]), codedAs(list[1]))
	if _, err := s.EndPass(t.Context(), p.RunID, p.Number, run.Cancelled, "", "CANCELLED"); err != nil {
		t.Fatal(err)
	}
	agree("ended")
}

func aMiscountedPassIsNotEnded(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	commit(t, s, c, codeAll(items(t, s, c))...)
	direct(t, s, `UPDATE chunks SET tally = '{"coded":{"exact":1}}'`)
	if _, _, err := s.FinishPass(t.Context(), p.RunID, p.Number); !errors.Is(err, errMiscounted) {
		t.Fatalf("err %v", err)
	}
	if got, err := s.Pass(t.Context(), p.RunID, p.Number); err != nil || !got.State.Open() {
		t.Fatalf("%+v %v", got, err)
	}
	direct(t, s, `UPDATE chunks SET tally = '{"coded":{"exact":2}}'`)
	finish(t, s, p)
}

func commitRefusesAnImpossibleResult(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	for name, results := range map[string][]run.Result{
		"no coding":     {{ReportID: list[0].ReportID, VerbatimVersion: 1, Kind: run.Coded}},
		"no reason":     {{ReportID: list[0].ReportID, VerbatimVersion: 1, Kind: run.Review}},
		"no class":      {{ReportID: list[0].ReportID, VerbatimVersion: 1, Kind: run.Left}},
		"gone":          {{ReportID: list[0].ReportID, VerbatimVersion: 1, Kind: run.Gone}},
		"other version": {{ReportID: list[0].ReportID, VerbatimVersion: 2, Kind: run.Coded, Coding: aCoding()}},
		"no member":     {{ReportID: 999, VerbatimVersion: 1, Kind: run.Coded, Coding: aCoding()}},
		"twice":         {codedAs(list[0]), reviewOf(list[0])},
	} {
		if _, err := s.CommitChunk(t.Context(), c, results, 0); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: err %v", name, err)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM codings"); n != 0 {
		t.Fatalf("%d codings", n)
	}
}

// decideByHand is what a person's decision leaves in the database.
func decideByHand(t *testing.T, s *Store, record string) {
	t.Helper()
	direct(t, s, `INSERT INTO codings (report_id, verbatim_version, dictionary, language, synonym_version, engine_version, llt_code, llt_name,
		pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name, method, score, decided_by, decided_at)
		SELECT id, verbatim_version, 'ctcae-5.0', 'en', '', '', '777', 'By hand', '777', 'By hand', '', '', '', '', '', '', 'manual', 1, 'dr.x', 1
		FROM ae_reports WHERE record_id = $1`, record)
	direct(t, s, "UPDATE ae_reports SET status = 'CODED', review_reason = '', human_decided = 1 WHERE record_id = $1", record)
}

func aDuplicateFoundInMidRunIsNotCoded(t *testing.T, s *Store) {
	load(t, s, 1)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	newImport(t, s, "again").send(textRow(2, "R000", "Headache 0"), textRow(3, "R000", "Nausea"))
	commit(t, s, c, codeAll(list)...)
	wantState(t, get(t, s, "R000"), report.Review, report.DuplicateIdentity, 1)
	if ended := finish(t, s, p); ended.ReviewByReason["DUPLICATE_IDENTITY"] != 1 || ended.State != run.Completed {
		t.Fatalf("%+v", ended)
	}
}

// failOnce opens a pass on a date and leaves every item with the class given.
// aDatabaseSetBackCodesAgain restores the state before a commit: the work is
// done again, once, whatever other stores remember.
func aDatabaseSetBackCodesAgain(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	back := setBack(t, s)
	first := commit(t, s, c, codeAll(items(t, s, c))...)

	expire(t, back, c)
	again := claim(t, back, p, "other")
	list := items(t, back, again)
	if len(list) != 2 {
		t.Fatalf("%d items after the restore", len(list))
	}
	second := commit(t, back, again, codeAll(list)...)
	if len(first.Recorded) != 2 || len(second.Recorded) != 2 {
		t.Fatalf("%v, %v", first, second)
	}
	finish(t, back, p)
	if n := number(t, back, "SELECT count(*) FROM codings WHERE superseded_at IS NULL"); n != 2 {
		t.Fatalf("%d live codings", n)
	}
	if err := back.VerifyAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func recordCodesOneReport(t *testing.T, s *Store) {
	row := textRow(0, "A", "Headache")
	r, _, err := s.Submit(t.Context(), row)
	if err != nil {
		t.Fatal(err)
	}
	item := run.Item{ReportID: r.ID, VerbatimVersion: 1}
	if r, err = s.Record(t.Context(), r.ID, leftOf(item, "UNAVAILABLE", true)); err != nil || r.Status != report.Pending || r.LastError != "UNAVAILABLE" {
		t.Fatalf("%+v %v", r, err)
	}
	if r, err = s.Record(t.Context(), r.ID, reviewOf(item)); err != nil || r.Status != report.Review || len(r.Candidates) != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	// Twice is once.
	for range 2 {
		if r, err = s.Record(t.Context(), r.ID, codedAs(item)); err != nil || r.Status != report.Coded || r.Coding == nil || len(r.Candidates) != 0 {
			t.Fatalf("%+v %v", r, err)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM codings"); n != 1 {
		t.Fatalf("%d codings", n)
	}
	// For a verbatim that has changed meanwhile nothing is written.
	row.Verbatim = "Nausea"
	if _, _, err = s.Submit(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	if r, err = s.Record(t.Context(), r.ID, codedAs(item)); err != nil || r.Status != report.Pending || r.Coding != nil {
		t.Fatalf("%+v %v", r, err)
	}
	decideByHand(t, s, "A")
	item.VerbatimVersion = 2
	if r, err = s.Record(t.Context(), r.ID, codedAs(item)); err != nil || r.Coding == nil || r.Coding.DecidedBy != "dr.x" {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err = s.Record(t.Context(), 999, codedAs(item)); !errors.Is(err, ErrNotFound) {
		t.Fatalf("err %v", err)
	}
	none := codedAs(item)
	none.Versions = report.Versions{}
	if _, err = s.Record(t.Context(), r.ID, run.Result{Kind: run.Coded}); !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), "Nausea") {
		t.Fatalf("err %v", err)
	}
}

package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// expire puts a lease into the past, as time would.
func expire(t *testing.T, s *Store, c run.Chunk) {
	t.Helper()
	direct(t, s, "UPDATE chunks SET lease_until = 1 WHERE run_id = $1 AND pass = $2 AND seq = $3", c.RunID, c.Pass, c.Seq)
}

func aChunkHasOneOwner(t *testing.T, s *Store) {
	load(t, s, 20)
	p := openPass(t, s, "all", 2)
	var mu sync.Mutex
	owners := map[int]int{}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for {
				c, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, fmt.Sprint("owner", n), time.Minute)
				if err != nil {
					t.Error(err)
				}
				if err != nil || !ok {
					return
				}
				mu.Lock()
				owners[c.Seq]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(owners) != 10 {
		t.Fatalf("%d chunks were claimed", len(owners))
	}
	for seq, n := range owners {
		if n != 1 {
			t.Fatalf("chunk %d was claimed %d times", seq, n)
		}
	}
	if _, _, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "", time.Minute); !errors.Is(err, ErrInvalid) {
		t.Fatalf("err %v", err)
	}
}

func anExpiredLeaseGoesToAnother(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	old := claim(t, s, p, "old")
	list := items(t, s, old)
	if _, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "new", time.Minute); ok || err != nil {
		t.Fatalf("a leased chunk was claimed: %v", err)
	}
	expire(t, s, old)
	// The same owner's second claim is another lease, too.
	for _, owner := range []string{"new", "old"} {
		taken := claim(t, s, p, owner)
		if taken.Attempt < 2 || taken.Seq != old.Seq {
			t.Fatalf("%+v", taken)
		}
		for name, call := range map[string]func() error{
			"extend":  func() error { return s.ExtendChunk(t.Context(), old, time.Minute) },
			"release": func() error { return s.ReleaseChunk(t.Context(), old, 0) },
			"items":   func() error { _, err := s.Items(t.Context(), old); return err },
			"commit":  func() error { _, err := s.CommitChunk(t.Context(), old, codeAll(list), 0); return err },
		} {
			if err := call(); !errors.Is(err, run.ErrLeaseLost) {
				t.Fatalf("%s: err %v", name, err)
			}
		}
		expire(t, s, taken)
	}
	if n := number(t, s, "SELECT count(*) FROM codings"); n != 0 {
		t.Fatalf("%d codings of a lost lease", n)
	}
}

func aReleasedChunkWaits(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	if err := s.ReleaseChunk(t.Context(), c, time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "me", time.Minute); ok || err != nil {
		t.Fatalf("claimed before its time: %v", err)
	}
	direct(t, s, "UPDATE chunks SET not_before = 1")
	if c = claim(t, s, p, "me"); c.Attempt != 2 {
		t.Fatalf("%+v", c)
	}
}

func aLostClaimIsGivenBack(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 1)
	unknown := claim(t, s, p, "me/1")
	known := claim(t, s, p, "me/2")
	lost := run.Chunk{RunID: p.RunID, Pass: p.Number, Owner: "me/1"}
	if err := s.ReleaseChunk(t.Context(), lost, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.ReleaseChunk(t.Context(), lost, 0); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("nothing is left to give back: err %v", err)
	}
	if err := s.ExtendChunk(t.Context(), known, time.Minute); err != nil {
		t.Fatalf("another owner's lease: %v", err)
	}
	if again := claim(t, s, p, "me/3"); again.Seq != unknown.Seq || again.Attempt != 2 {
		t.Fatalf("%+v", again)
	}
}

func triesAreWhatOwnersCounted(t *testing.T, s *Store) {
	load(t, s, 3)
	p := openPass(t, s, "all", 10)
	want := func(attempt, tries int) run.Chunk {
		t.Helper()
		c := claim(t, s, p, "me")
		if c.Attempt != attempt || c.Tries != tries {
			t.Fatalf("attempt %d after %d tries, want %d after %d", c.Attempt, c.Tries, attempt, tries)
		}
		return c
	}
	c := want(1, 0)
	c.Tries = 1
	if err := s.ReleaseChunk(t.Context(), c, 0); err != nil {
		t.Fatal(err)
	}
	c = want(2, 1)
	expire(t, s, c) // its owner has died
	c = want(3, 1)
	late := c
	if err := s.ReleaseChunk(t.Context(), run.Chunk{RunID: c.RunID, Pass: c.Pass, Owner: c.Owner}, 0); err != nil {
		t.Fatal(err)
	}
	c = want(4, 1)
	late.Tries = 5
	if err := s.ReleaseChunk(t.Context(), late, 0); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("err %v", err)
	}
	list := items(t, s, c)
	c.Tries = 2
	for range 2 { // the answer to the first was lost
		commit(t, s, c, codedAs(list[0]))
	}
	want(5, 2)
}

func extendKeepsTheLease(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	expire(t, s, c)
	// Late, but nobody took it.
	if err := s.ExtendChunk(t.Context(), c, time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "other", time.Minute); ok || err != nil {
		t.Fatalf("claimed: %v", err)
	}
}

func aRenewalMeetsItsOwnCommit(t *testing.T, s *Store) {
	load(t, s, 3)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	// Given back in part, then done: both by its own hand.
	commit(t, s, c, codedAs(list[0]))
	if err := s.ExtendChunk(t.Context(), c, time.Minute); err != nil {
		t.Fatal(err)
	}
	again := claim(t, s, p, "me")
	if err := s.ExtendChunk(t.Context(), c, time.Minute); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("the attempt before: err %v", err)
	}
	commit(t, s, again, codeAll(items(t, s, again))...)
	if err := s.ExtendChunk(t.Context(), again, time.Minute); err != nil {
		t.Fatal(err)
	}
	other := again
	other.Owner = "other"
	if err := s.ExtendChunk(t.Context(), other, time.Minute); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("err %v", err)
	}
	if n := number(t, s, "SELECT count(*) FROM chunks WHERE state = 'DONE' AND lease_until = 0"); n != 1 {
		t.Fatal("a finished chunk was leased again")
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

func commitWritesCodingsReviewsAndLeft(t *testing.T, s *Store) {
	load(t, s, 3)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	done := commit(t, s, c, codedAs(list[0]), reviewOf(list[1]), leftOf(list[2], "UNAVAILABLE", false))
	coded, review, left := get(t, s, "R000"), get(t, s, "R001"), get(t, s, "R002")
	if !done.Done {
		t.Fatal("not done")
	}
	if diff := cmp.Diff(map[int64]int64{coded.ID: coded.Coding.ID, review.ID: 0}, done.Recorded); diff != "" {
		t.Fatal(diff)
	}
	wantState(t, coded, report.Coded, "", 1)
	want := aCoding()
	want.ID, want.DecidedAt, want.DecidedBy, want.Versions = coded.Coding.ID, coded.Coding.DecidedAt, report.Machine, pin
	if diff := cmp.Diff(want, coded.Coding); diff != "" {
		t.Fatal(diff)
	}
	if now, err := s.Now(t.Context()); err != nil || coded.Coding.DecidedAt.Before(p.OpenedAt) || coded.Coding.DecidedAt.After(now) {
		t.Fatalf("decided at %v, %v", coded.Coding.DecidedAt, err)
	}
	wantState(t, review, report.Review, report.Suggested, 1)
	if diff := cmp.Diff(reviewOf(list[1]).Candidates, review.Candidates); diff != "" {
		t.Fatal(diff)
	}
	wantState(t, left, report.Pending, "", 1)
	if left.LastError != "UNAVAILABLE" {
		t.Fatalf("last error %q", left.LastError)
	}
	open, err := s.Pass(t.Context(), p.RunID, p.Number)
	if err != nil || open.Coded != 1 || open.Review != 1 || open.Left != 1 || len(open.LeftByReason) != 0 {
		t.Fatalf("%+v %v", open, err)
	}
	ended := finish(t, s, p)
	if ended.CodedByMethod["exact"] != 1 || ended.ReviewByReason["SUGGESTED"] != 1 || ended.LeftByReason["UNAVAILABLE"] != 1 || ended.State != run.Partial {
		t.Fatalf("%+v", ended)
	}
	if head, err := s.AuditHead(t.Context()); err != nil || head != ended.AuditHead || head == "" {
		t.Fatalf("head %q, noted %q, %v", head, ended.AuditHead, err)
	}
}

func commitTwiceIsOnce(t *testing.T, s *Store) {
	load(t, s, 4)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	part := []run.Result{codedAs(list[0]), reviewOf(list[1])}
	count := func() [2]int64 {
		return [2]int64{number(t, s, "SELECT count(*) FROM codings"), number(t, s, "SELECT count(*) FROM audit")}
	}
	// Once while the chunk goes back, once when it is done.
	first := commit(t, s, c, part...)
	before := count()
	again := commit(t, s, c, part...)
	if diff := cmp.Diff(first, again); diff != "" || count() != before {
		t.Fatalf("%s, wrote %v after %v", diff, count(), before)
	}
	c = claim(t, s, p, "me")
	rest := codeAll(items(t, s, c))
	if len(rest) != 2 {
		t.Fatalf("%d items are left", len(rest))
	}
	first = commit(t, s, c, append(part, rest...)...)
	before = count()
	again = commit(t, s, c, append(part, rest...)...)
	if diff := cmp.Diff(first, again); diff != "" || !first.Done || count() != before {
		t.Fatalf("%s, wrote %v after %v", diff, count(), before)
	}
}

func commitByAnotherOwnerWritesNothing(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	thief := c
	thief.Owner = "other"
	if _, err := s.CommitChunk(t.Context(), thief, codeAll(list), 0); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("err %v", err)
	}
	// Released is not mine any more, either.
	if err := s.ReleaseChunk(t.Context(), c, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CommitChunk(t.Context(), c, codeAll(list), 0); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("err %v", err)
	}
	if n := number(t, s, "SELECT count(*) FROM codings"); n != 0 {
		t.Fatalf("%d codings", n)
	}
	wantState(t, get(t, s, "R000"), report.Pending, "", 1)
}

func commitOfAPartReleasesTheChunk(t *testing.T, s *Store) {
	load(t, s, 3)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	done, err := s.CommitChunk(t.Context(), c, codeAll(list[:1]), time.Hour)
	if err != nil || done.Done {
		t.Fatalf("%+v %v", done, err)
	}
	// It is nobody's now: a repeat may read back, but not write more.
	if _, err := s.CommitChunk(t.Context(), c, codeAll(list), 0); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("err %v", err)
	}
	if n := number(t, s, "SELECT count(*) FROM codings"); n != 1 {
		t.Fatalf("%d codings", n)
	}
	if _, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "other", time.Minute); ok || err != nil {
		t.Fatalf("claimed before its time: %v", err)
	}
	direct(t, s, "UPDATE chunks SET not_before = 1")
	c = claim(t, s, p, "other")
	if rest := items(t, s, c); len(rest) != 2 {
		t.Fatalf("%d items are left", len(rest))
	}
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
		FROM reports WHERE record_id = $1`, record)
	direct(t, s, "UPDATE reports SET status = 'CODED', review_reason = '', human_decided = 1 WHERE record_id = $1", record)
}

func aMachineNeverSupersedesAPerson(t *testing.T, s *Store) {
	load(t, s, 6)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	decideByHand(t, s, "R000")
	direct(t, s, "UPDATE reports SET status = 'WITHDRAWN', human_decided = 1 WHERE record_id = 'R001'")
	direct(t, s, "UPDATE reports SET status = 'REVIEW', review_reason = 'SUGGESTED', human_decided = 1 WHERE record_id = 'R002'")
	// A person's coding without the mark still stands.
	decideByHand(t, s, "R003")
	direct(t, s, "UPDATE reports SET status = 'PENDING', human_decided = 0 WHERE record_id = 'R003'")

	done := commit(t, s, c, codeAll(list)...)
	if !done.Done {
		t.Fatal("not done")
	}
	gone := []int64{get(t, s, "R000").ID, get(t, s, "R001").ID, get(t, s, "R002").ID, get(t, s, "R003").ID}
	if diff := cmp.Diff(gone, done.Gone); diff != "" {
		t.Fatal(diff)
	}
	for _, record := range []string{"R000", "R003"} {
		r := get(t, s, record)
		if r.Coding == nil || r.Coding.LLT.Code != "777" || r.Coding.DecidedBy != "dr.x" {
			t.Fatalf("%s: %+v", record, r.Coding)
		}
	}
	wantState(t, get(t, s, "R001"), report.Withdrawn, "", 1)
	wantState(t, get(t, s, "R002"), report.Review, report.Suggested, 1)
	if n := number(t, s, "SELECT count(*) FROM codings WHERE decided_by = 'machine'"); n != 2 {
		t.Fatalf("%d machine codings", n)
	}
	ended := finish(t, s, p)
	if diff := cmp.Diff(map[string]int64{"exact": 2, elsewhere: 1}, ended.CodedByMethod); diff != "" {
		t.Fatal(diff)
	}
	if diff := cmp.Diff(map[string]int64{"WITHDRAWN": 1, "SUGGESTED": 1}, ended.ReviewByReason); diff != "" {
		t.Fatal(diff)
	}
	if ended.LeftByReason[changedMeanwhile] != 1 || ended.Left != 1 {
		t.Fatalf("%+v", ended)
	}
}

func aVerbatimChangedInMidRun(t *testing.T, s *Store) {
	load(t, s, 3)
	p := openPass(t, s, "all", 2)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	newImport(t, s, "change").send(textRow(2, "R000", "Nausea"), textRow(3, "R002", "Fever"))
	// One changed between Items and the commit, the other before Items.
	done := commit(t, s, c, codeAll(list)...)
	first := get(t, s, "R000")
	wantState(t, first, report.Pending, "", 2)
	if _, ok := done.Recorded[first.ID]; ok || first.Coding != nil {
		t.Fatal("the old verbatim's coding was recorded")
	}
	c = claim(t, s, p, "me")
	if rest := items(t, s, c); len(rest) != 0 {
		t.Fatalf("items %+v", rest)
	}
	if done = commit(t, s, c); !done.Done {
		t.Fatal("a chunk whose members are gone is not done")
	}
	ended := finish(t, s, p)
	if ended.Coded != 1 || ended.LeftByReason[changedMeanwhile] != 2 {
		t.Fatalf("%+v", ended)
	}
	if next := openPass(t, s, "all", 10); next.Read != 2 {
		t.Fatalf("%+v", next)
	}
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

func aLiveCodingIsNeverDoubled(t *testing.T, s *Store) {
	load(t, s, 1)
	codeEverything(t, s)
	coded := get(t, s, "R000")
	// Something set the report back without its coding.
	direct(t, s, "UPDATE reports SET status = 'PENDING'")
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	result := codedAs(items(t, s, c)[0])
	result.Coding.Method = "synonym"
	done := commit(t, s, c, result)
	if done.Recorded[coded.ID] != coded.Coding.ID {
		t.Fatalf("recorded %v, live %d", done.Recorded, coded.Coding.ID)
	}
	after := get(t, s, "R000")
	if after.Status != report.Coded || after.Coding.ID != coded.Coding.ID {
		t.Fatalf("%+v", after)
	}
	if ended := finish(t, s, p); ended.CodedByMethod["exact"] != 1 {
		t.Fatalf("%+v", ended)
	}
	if _, err := s.write.Exec(`INSERT INTO codings (report_id, verbatim_version, dictionary, language, synonym_version, engine_version, llt_code, llt_name,
		pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name, method, score, decided_by, decided_at)
		SELECT report_id, verbatim_version, dictionary, '', '', '', '', '', '', '', '', '', '', '', '', '', '', 1, 'x', 1 FROM codings`); err == nil {
		t.Fatal("the database took a second live coding")
	}
}

func aReviewCodedLaterLosesItsSuggestion(t *testing.T, s *Store) {
	load(t, s, 1)
	p := openPass(t, s, "all", 10)
	c := claim(t, s, p, "me")
	commit(t, s, c, reviewOf(items(t, s, c)[0]))
	finish(t, s, p)
	if len(get(t, s, "R000").Candidates) != 1 {
		t.Fatal("no suggestion")
	}
	req := openReq("all", 10)
	req.Pin.SynonymVersion = "syn-2"
	p, _, err := s.OpenPass(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	c = claim(t, s, p, "me")
	result := codedAs(items(t, s, c)[0])
	result.Versions = req.Pin
	commit(t, s, c, result)
	r := get(t, s, "R000")
	wantState(t, r, report.Coded, "", 1)
	if len(r.Candidates) != 0 || number(t, s, "SELECT count(*) FROM suggestions") != 0 {
		t.Fatal("the suggestion is still there")
	}
	if r.Coding.Versions != req.Pin {
		t.Fatalf("versions %+v", r.Coding.Versions)
	}
}

// failOnce opens a pass on a date and leaves every item with the class given.
func failOnce(t *testing.T, s *Store, date string, itemFault bool) run.Pass {
	t.Helper()
	req := openReq("all", 10)
	req.Date = date
	p, opened, err := s.OpenPass(t.Context(), req)
	if err != nil || !opened {
		t.Fatal(opened, err)
	}
	c := claim(t, s, p, "me")
	var results []run.Result
	for _, i := range items(t, s, c) {
		results = append(results, leftOf(i, "INTERNAL", itemFault))
	}
	commit(t, s, c, results...)
	return finish(t, s, p)
}

func threeNightsMakePoison(t *testing.T, s *Store) {
	load(t, s, 1)
	// Several passes of one night count once, those of an earlier one not at all.
	for _, date := range []string{"2026-03-01", "2026-03-01", "2026-03-02", "2026-03-01", "2026-03-02"} {
		failOnce(t, s, date, true)
		r := get(t, s, "R000")
		wantState(t, r, report.Pending, "", 1)
		if r.LastError != "INTERNAL" {
			t.Fatalf("last error %q", r.LastError)
		}
	}
	ended := failOnce(t, s, "2026-03-03", true)
	wantState(t, get(t, s, "R000"), report.Review, report.Poison, 1)
	if ended.ReviewByReason["POISON"] != 1 || ended.Left != 0 || ended.State != run.Completed {
		t.Fatalf("%+v", ended)
	}
	// It waits for a person, whatever the versions.
	req := openReq("all", 10)
	req.Pin.EngineVersion = "9"
	if _, opened, err := s.OpenPass(t.Context(), req); opened || err != nil {
		t.Fatalf("poison is taken again: %v", err)
	}
	// A new verbatim starts afresh.
	newImport(t, s, "new").send(textRow(2, "R000", "Nausea"))
	wantState(t, get(t, s, "R000"), report.Pending, "", 2)
	failOnce(t, s, "2026-03-04", true)
	wantState(t, get(t, s, "R000"), report.Pending, "", 2)
}

func anOutageNeverMakesPoison(t *testing.T, s *Store) {
	load(t, s, 1)
	for day := 1; day <= 5; day++ {
		failOnce(t, s, fmt.Sprintf("2026-03-%02d", day), false)
	}
	wantState(t, get(t, s, "R000"), report.Pending, "", 1)
}

func finishWaitsForOpenChunks(t *testing.T, s *Store) {
	load(t, s, 2)
	p := openPass(t, s, "all", 1)
	for range 2 {
		if got, ok, err := s.FinishPass(t.Context(), p.RunID, p.Number); ok || err != nil || got.State != run.Running {
			t.Fatalf("%+v %v %v", got, ok, err)
		}
		c := claim(t, s, p, "me")
		commit(t, s, c, codeAll(items(t, s, c))...)
	}
	first := finish(t, s, p)
	if first.State != run.Completed || first.Coded != 2 {
		t.Fatalf("%+v", first)
	}
	// Finishing or ending again changes nothing.
	again := finish(t, s, p)
	ended, err := s.EndPass(t.Context(), p.RunID, p.Number, run.Cancelled, "late", "CANCELLED")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again) + cmp.Diff(first, ended); diff != "" {
		t.Fatal(diff)
	}
}

func endingAPassLeavesTheRest(t *testing.T, s *Store) {
	load(t, s, 4)
	p := openPass(t, s, "all", 2)
	c := claim(t, s, p, "me")
	list := items(t, s, c)
	commit(t, s, c, codeAll(list)...)
	c = claim(t, s, p, "me")
	list = items(t, s, c)
	decideByHand(t, s, "R003")
	ended, err := s.EndPass(t.Context(), p.RunID, p.Number, run.Partial, "outage budget spent", "UNAVAILABLE")
	if err != nil {
		t.Fatal(err)
	}
	balanced(t, ended)
	if ended.State != run.Partial || ended.StateReason != "outage budget spent" || ended.LeftByReason["UNAVAILABLE"] != 1 ||
		ended.CodedByMethod[elsewhere] != 1 || ended.Coded != 3 {
		t.Fatalf("%+v", ended)
	}
	if r := get(t, s, "R002"); r.Status != report.Pending || r.LastError != "UNAVAILABLE" {
		t.Fatalf("%+v", r)
	}
	if r := get(t, s, "R003"); r.LastError != "" {
		t.Fatalf("%+v", r)
	}
	if _, err := s.CommitChunk(t.Context(), c, codeAll(list), 0); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("err %v", err)
	}
	if err := s.ExtendChunk(t.Context(), c, time.Minute); !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("err %v", err)
	}
	if _, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "me", time.Minute); ok || err != nil {
		t.Fatalf("claimed in an ended pass: %v", err)
	}
	if _, err := s.EndPass(t.Context(), p.RunID, p.Number, run.Completed, "", ""); !errors.Is(err, ErrInvalid) {
		t.Fatalf("err %v", err)
	}
}

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

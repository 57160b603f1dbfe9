package nightly_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func TestRunCodesEveryReportOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1234)
		w.coder.takes = 20 * time.Millisecond
		e, stop := w.engine()
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Completed, 1234, 0, 0)
		if w.claims.completed != 1234 || w.claims.held() != 0 {
			t.Errorf("%d records completed, %d still held; want 1234 and 0", w.claims.completed, w.claims.held())
		}
		if got := w.seen.reports["coded/exact"]; got != 1234 {
			t.Errorf("observer saw %d coded, want 1234", got)
		}
		if got := w.seen.chunks["done"]; got != 25 {
			t.Errorf("observer saw %d chunks done, want 25", got)
		}
		if w.coder.withoutDeadline != 0 {
			t.Errorf("%d calls without a deadline", w.coder.withoutDeadline)
		}
		if w.coder.most > w.cfg.EncodeConcurrency {
			t.Errorf("%d calls at once, want at most %d", w.coder.most, w.cfg.EncodeConcurrency)
		}
	})
}

func TestRunTakesOneRoundTripAChunkToClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 50)
		w.cfg.Workers = 1
		e, stop := w.engine()
		defer stop()
		w.await(e, w.start(e))
		// Claim, and then Complete, which this fake counts by record.
		if got := w.claims.trips - w.claims.completed; got != 1 {
			t.Errorf("%d round trips to claim one chunk", got)
		}
	})
}

func TestSecondStartOnAFinishedRunFindsNothingToDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		e, stop := w.engine()
		defer stop()
		first := w.await(e, w.start(e))
		again, opened, err := e.Start(t.Context(), "", "all")
		if err != nil || opened || again.Number != first.Number || again.State != run.Completed {
			t.Errorf("Start = pass %d %s, opened %v, %v", again.Number, again.State, opened, err)
		}
		if w.store.codings != 10 {
			t.Errorf("%d codings, want 10", w.store.codings)
		}
	})
}

func TestVerbatimsThatAreAlikeAreCodedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		all := items(40)
		for i := range all {
			all[i].Verbatim = "nausea"
		}
		all[38].Language = "zh"
		all[39].Identity.Study = "S2"
		w.store = newFakeStore(all...)
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 40, 0, 0)
		if len(w.coder.asked) != 3 {
			t.Errorf("%d distinct terms asked, want 3", len(w.coder.asked))
		}
		for term, n := range w.coder.asked {
			if n != 1 {
				t.Errorf("asked %d times for language %s study %s", n, term.Language, term.Study)
			}
		}
		if a, b := w.store.reports[1].codings[0], w.store.reports[2].codings[0]; a.ID == b.ID {
			t.Errorf("two reports share coding %d", a.ID)
		}
	})
}

func TestAnswersThatDecideNothingGoToReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 4)
		w.coder.answer = func(term run.Term) (run.Answer, bool) {
			switch term.Verbatim {
			case "verbatim 1":
				return run.Answer{Reason: report.Suggested, Versions: newest, Candidates: []report.Candidate{{Score: 0.5}}}, true
			case "verbatim 2":
				return run.Answer{Reason: report.NoMatch, Versions: newest}, true
			case "verbatim 3":
				return run.Answer{Reason: report.Refused, Versions: newest}, true
			}
			return run.Answer{}, false
		}
		e, stop := w.engine()
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Completed, 1, 3, 0)
		for _, reason := range []string{"SUGGESTED", "NO_MATCH", "REFUSED"} {
			if p.ReviewByReason[reason] != 1 {
				t.Errorf("review by reason = %v", p.ReviewByReason)
			}
		}
		if w.claims.completed != 4 {
			t.Errorf("%d records completed, want 4: a review is an outcome", w.claims.completed)
		}
	})
}

func TestAnItemThatFailsIsLeftWhileOthersAreCoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		w.coder.answer = func(term run.Term) (run.Answer, bool) {
			return run.Answer{Err: &run.Failure{Class: "INTERNAL", Item: true}}, term.Verbatim == "verbatim 7"
		}
		e, stop := w.engine()
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 99, 0, 1)
		m := w.store.passes[0].chunks[0].members[6]
		if !m.fault || m.detail != "INTERNAL" {
			t.Errorf("item's fault = %v, class %s", m.fault, m.detail)
		}
		if len(w.store.pauses) != 0 {
			t.Errorf("the pass was paused for one item: %v", w.store.pauses)
		}
		if w.claims.held() != 0 || w.claims.released != 1 {
			t.Errorf("%d records held, %d released; the left one must be given back", w.claims.held(), w.claims.released)
		}
	})
}

func TestATransientFailureOfSomeIsTriedInTheChunksNextAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 30)
		failures := 0
		w.coder.answer = func(term run.Term) (run.Answer, bool) {
			if term.Verbatim == "verbatim 3" && failures < 2 {
				failures++
				return run.Answer{Err: &run.Failure{Class: "UNAVAILABLE"}}, true
			}
			return run.Answer{Err: &run.Failure{Class: "DEADLINE"}}, term.Verbatim == "verbatim 4"
		}
		e, stop := w.engine()
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 29, 0, 1)
		if m := w.store.passes[0].chunks[0].members[3]; m.fault || m.detail != "DEADLINE" {
			t.Errorf("item's fault = %v, class %s: what failed for want of time is not the item's fault", m.fault, m.detail)
		}
		if got := w.store.passes[0].chunks[0].attempts; got != w.cfg.ChunkAttempts {
			t.Errorf("%d attempts of the chunk, want %d", got, w.cfg.ChunkAttempts)
		}
	})
}

func TestAnAnswerThatNeitherDecidesNorSaysWhyCodesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		w.coder.answer = func(term run.Term) (run.Answer, bool) {
			return run.Answer{Coding: &report.Coding{}, Versions: newest}, term.Verbatim == "verbatim 1"
		}
		e, stop := w.engine()
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 2, 0, 1)
		if p.LeftByReason[run.ClassMalformed] != 1 {
			t.Errorf("left by reason = %v", p.LeftByReason)
		}
	})
}

func TestADecisionOfAPersonInMidRunIsNotTouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 20)
		w.store.onCommit = func(run.Chunk) {
			w.store.mu.Lock()
			defer w.store.mu.Unlock()
			w.store.reports[5].status, w.store.reports[5].byPerson = report.Proposed, true
		}
		e, stop := w.engine()
		defer stop()
		w.await(e, w.start(e))
		if r := w.store.reports[5]; r.status != report.Proposed || len(r.codings) != 0 {
			t.Errorf("report 5 is %s with %d codings", r.status, len(r.codings))
		}
		// Its record was claimed, and no outcome was recorded for it.
		if w.claims.completed != 19 || w.claims.held() != 0 {
			t.Errorf("%d completed, %d held; want 19 and 0", w.claims.completed, w.claims.held())
		}
	})
}

func TestRedisSaysDoneButTheDatabaseSaysPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 60)
		for i, item := range items(60) {
			if i%2 == 0 {
				w.claims.records[claimKey(newest, item)] = &fakeRecord{owner: "before the restore", done: true, id: 99}
			}
		}
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 60, 0, 0)
	})
}

func TestItemsInFlightElsewhereWaitForTheChunksNextAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 20)
		other := time.Now().Add(4 * time.Second)
		for _, item := range items(3) {
			w.claims.records[claimKey(newest, item)] = &fakeRecord{owner: "another", until: other}
		}
		e, stop := w.engine()
		defer stop()
		start := time.Now()
		p := w.start(e)
		time.Sleep(time.Second)
		if now, _ := w.store.Pass(t.Context(), p.RunID, 0); now.Coded != 17 {
			t.Errorf("%d coded at first, want the 17 that are free", now.Coded)
		}
		w.wantEnd(w.await(e, p), run.Completed, 20, 0, 0)
		if took := time.Since(start); took < 4*time.Second || took > 7*time.Second {
			t.Errorf("took %v, want soon after the other's lease of 4 s", took)
		}
		if w.coder.asked[run.Term{Verbatim: "verbatim 1", Language: "en", Study: "S1"}] != 1 {
			t.Error("an item in flight elsewhere was sent to terminology")
		}
	})
}

func TestStartGivesTheOpenPassWhileTerminologyIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		e, err := nightly.New(w.store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.coder.newErr = &run.Failure{Class: "UNAVAILABLE"}
		if _, _, err := e.Start(t.Context(), "", ""); run.ClassOf(err) != "UNAVAILABLE" {
			t.Errorf("Start without a pass: %v, want UNAVAILABLE", err)
		}
		w.coder.newErr = nil
		p := w.start(e)
		w.coder.newErr = &run.Failure{Class: "UNAVAILABLE"}
		again, opened, err := e.Start(t.Context(), "", "")
		if err != nil || opened || again.RunID != p.RunID || again.Number != p.Number {
			t.Errorf("Start = %s %d, opened %v, %v; want the open pass", again.RunID, again.Number, opened, err)
		}
	})
}

func TestStartNamesTheArgumentThatIsWrong(t *testing.T) {
	w := newWorld(t, 1)
	e, err := nightly.New(w.store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ date, scope, field string }{
		{"22.11.2026", "", "date"}, {"2026-02-30", "", "date"},
		{"", "study:", "scope"}, {"", "everything", "scope"}, {"", "study:a\nb", "scope"},
	} {
		_, _, err := e.Start(t.Context(), tt.date, tt.scope)
		wrong, ok := errors.AsType[*run.ArgumentError](err)
		if !ok || wrong.Field != tt.field {
			t.Errorf("Start(%q, %q) = %v, want an error about %s", tt.date, tt.scope, err, tt.field)
		}
	}
	if len(w.store.passes) != 0 {
		t.Error("a pass was opened")
	}
}

func TestWatchBeatsWhileNothingChangesAndEndsWithThePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		e, err := nightly.New(w.store, w.coder, w.claims, w.cfg.Config, w.cfg.Options, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := w.start(e)
		time.AfterFunc(21*time.Second, func() {
			if _, err := e.Cancel(context.Background(), p.RunID); err != nil {
				t.Errorf("Cancel: %v", err)
			}
		})
		var at []time.Time
		var last run.Pass
		if err := e.Watch(t.Context(), "", 0, func(p run.Pass) error {
			at, last = append(at, time.Now()), p
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		// At 0, 5, 10, 15, 20 s and at the end.
		if len(at) != 6 || last.State != run.Cancelled {
			t.Errorf("%d times, last %s; want 6, last CANCELLED", len(at), last.State)
		}
		if err := e.Watch(t.Context(), "2020-01-01.all", 0, nil); err == nil {
			t.Error("watching a run that is not there succeeded")
		}
	})
}

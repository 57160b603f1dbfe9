package storecontract

import (
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// ending holds the rules for the end of a pass.
var ending = []rule{
	{"FinishWaitsForOpenChunks", finishWaitsForOpenChunks},
	{"AFinishedPassIsCompletedOrPartialAndSaysWhy", aFinishedPassSaysWhy},
	{"EndingAPassLeavesTheRestAndTakesTheChunks", endingAPassLeavesTheRest},
	{"EndingAPassCountsWhatIsGone", endingAPassCountsWhatIsGone},
	{"EndPassRefusesWhatCannotBe", endPassRefusesWhatCannotBe},
	{"AnEndedPassFreesItsMembers", anEndedPassFreesItsMembers},
}

func finishWaitsForOpenChunks(f *fixture) {
	f.load(2)
	p := f.open(request("all", 1))
	unfinished := func() {
		f.t.Helper()
		if got, ok, err := f.store.FinishPass(f.ctx(), p.RunID, p.Number); ok || err != nil || got.State != run.Running {
			f.t.Fatalf("%+v %v %v", got, ok, err)
		}
	}
	for range 2 {
		unfinished()
		c := f.claim(p, "me")
		unfinished()
		f.commit(c, codeAll(f.items(c))...)
	}
	first := f.finish(p)
	if first.State != run.Completed || first.Coded != 2 {
		f.t.Fatalf("%+v", first)
	}
	// Finishing or ending again changes nothing.
	f.wantEqual(first, f.finish(p), "finished again")
	f.wantEqual(first, f.end(p, run.Cancelled, "late", "CANCELLED"), "ended again")
	f.wantEqual(first, f.pass(p), "read")
}

func aFinishedPassSaysWhy(f *fixture) {
	f.load(4)
	p := f.open(request("all", 2))
	c := f.claim(p, "me")
	list := f.items(c)
	f.commit(c, codedAs(list[0]), reviewOf(list[1]))
	// The reason of a pause does not outlive the end of the pass.
	if err := f.store.SetPaused(f.ctx(), p.RunID, p.Number, true, "terminology is away"); err != nil {
		f.t.Fatal(err)
	}
	c = f.claim(p, "me")
	list = f.items(c)
	f.commit(c, codedAs(list[0]), leftAs("UNAVAILABLE")(list[1]))
	p = f.finish(p)
	if p.State != run.Partial || p.Read != 4 || p.Coded != 2 || p.Review != 1 || p.Left != 1 || p.StateReason != "left: UNAVAILABLE 1" {
		f.t.Fatalf("%+v", p)
	}
	next := f.open(request("all", 2))
	f.work(next, reviewOf)
	if next = f.finish(next); next.State != run.Completed || next.StateReason != "" || next.Review != 1 || next.Left != 0 {
		f.t.Fatalf("%+v", next)
	}
}

func endingAPassLeavesTheRest(f *fixture) {
	f.load(4)
	p := f.open(request("all", 2))
	c := f.claim(p, "me")
	f.commit(c, codeAll(f.items(c))...)
	c = f.claim(p, "me")
	list := f.items(c)
	f.hooks.Set(f.t, identity("R003"), Standing{Status: report.Coded, ByPerson: true, Coding: byHand()})
	ended := f.end(p, run.Partial, "outage budget spent", "UNAVAILABLE")
	if ended.State != run.Partial || ended.StateReason != "outage budget spent" || ended.LeftByReason["UNAVAILABLE"] != 1 ||
		ended.CodedByMethod[elsewhere] != 1 || ended.Coded != 3 || ended.FinishedAt.Before(p.OpenedAt) {
		f.t.Fatalf("%+v", ended)
	}
	if r := f.stored("R002"); r.Status != report.Pending || r.LastError != "UNAVAILABLE" {
		f.t.Fatalf("%+v", r)
	}
	if r := f.stored("R003"); r.LastError != "" {
		f.t.Fatalf("%+v", r)
	}
	f.wantLost(c, codeAll(list)...)
	f.wantLost(c)
	f.expire()
	f.noClaim(p, "the pass has ended")
	f.wantCodings(3)
	f.wantEqual(ended, f.end(p, run.Cancelled, "late", "CANCELLED"), "ended again")
	f.wantEqual(ended, f.finish(p), "finished after it was ended")
}

func endingAPassCountsWhatIsGone(f *fixture) {
	f.load(6)
	p := f.open(request("all", 3))
	f.hooks.Set(f.t, identity("R000"), Standing{Status: report.Proposed, ByPerson: true})
	f.hooks.Set(f.t, identity("R001"), Standing{Status: report.Review, Reason: report.DuplicateIdentity})
	f.hooks.Change(f.t, identity("R002"), "Nausea")
	f.hooks.Set(f.t, identity("R003"), Standing{Status: report.Coded, ByPerson: true, Coding: byHand()})
	ended := f.end(p, run.Cancelled, "", "")
	f.wantEqual(map[string]int64{elsewhere: 1}, ended.CodedByMethod, "coded")
	f.wantEqual(map[string]int64{"PROPOSED": 1, "DUPLICATE_IDENTITY": 1}, ended.ReviewByReason, "review")
	// Without a class, the state is the class of what is left.
	f.wantEqual(map[string]int64{changed: 1, "CANCELLED": 2}, ended.LeftByReason, "left")
	if ended.State != run.Cancelled || ended.StateReason != "" {
		f.t.Fatalf("%+v", ended)
	}
	if r := f.stored("R002"); r.LastError != "" || r.VerbatimVersion != 2 {
		f.t.Fatalf("%+v", r)
	}
}

func endPassRefusesWhatCannotBe(f *fixture) {
	f.load(1)
	p := f.open(request("all", 10))
	for _, state := range []run.State{run.Completed, run.Running, run.Paused, ""} {
		if got, err := f.store.EndPass(f.ctx(), p.RunID, p.Number, state, "", "X"); err == nil {
			f.t.Errorf("ended as %q: %+v", state, got)
		}
	}
	if got := f.pass(p); got.State != run.Running || got.Left != 1 {
		f.t.Fatalf("%+v", got)
	}
}

func anEndedPassFreesItsMembers(f *fixture) {
	f.load(2)
	for n, end := range []func(run.Pass) run.Pass{
		func(p run.Pass) run.Pass { return f.end(p, run.Partial, "", "DEADLINE") },
		func(p run.Pass) run.Pass { return f.end(p, run.Cancelled, "", "CANCELLED") },
		func(p run.Pass) run.Pass {
			f.work(p, leftAs("DEADLINE"))
			return f.finish(p)
		},
	} {
		p := f.open(request("all", 10))
		if p.Number != n+1 || p.Read != 2 {
			f.t.Fatalf("pass %d: %+v", n+1, p)
		}
		if ended := end(p); ended.State.Open() || ended.Left != 2 || ended.AuditHead == "" {
			f.t.Fatalf("%+v", ended)
		}
	}
	// Without a reason, a PARTIAL pass says what is left.
	if first, err := f.store.Pass(f.ctx(), "2026-03-01.all", 1); err != nil || first.StateReason != "left: DEADLINE 2" {
		f.t.Fatalf("%+v %v", first, err)
	}
	f.wantEqual(int64(2), f.open(request("study:S1", 10)).Read, "members of another run")
}

package storecontract

import (
	"slices"
	"time"

	"aecode/data-sync/internal/run"
)

// reading holds the rules for finding passes and for what they tell.
var reading = []rule{
	{"PassesAndRunsAreFound", passesAndRunsAreFound},
	{"OpenPassesComeOldestFirst", openPassesComeOldestFirst},
	{"RunsComeByTheirNewestPassNewestFirst", runsComeByTheirNewestPass},
	{"WhatIsNotThereIsNotFound", whatIsNotThereIsNotFound},
	{"APausedPassSaysWhy", aPausedPassSaysWhy},
	{"TheTimesOfAPassAreTheDatabasesClock", theTimesOfAPassAreTheDatabasesClock},
}

func passesAndRunsAreFound(f *fixture) {
	_, err := f.store.Pass(f.ctx(), "", 0)
	f.wantIs(err, run.ErrNotFound, "no pass at all")
	f.load(2)
	first := f.open(request("all", 10))
	// Without a date, it is today in the Location of the request.
	req := request("study:none", 10)
	req.Date, req.Location = "", time.FixedZone("far east", 14*3600)
	before := f.now()
	today := f.open(req)
	if today.OpenedAt.Before(before) || today.OpenedAt.After(f.now()) {
		f.t.Fatalf("opened at %v, between %v and %v", today.OpenedAt, before, f.now())
	}
	if want := today.OpenedAt.In(req.Location).Format(time.DateOnly); today.Date != want {
		f.t.Fatalf("date %s, want %s", today.Date, want)
	}
	for _, c := range []struct {
		run    string
		number int
		want   string
	}{{"", 0, today.RunID}, {first.RunID, 0, first.RunID}, {first.RunID, 1, first.RunID}} {
		p, err := f.store.Pass(f.ctx(), c.run, c.number)
		if err != nil || p.RunID != c.want {
			f.t.Fatalf("%+v: %+v %v", c, p, err)
		}
	}
	open, err := f.store.OpenPasses(f.ctx())
	if err != nil || len(open) != 1 || open[0].RunID != first.RunID {
		f.t.Fatalf("%+v %v", open, err)
	}
	runs, err := f.store.Runs(f.ctx(), 10)
	if err != nil || len(runs) != 2 || runs[0].RunID != today.RunID || runs[1].RunID != first.RunID {
		f.t.Fatalf("%+v %v", runs, err)
	}
	if runs, err = f.store.Runs(f.ctx(), 1); err != nil || len(runs) != 1 || runs[0].RunID != today.RunID {
		f.t.Fatalf("%+v %v", runs, err)
	}
}

// threeRuns opens passes of three studies, one report each; Z's is the oldest.
func (f *fixture) threeRuns() (passes []run.Pass) {
	f.t.Helper()
	for _, study := range []string{"Z", "A", "M"} {
		row := textRow("of "+study, "Rash")
		row.Identity.Study = study
		f.receive(row)
		passes = append(passes, f.open(request("study:"+study, 10)))
	}
	return passes
}

func runIDs(passes []run.Pass) []string {
	ids := make([]string, len(passes))
	for i, p := range passes {
		ids[i] = p.RunID
	}
	return ids
}

func openPassesComeOldestFirst(f *fixture) {
	passes := f.threeRuns()
	// A paused pass is open as well.
	if err := f.store.SetPaused(f.ctx(), passes[0].RunID, 1, true, "why"); err != nil {
		f.t.Fatal(err)
	}
	open, err := f.store.OpenPasses(f.ctx())
	if err != nil {
		f.t.Fatal(err)
	}
	f.wantEqual(runIDs(passes), runIDs(open), "open passes")
	f.end(passes[1], run.Cancelled, "", "CANCELLED")
	if open, err = f.store.OpenPasses(f.ctx()); err != nil {
		f.t.Fatal(err)
	}
	f.wantEqual([]string{passes[0].RunID, passes[2].RunID}, runIDs(open), "open passes after one has ended")
	if open[0].State != run.Paused || open[1].State != run.Running || open[0].Read != 1 {
		f.t.Fatalf("%+v", open)
	}
}

func runsComeByTheirNewestPass(f *fixture) {
	passes := f.threeRuns()
	want := runIDs(passes)
	slices.Reverse(want)
	runs, err := f.store.Runs(f.ctx(), 10)
	if err != nil {
		f.t.Fatal(err)
	}
	f.wantEqual(want, runIDs(runs), "runs")
	// A second pass makes the oldest run the newest.
	f.end(passes[0], run.Partial, "", "DEADLINE")
	second := f.open(request("study:Z", 10))
	if runs, err = f.store.Runs(f.ctx(), 2); err != nil {
		f.t.Fatal(err)
	}
	f.wantEqual([]string{passes[0].RunID, passes[2].RunID}, runIDs(runs), "runs")
	if runs[0].Number != 2 {
		f.t.Fatalf("%+v", runs[0])
	}
	for _, id := range []string{"", second.RunID} {
		if p, err := f.store.Pass(f.ctx(), id, 0); err != nil || p.RunID != second.RunID || p.Number != 2 {
			f.t.Fatalf("run %q: %+v %v", id, p, err)
		}
	}
	if p, err := f.store.Pass(f.ctx(), second.RunID, 1); err != nil || p.Number != 1 || p.State != run.Partial {
		f.t.Fatalf("%+v %v", p, err)
	}
}

func whatIsNotThereIsNotFound(f *fixture) {
	f.load(1)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	before := f.snapshot()
	// Only Pass takes 0 for the newest.
	for _, at := range []struct {
		run    string
		number int
	}{{"none", 1}, {p.RunID, 2}, {p.RunID, 0}, {"", 1}} {
		if at.run != "" && at.number != 0 {
			_, err := f.store.Pass(f.ctx(), at.run, at.number)
			f.wantIs(err, run.ErrNotFound, "pass")
		}
		f.wantIs(f.store.SetPaused(f.ctx(), at.run, at.number, true, "why"), run.ErrNotFound, "pause")
		_, _, err := f.store.FinishPass(f.ctx(), at.run, at.number)
		f.wantIs(err, run.ErrNotFound, "finish")
		_, err = f.store.EndPass(f.ctx(), at.run, at.number, run.Cancelled, "", "")
		f.wantIs(err, run.ErrNotFound, "end")
		f.noClaim(run.Pass{RunID: at.run, Number: at.number}, "no such pass")
		// A chunk that does not exist has no lease.
		f.wantLost(run.Chunk{RunID: at.run, Pass: at.number, Owner: "me", Attempt: 1}, codeAll(list)...)
	}
	f.wantLost(run.Chunk{RunID: p.RunID, Pass: p.Number, Seq: 1, Owner: "me", Attempt: 1}, codeAll(list)...)
	f.wantSame(before, "calls about what is not there")
}

func aPausedPassSaysWhy(f *fixture) {
	f.load(1)
	p := f.open(request("all", 10))
	for _, c := range []struct {
		paused bool
		state  run.State
		reason string
	}{{true, run.Paused, "terminology is away"}, {false, run.Running, ""}} {
		if err := f.store.SetPaused(f.ctx(), p.RunID, p.Number, c.paused, "terminology is away"); err != nil {
			f.t.Fatal(err)
		}
		if got := f.pass(p); got.State != c.state || got.StateReason != c.reason {
			f.t.Fatalf("%+v", got)
		}
		// Paused or running, the pass is open: it can be asked for, and its chunks
		// claimed.
		if got, opened := f.ask(request("all", 10)); opened || got.State != c.state {
			f.t.Fatalf("%+v", got)
		}
		f.release(f.claim(p, "me"), 0)
	}
	f.end(p, run.Cancelled, "by hand", "CANCELLED")
	// On a pass that has ended, SetPaused does nothing.
	for _, paused := range []bool{true, false} {
		if err := f.store.SetPaused(f.ctx(), p.RunID, p.Number, paused, "late"); err != nil {
			f.t.Fatal(err)
		}
		if got := f.pass(p); got.State != run.Cancelled || got.StateReason != "by hand" {
			f.t.Fatalf("%+v", got)
		}
	}
}

func theTimesOfAPassAreTheDatabasesClock(f *fixture) {
	f.load(1)
	last := time.Time{}
	after := func(what string, at time.Time) {
		f.t.Helper()
		if at.Before(last) {
			f.t.Fatalf("%s at %v, after %v", what, at, last)
		}
		last = at
	}
	after("now", f.now())
	p := f.open(request("all", 10))
	after("opened", p.OpenedAt)
	after("now", f.now())
	f.work(p, codedAs)
	after("decided", f.stored("R000").Coding.DecidedAt)
	after("now", f.now())
	ended := f.finish(p)
	after("finished", ended.FinishedAt)
	after("now", f.now())
	if !p.Cutoff.Equal(p.OpenedAt) || ended.Elapsed != ended.FinishedAt.Sub(p.OpenedAt) || ended.AuditHead == "" {
		f.t.Fatalf("opened %+v, ended %+v", p, ended)
	}
}

package storecontract

import (
	"fmt"
	"sync"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// opening holds the rules for how a pass begins and which reports are in it.
var opening = []rule{
	{"APassTakesPendingReportsSeriousFirst", aPassTakesPendingReportsSeriousFirst},
	{"APassHasFixedMembers", aPassHasFixedMembers},
	{"APassTakesOnlyItsScope", aPassTakesOnlyItsScope},
	{"TenStartsAtOnceGiveOnePass", tenStartsAtOnceGiveOnePass},
	{"AReportIsInAtMostOneOpenPass", aReportIsInAtMostOneOpenPass},
	{"ARunWithoutWorkGetsAnEmptyCompletedPass", aRunWithoutWorkGetsAnEmptyCompletedPass},
	{"AFinishedRunOpensItsNextPassOnlyForWork", aFinishedRunOpensItsNextPassOnlyForWork},
	{"OpenPassRefusesWhatCannotBe", openPassRefusesWhatCannotBe},
}

func aPassTakesPendingReportsSeriousFirst(f *fixture) {
	var rows []report.Row
	for _, record := range []string{"A", "B", "C", "D", "E"} {
		row := textRow(record, "Headache")
		switch record {
		case "D":
			row.Serious = report.SeriousnessUnknown
		case "E":
			row.Serious = report.Serious
		}
		rows = append(rows, row)
	}
	held := textRow("F", "")
	held.Hold = report.Empty
	f.receive(append(rows, held)...)
	f.wantState("F", report.Review, report.Empty, 1)
	p := f.open(request("all", 2))
	if p.Read != 5 || p.Left != 5 || p.State != run.Running || p.RunID != "2026-03-01.all" || p.Date != "2026-03-01" || p.Scope != "all" ||
		p.Number != 1 || p.Pin != pin || p.Cutoff.IsZero() || !p.Deadline.Equal(p.OpenedAt.Add(time.Hour)) || !p.FinishedAt.IsZero() {
		f.t.Fatalf("%+v", p)
	}
	f.wantBalance(p)
	var order [][]string
	for seq := range 3 {
		c := f.claim(p, "me")
		if c.Seq != seq || c.Attempt != 1 || c.Tries != 0 {
			f.t.Fatalf("%+v, want chunk %d in its first attempt", c, seq)
		}
		list := f.items(c)
		for _, i := range list {
			r := f.hooks.Stored(f.t, i.Identity)
			if i.ReportID != r.ID || i.Verbatim != "Headache" || i.Language != "en" || i.VerbatimVersion != 1 || i.Serious != r.Serious.First() {
				f.t.Fatalf("item %+v of report %+v", i, r)
			}
		}
		order = append(order, records(list))
	}
	f.noClaim(p, "every chunk is leased")
	f.wantEqual([][]string{{"D", "E"}, {"A", "B"}, {"C"}}, order, "members by chunk")
}

func aPassHasFixedMembers(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	f.receive(textRow("late", "Rash"))
	if again, opened := f.ask(request("all", 10)); opened || again.Number != 1 || again.Read != 2 {
		f.t.Fatalf("%+v", again)
	}
	// The run has one open pass, also for a request with another pin.
	if again, opened := f.ask(with(request("all", 1), func(r *run.OpenPass) { r.Pin.EngineVersion = "2" })); opened || again.Pin != pin {
		f.t.Fatalf("%+v", again)
	}
	c := f.claim(p, "me")
	f.wantEqual([]string{"R000", "R001"}, records(f.items(c)), "members")
	f.commit(c, codeAll(f.items(c))...)
	f.noClaim(p, "the only chunk is done")
	f.finish(p)
	next := f.open(request("all", 10))
	f.wantEqual([]string{"late"}, records(f.items(f.claim(next, "me"))), "members of the next pass")
}

func aPassTakesOnlyItsScope(f *fixture) {
	a, b := textRow("A", "Headache"), textRow("B", "Nausea")
	b.Identity.Study = "S2"
	f.receive(a, b)
	study := f.open(request("study:S2", 10))
	if study.Read != 1 || study.Scope != "study:S2" || study.RunID != "2026-03-01.study:S2" {
		f.t.Fatalf("%+v", study)
	}
	f.wantEqual([]string{"B"}, records(f.items(f.claim(study, "me"))), "members")
	all := f.open(request("all", 10))
	if all.Read != 1 {
		f.t.Fatalf("%+v", all)
	}
	f.wantEqual([]string{"A"}, records(f.items(f.claim(all, "me"))), "members")
}

func tenStartsAtOnceGiveOnePass(f *fixture) {
	f.load(20)
	var mu sync.Mutex
	var group sync.WaitGroup
	opened, numbers := 0, map[int]int{}
	for range 10 {
		group.Go(func() {
			p, fresh, err := f.store.OpenPass(f.ctx(), request("all", 5))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				f.t.Error(err)
				return
			}
			if fresh {
				opened++
			}
			numbers[p.Number]++
			if p.Read != 20 {
				f.t.Errorf("read %d", p.Read)
			}
		})
	}
	group.Wait()
	if opened != 1 || numbers[1] != 10 {
		f.t.Fatalf("opened %d, by number %v", opened, numbers)
	}
	runs, err := f.store.Runs(f.ctx(), 10)
	if err != nil || len(runs) != 1 || runs[0].Number != 1 {
		f.t.Fatalf("%+v %v", runs, err)
	}
	members := map[int64]bool{}
	for range 4 {
		for _, i := range f.items(f.claim(runs[0], "me")) {
			members[i.ReportID] = true
		}
	}
	f.noClaim(runs[0], "20 reports are four chunks")
	if len(members) != 20 {
		f.t.Fatalf("%d members", len(members))
	}
}

func aReportIsInAtMostOneOpenPass(f *fixture) {
	f.load(4)
	study := f.open(request("study:S1", 10))
	all := f.open(request("all", 10))
	if study.Read != 4 || all.Read != 0 || all.State != run.Completed {
		f.t.Fatalf("study %d, all %d %s", study.Read, all.Read, all.State)
	}
	// A member with an outcome belongs to the open pass until that ends.
	c := f.claim(study, "me")
	f.commit(c, leftAs("UNAVAILABLE")(f.items(c)[0]))
	if p, opened := f.ask(request("all", 10)); opened || p.Number != 1 {
		f.t.Fatalf("%+v %v", p, opened)
	}
	f.end(study, run.Cancelled, "by hand", "CANCELLED")
	if p := f.open(request("all", 10)); p.Read != 4 || p.Number != 2 {
		f.t.Fatalf("%+v", p)
	}
}

func aRunWithoutWorkGetsAnEmptyCompletedPass(f *fixture) {
	p := f.open(request("all", 10))
	if p.State != run.Completed || p.Read != 0 || p.FinishedAt.IsZero() || p.AuditHead == "" {
		f.t.Fatalf("%+v", p)
	}
	f.wantBalance(p)
	again, opened := f.ask(request("all", 10))
	if opened {
		f.t.Fatal("a second empty pass was opened")
	}
	f.wantEqual(p, again, "the run's last pass")
	f.noClaim(p, "an empty pass has no chunk")
	if passes, err := f.store.OpenPasses(f.ctx()); err != nil || len(passes) != 0 {
		f.t.Fatalf("%+v %v", passes, err)
	}
}

func aFinishedRunOpensItsNextPassOnlyForWork(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	f.commit(c, codedAs(list[0]), leftAs("DEADLINE")(list[1]))
	p = f.finish(p)
	if p.State != run.Partial || p.Coded != 1 || p.Left != 1 || p.LeftByReason["DEADLINE"] != 1 || p.StateReason != "left: DEADLINE 1" {
		f.t.Fatalf("%+v", p)
	}
	second := f.open(request("all", 10))
	if second.Number != 2 || second.Read != 1 {
		f.t.Fatalf("%+v", second)
	}
	f.work(second, codedAs)
	if second = f.finish(second); second.State != run.Completed || second.CodedByMethod["exact"] != 1 || second.StateReason != "" {
		f.t.Fatalf("%+v", second)
	}
	last, opened := f.ask(request("all", 10))
	if opened {
		f.t.Fatalf("%+v", last)
	}
	f.wantEqual(second, last, "the run's last pass")
}

func openPassRefusesWhatCannotBe(f *fixture) {
	f.load(1)
	for name, change := range map[string]func(*run.OpenPass){
		"scope":    func(r *run.OpenPass) { r.Scope = "everything" },
		"study":    func(r *run.OpenPass) { r.Scope = "study:" },
		"date":     func(r *run.OpenPass) { r.Date = "2026-02-30" },
		"chunk":    func(r *run.OpenPass) { r.ChunkSize = 0 },
		"big":      func(r *run.OpenPass) { r.ChunkSize = 5001 },
		"deadline": func(r *run.OpenPass) { r.RunDeadline = 0 },
	} {
		if p, _, err := f.store.OpenPass(f.ctx(), with(request("all", 10), change)); err == nil {
			f.t.Errorf("%s: opened %+v", name, p)
		}
	}
	if runs, err := f.store.Runs(f.ctx(), 10); err != nil || len(runs) != 0 {
		f.t.Fatal(fmt.Sprint(len(runs), " passes were opened, "), err)
	}
}

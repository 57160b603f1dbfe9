package storecontract

import (
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// decided holds the rules for members that are no longer the pass's to decide.
var decided = []rule{
	{"AMachineNeverSupersedesAPerson", aMachineNeverSupersedesAPerson},
	{"AMemberThatAPersonDecidedIsNoItem", aMemberThatAPersonDecidedIsNoItem},
	{"AVerbatimChangedInMidRunIsLeftForTheNextPass", aVerbatimChangedInMidRun},
	{"AReportHeldInMidRunIsNotCoded", aReportHeldInMidRunIsNotCoded},
	{"ALiveCodingIsNeverDoubled", aLiveCodingIsNeverDoubled},
	{"AChangedVerbatimIsCodedAnew", aChangedVerbatimIsCodedAnew},
}

func aMachineNeverSupersedesAPerson(f *fixture) {
	f.load(6)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	results := codeAll(f.items(c))
	f.hooks.Set(f.t, identity("R000"), Standing{Status: report.Coded, ByPerson: true, Coding: byHand()})
	f.hooks.Set(f.t, identity("R001"), Standing{Status: report.Withdrawn, ByPerson: true})
	f.hooks.Set(f.t, identity("R002"), Standing{Status: report.Review, Reason: report.Suggested, ByPerson: true})
	// A person's coding stands even if the report is not marked.
	f.hooks.Set(f.t, identity("R003"), Standing{Status: report.Pending, Coding: byHand()})

	done := f.commit(c, results...)
	if !done.Done {
		f.t.Fatal("not done")
	}
	f.wantEqual([]int64{f.stored("R000").ID, f.stored("R001").ID, f.stored("R002").ID, f.stored("R003").ID}, done.Gone, "gone")
	// Recorded has the live coding, also when it is a person's.
	f.wantEqual(map[int64]int64{
		f.stored("R000").ID: f.stored("R000").Coding.ID,
		f.stored("R004").ID: f.stored("R004").Coding.ID,
		f.stored("R005").ID: f.stored("R005").Coding.ID,
	}, done.Recorded, "recorded")
	for _, record := range []string{"R000", "R003"} {
		r := f.stored(record)
		if r.Coding == nil || r.Coding.LLT.Code != "777" || r.Coding.DecidedBy != "dr.x" || r.Codings != 1 {
			f.t.Fatalf("%s: %+v", record, r.Coding)
		}
	}
	f.wantState("R000", report.Coded, "", 1)
	f.wantState("R001", report.Withdrawn, "", 1)
	f.wantState("R002", report.Review, report.Suggested, 1)
	f.wantState("R003", report.Pending, "", 1)
	for _, record := range []string{"R004", "R005"} {
		if r := f.stored(record); r.Status != report.Coded || r.Coding.DecidedBy != report.Machine {
			f.t.Fatalf("%s: %+v", record, r.Coding)
		}
	}
	f.wantCodings(4)
	f.wantEqual(done, f.commit(c, results...), "answer to the repeat")
	ended := f.finish(p)
	f.wantEqual(map[string]int64{"exact": 2, elsewhere: 1}, ended.CodedByMethod, "coded")
	f.wantEqual(map[string]int64{"WITHDRAWN": 1, "SUGGESTED": 1}, ended.ReviewByReason, "review")
	if ended.LeftByReason[changed] != 1 || ended.Left != 1 {
		f.t.Fatalf("%+v", ended)
	}
}

func aMemberThatAPersonDecidedIsNoItem(f *fixture) {
	f.load(3)
	p := f.open(request("all", 10))
	f.hooks.Set(f.t, identity("R000"), Standing{Status: report.Coded, ByPerson: true, Coding: byHand()})
	c := f.claim(p, "me")
	// The second call finds the outcome that the first one wrote.
	for range 2 {
		list := f.items(c)
		f.wantEqual([]string{"R001", "R002"}, records(list), "items")
		if open := f.pass(p); open.CodedByMethod[elsewhere] != 1 || open.Left != 2 {
			f.t.Fatalf("a member that is gone got no outcome on the way: %+v", open)
		}
	}
	// An outcome stays, even if the person decides differently later.
	f.hooks.Set(f.t, identity("R000"), Standing{Status: report.Withdrawn, ByPerson: true})
	if done := f.commit(c, codeAll(f.items(c))...); !done.Done || len(done.Gone) != 0 {
		f.t.Fatalf("%+v", done)
	}
	if ended := f.finish(p); ended.CodedByMethod[elsewhere] != 1 || ended.CodedByMethod["exact"] != 2 || ended.State != run.Completed {
		f.t.Fatalf("%+v", ended)
	}
}

func aVerbatimChangedInMidRun(f *fixture) {
	f.load(3)
	p := f.open(request("all", 2))
	c := f.claim(p, "me")
	list := f.items(c)
	f.hooks.Change(f.t, identity("R000"), "Nausea")
	f.hooks.Change(f.t, identity("R002"), "Fever")
	// R000 changed between Items and the commit, R002 before Items.
	done := f.commit(c, codeAll(list)...)
	f.wantState("R000", report.Pending, "", 2)
	first := f.stored("R000")
	if _, ok := done.Recorded[first.ID]; ok || first.Coding != nil {
		f.t.Fatal("the old verbatim's coding was recorded")
	}
	f.wantEqual([]int64{first.ID}, done.Gone, "gone")
	c = f.claim(p, "me")
	if rest := f.items(c); len(rest) != 0 {
		f.t.Fatalf("items %+v", rest)
	}
	if done = f.commit(c); !done.Done {
		f.t.Fatal("a chunk whose members are gone is not done")
	}
	ended := f.finish(p)
	if ended.Coded != 1 || ended.LeftByReason[changed] != 2 || ended.State != run.Partial {
		f.t.Fatalf("%+v", ended)
	}
	next := f.open(request("all", 10))
	if next.Read != 2 {
		f.t.Fatalf("%+v", next)
	}
	for _, i := range f.items(f.claim(next, "me")) {
		if i.VerbatimVersion != 2 || i.Verbatim != map[string]string{"R000": "Nausea", "R002": "Fever"}[i.Identity.RecordID] {
			f.t.Fatalf("%+v", i)
		}
	}
}

func aReportHeldInMidRunIsNotCoded(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	f.hooks.Set(f.t, identity("R000"), Standing{Status: report.Review, Reason: report.DuplicateIdentity})
	done := f.commit(c, codedAs(list[0]), leftAs("DEADLINE")(list[1]))
	f.wantEqual([]int64{list[0].ReportID}, done.Gone, "gone")
	f.wantState("R000", report.Review, report.DuplicateIdentity, 1)
	f.wantCodings(0)
	if ended := f.finish(p); ended.ReviewByReason["DUPLICATE_IDENTITY"] != 1 || ended.Left != 1 {
		f.t.Fatalf("%+v", ended)
	}
}

func aLiveCodingIsNeverDoubled(f *fixture) {
	f.load(1)
	p := f.open(request("all", 10))
	f.work(p, codedAs)
	f.finish(p)
	coded := f.stored("R000")
	// Another program sets the report back and leaves its coding.
	f.hooks.Set(f.t, identity("R000"), Standing{Status: report.Pending})
	p = f.open(request("all", 10))
	done := f.work(p, func(i run.Item) run.Result {
		r := codedAs(i)
		r.Coding.Method = "synonym"
		return r
	})
	if done.Recorded[coded.ID] != coded.Coding.ID || len(done.Gone) != 0 {
		f.t.Fatalf("recorded %v, live %d", done, coded.Coding.ID)
	}
	after := f.stored("R000")
	if after.Status != report.Coded || after.Coding.ID != coded.Coding.ID || after.Codings != 1 {
		f.t.Fatalf("%+v", after)
	}
	if ended := f.finish(p); ended.CodedByMethod["exact"] != 1 {
		f.t.Fatalf("%+v", ended)
	}
}

func aChangedVerbatimIsCodedAnew(f *fixture) {
	f.load(1)
	p := f.open(request("all", 10))
	f.work(p, codedAs)
	f.finish(p)
	old := f.stored("R000").Coding.ID
	f.hooks.Change(f.t, identity("R000"), "Nausea")
	f.wantState("R000", report.Pending, "", 2)
	if f.stored("R000").Coding != nil {
		f.t.Fatal("the old verbatim's coding is live")
	}
	p = f.open(request("all", 10))
	done := f.work(p, codedAs)
	f.wantState("R000", report.Coded, "", 2)
	if r := f.stored("R000"); r.Coding.ID == old || done.Recorded[r.ID] != r.Coding.ID || r.Codings != 2 {
		f.t.Fatalf("%+v, recorded %v, before %d", r, done.Recorded, old)
	}
}

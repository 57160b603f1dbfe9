package storecontract

import (
	"math"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// commits holds the rules for what a commit writes and what it refuses.
var commits = []rule{
	{"CommitWritesCodingsReviewsAndLeft", commitWritesCodingsReviewsAndLeft},
	{"TheVersionsOfACodingAreItsOwnElseTheResultsElseThePins", versionsOfACoding},
	{"CommitByAnotherOwnerWritesNothing", commitByAnotherOwnerWritesNothing},
	{"CommitOfAPartReleasesTheChunk", commitOfAPartReleasesTheChunk},
	{"CommitRefusesAnImpossibleResult", commitRefusesAnImpossibleResult},
	{"ACommitWithAnImpossibleResultWritesNoneOfTheOthers", anImpossibleResultAmongOthers},
	{"LeftReportsAreForTheNextPass", leftReportsAreForTheNextPass},
}

func commitWritesCodingsReviewsAndLeft(f *fixture) {
	f.load(3)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	done := f.commit(c, codedAs(list[0]), reviewOf(list[1]), leftAs("UNAVAILABLE")(list[2]))
	coded, review, left := f.stored("R000"), f.stored("R001"), f.stored("R002")
	if !done.Done || len(done.Gone) != 0 {
		f.t.Fatalf("%+v", done)
	}
	f.wantEqual(map[int64]int64{coded.ID: coded.Coding.ID, review.ID: 0}, done.Recorded, "recorded")
	if coded.Coding.ID == 0 {
		f.t.Fatal("the coding has no id")
	}
	f.wantState("R000", report.Coded, "", 1)
	want := aCoding()
	want.ID, want.DecidedAt, want.DecidedBy, want.Versions = coded.Coding.ID, coded.Coding.DecidedAt, report.Machine, pin
	f.wantEqual(want, coded.Coding, "coding")
	if coded.Coding.DecidedAt.Before(p.OpenedAt) || coded.Coding.DecidedAt.After(f.now()) {
		f.t.Fatalf("decided at %v", coded.Coding.DecidedAt)
	}
	f.wantState("R001", report.Review, report.Suggested, 1)
	f.wantEqual(reviewOf(list[1]).Candidates, review.Candidates, "candidates")
	f.wantState("R002", report.Pending, "", 1)
	if left.LastError != "UNAVAILABLE" || left.Coding != nil || review.Coding != nil {
		f.t.Fatalf("last error %q, codings %v, %v", left.LastError, left.Coding, review.Coding)
	}
	if open := f.pass(p); !open.State.Open() || open.Coded != 1 || open.Review != 1 || open.Left != 1 {
		f.t.Fatalf("%+v", open)
	}
	ended := f.finish(p)
	if ended.CodedByMethod["exact"] != 1 || ended.ReviewByReason["SUGGESTED"] != 1 || ended.LeftByReason["UNAVAILABLE"] != 1 || ended.State != run.Partial {
		f.t.Fatalf("%+v", ended)
	}
}

func versionsOfACoding(f *fixture) {
	f.load(3)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	results := codeAll(f.items(c))
	results[0].Versions = report.Versions{}
	results[1].Versions = report.Versions{Language: "en", EngineVersion: "2"}
	results[2].Versions = report.Versions{Language: "en", EngineVersion: "2"}
	results[2].Coding.Versions = report.Versions{EngineVersion: "3"}
	f.commit(c, results...)
	two := pin
	two.Language, two.EngineVersion = "en", "2"
	three := two
	three.EngineVersion = "3"
	for record, want := range map[string]report.Versions{"R000": pin, "R001": two, "R002": three} {
		f.wantEqual(want, f.stored(record).Coding.Versions, "versions of "+record)
	}
}

func commitByAnotherOwnerWritesNothing(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	results := codeAll(f.items(c))
	before := f.snapshot()
	for name, change := range map[string]func(*run.Chunk){
		"another owner":   func(c *run.Chunk) { c.Owner = "other" },
		"no owner":        func(c *run.Chunk) { c.Owner = "" },
		"another attempt": func(c *run.Chunk) { c.Attempt++ },
		"no attempt":      func(c *run.Chunk) { c.Attempt = 0 },
	} {
		thief := c
		change(&thief)
		_, err := f.store.CommitChunk(f.ctx(), thief, results, 0)
		f.wantIs(err, run.ErrLeaseLost, name)
		_, err = f.store.Items(f.ctx(), thief)
		f.wantIs(err, run.ErrLeaseLost, name)
		f.wantIs(f.store.ExtendChunk(f.ctx(), thief, lease), run.ErrLeaseLost, name)
	}
	f.wantSame(before, "commits by others")
	f.wantCodings(0)
	if done := f.commit(c, results...); !done.Done {
		f.t.Fatalf("the owner's commit: %+v", done)
	}
}

func commitOfAPartReleasesTheChunk(f *fixture) {
	f.load(3)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	done, err := f.store.CommitChunk(f.ctx(), c, codeAll(list[:1]), lease)
	if err != nil || done.Done {
		f.t.Fatalf("%+v %v", done, err)
	}
	// The chunk has no owner now: a repeat reads back, but may not write more.
	_, err = f.store.CommitChunk(f.ctx(), c, codeAll(list), 0)
	f.wantIs(err, run.ErrLeaseLost, "a commit of more")
	f.wantCodings(1)
	f.noClaim(p, "the chunk is held back")
	if _, ok, err := f.store.FinishPass(f.ctx(), p.RunID, p.Number); ok || err != nil {
		f.t.Fatalf("finished with a part to do: ok %v, err %v", ok, err)
	}
	f.expire()
	c = f.claim(p, "other")
	f.wantEqual(list[1:], f.items(c), "items that are left")
	if done = f.commit(c, codeAll(list[1:])...); !done.Done || len(done.Recorded) != 2 {
		f.t.Fatalf("%+v", done)
	}
}

// impossible gives results for an item that no commit may write.
func impossible(i run.Item) map[string][]run.Result {
	change := func(r run.Result, change func(*run.Result)) []run.Result {
		change(&r)
		return []run.Result{r}
	}
	return map[string][]run.Result{
		"no coding":     change(codedAs(i), func(r *run.Result) { r.Coding = nil }),
		"no term":       change(codedAs(i), func(r *run.Result) { r.Coding.LLT.Code = "" }),
		"no score":      change(codedAs(i), func(r *run.Result) { r.Coding.Score = math.NaN() }),
		"no reason":     change(reviewOf(i), func(r *run.Result) { r.Reason = "" }),
		"no class":      change(leftAs("X")(i), func(r *run.Result) { r.ErrorClass = "" }),
		"no kind":       change(codedAs(i), func(r *run.Result) { r.Kind = "" }),
		"gone":          change(codedAs(i), func(r *run.Result) { r.Kind = run.Gone }),
		"other version": change(codedAs(i), func(r *run.Result) { r.VerbatimVersion++ }),
		"no member":     change(codedAs(i), func(r *run.Result) { r.ReportID = 999 }),
		"twice":         {codedAs(i), reviewOf(i)},
	}
}

func commitRefusesAnImpossibleResult(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	before := f.snapshot()
	for name, results := range impossible(list[0]) {
		if done, err := f.store.CommitChunk(f.ctx(), c, results, 0); err == nil {
			f.t.Errorf("%s: %+v", name, done)
		}
	}
	f.wantSame(before, "impossible results")
	f.wantCodings(0)
}

func anImpossibleResultAmongOthers(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	before := f.snapshot()
	for name, results := range impossible(list[1]) {
		if done, err := f.store.CommitChunk(f.ctx(), c, append(codeAll(list[:1]), results...), 0); err == nil {
			f.t.Errorf("%s: %+v", name, done)
		}
	}
	f.wantSame(before, "impossible results among others")
	if done := f.commit(c, codeAll(list)...); !done.Done {
		f.t.Fatalf("the chunk is not its owner's any more: %+v", done)
	}
}

func leftReportsAreForTheNextPass(f *fixture) {
	f.load(3)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	f.commit(c, leftAs("DEADLINE")(list[0]), leftAs("BUDGET")(list[1]), leftAs("DEADLINE")(list[2]))
	// Left is an outcome: this pass does not try them again.
	f.noClaim(p, "every member has an outcome")
	p = f.finish(p)
	f.wantEqual(map[string]int64{"DEADLINE": 2, "BUDGET": 1}, p.LeftByReason, "left")
	if p.State != run.Partial || p.StateReason != "left: BUDGET 1, DEADLINE 2" {
		f.t.Fatalf("%+v", p)
	}
	next := f.open(request("all", 10))
	c = f.claim(next, "me")
	f.wantEqual(list, f.items(c), "items of the next pass")
	// A decision clears the last error.
	f.commit(c, codedAs(list[0]), reviewOf(list[1]), leftAs("BUDGET")(list[2]))
	for record, want := range map[string]string{"R000": "", "R001": "", "R002": "BUDGET"} {
		if r := f.stored(record); r.LastError != want {
			f.t.Fatalf("last error of %s is %q, want %q", record, r.LastError, want)
		}
	}
}

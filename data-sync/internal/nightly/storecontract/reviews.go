package storecontract

import (
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// reviews holds the rules for reports that an earlier pass sent to review.
var reviews = []rule{
	{"NewerVersionsTakeMachineReviewsAgainButNotHeldOrDecidedOnes", newerVersionsTakeMachineReviewsAgain},
	{"AReviewThatIsLeftStaysInReview", aReviewThatIsLeftStaysInReview},
	{"AReviewCodedLaterLosesItsSuggestion", aReviewCodedLaterLosesItsSuggestion},
}

// reviewAll sends every pending report to review.
func (f *fixture) reviewAll() {
	f.t.Helper()
	p := f.open(request("all", 10))
	f.work(p, reviewOf)
	f.finish(p)
}

// newerSynonyms asks for a pass that takes the reports of reviewAll again.
func newerSynonyms() run.OpenPass {
	return with(request("all", 10), func(r *run.OpenPass) { r.Pin.SynonymVersion = "syn-2" })
}

func newerVersionsTakeMachineReviewsAgain(f *fixture) {
	f.load(4)
	held := textRow("H", "")
	held.Hold = report.Empty
	f.receive(held)
	f.reviewAll()
	f.hooks.Set(f.t, identity("R001"), Standing{Status: report.Review, Reason: report.Suggested, ByPerson: true})
	f.hooks.Set(f.t, identity("R002"), Standing{Status: report.Review, Reason: report.Poison})
	f.hooks.Set(f.t, identity("R003"), Standing{Status: report.Query, Reason: report.Suggested})

	for name, change := range map[string]func(*report.Versions){
		"same":     func(*report.Versions) {},
		"language": func(v *report.Versions) { v.Language = "en" },
		"newest":   func(v *report.Versions) { *v = report.Versions{} },
	} {
		req := request("all", 10)
		change(&req.Pin)
		if p, opened := f.ask(req); opened {
			f.t.Fatalf("%s: %+v", name, p)
		}
	}
	for _, change := range []func(*report.Versions){
		func(v *report.Versions) { v.Dictionary = "ctcae-6.0" },
		func(v *report.Versions) { v.SynonymVersion = "syn-2" },
		func(v *report.Versions) { v.EngineVersion = "2" },
	} {
		req := request("all", 10)
		change(&req.Pin)
		p := f.open(req)
		if p.Read != 1 {
			f.t.Fatalf("%+v", p)
		}
		f.wantEqual([]string{"R000"}, records(f.items(f.claim(p, "me"))), "members")
		f.end(p, run.Cancelled, "", "CANCELLED")
		f.wantState("R000", report.Review, report.Suggested, 1)
	}
}

func aReviewThatIsLeftStaysInReview(f *fixture) {
	f.load(1)
	f.reviewAll()
	for range 2 { // and the next pass takes it again
		p := f.open(newerSynonyms())
		f.work(p, leftAs("UNAVAILABLE"))
		if p = f.finish(p); p.State != run.Partial || p.LeftByReason["UNAVAILABLE"] != 1 {
			f.t.Fatalf("%+v", p)
		}
		f.wantState("R000", report.Review, report.Suggested, 1)
		if r := f.stored("R000"); r.LastError != "UNAVAILABLE" || len(r.Candidates) != 1 {
			f.t.Fatalf("%+v", r)
		}
	}
}

func aReviewCodedLaterLosesItsSuggestion(f *fixture) {
	f.load(1)
	f.reviewAll()
	if len(f.stored("R000").Candidates) != 1 {
		f.t.Fatal("no suggestion")
	}
	req := newerSynonyms()
	p := f.open(req)
	f.work(p, func(i run.Item) run.Result {
		r := codedAs(i)
		r.Versions = req.Pin
		return r
	})
	f.wantState("R000", report.Coded, "", 1)
	r := f.stored("R000")
	if len(r.Candidates) != 0 {
		f.t.Fatal("the suggestion is still there")
	}
	if r.Coding.Versions != req.Pin {
		f.t.Fatalf("versions %+v", r.Coding.Versions)
	}
	if f.finish(p); f.stored("R000").Codings != 1 {
		f.t.Fatal("coded more than once")
	}
}

package storecontract

import (
	"fmt"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// poison holds the rules for reports that fail by their own fault.
var poison = []rule{
	{"ThreeNightsOfItsOwnFaultMakePoison", threeNightsMakePoison},
	{"AnOutageNeverMakesPoison", anOutageNeverMakesPoison},
	{"ADecisionInBetweenStartsTheNightsAnew", aDecisionInBetweenStartsAnew},
	{"EachReportCountsItsOwnNights", eachReportCountsItsOwnNights},
}

// night opens a pass on a date, decides every item and finishes the pass.
func (f *fixture) night(date string, decide func(run.Item) run.Result) (run.Pass, run.Commit) {
	f.t.Helper()
	p := f.open(with(newerSynonyms(), func(r *run.OpenPass) { r.Date = date }))
	done := f.work(p, decide)
	return f.finish(p), done
}

func threeNightsMakePoison(f *fixture) {
	f.load(1)
	// Several passes of one night count once. Those of an earlier night do not count.
	for _, date := range []string{"2026-03-01", "2026-03-01", "2026-03-02", "2026-03-01", "2026-03-02"} {
		ended, done := f.night(date, faulty)
		f.wantState("R000", report.Pending, "", 1)
		if r := f.stored("R000"); r.LastError != "INTERNAL" || ended.LeftByReason["INTERNAL"] != 1 || len(done.Recorded) != 0 {
			f.t.Fatalf("last error %q, %+v, %+v", r.LastError, ended, done)
		}
	}
	ended, done := f.night("2026-03-03", faulty)
	f.wantState("R000", report.Review, report.Poison, 1)
	if ended.ReviewByReason["POISON"] != 1 || ended.Left != 0 || ended.State != run.Completed {
		f.t.Fatalf("%+v", ended)
	}
	r := f.stored("R000")
	f.wantEqual(map[int64]int64{r.ID: 0}, done.Recorded, "recorded")
	if r.LastError != "INTERNAL" || len(r.Candidates) != 0 {
		f.t.Fatalf("%+v", r)
	}
	// It waits for a person, also under newer versions.
	if p, opened := f.ask(with(request("all", 10), func(r *run.OpenPass) { r.Date, r.Pin.EngineVersion = "2026-03-03", "9" })); opened {
		f.t.Fatalf("poison is taken again: %+v", p)
	}
	// A new verbatim counts from the start.
	f.hooks.Change(f.t, identity("R000"), "Nausea")
	f.wantState("R000", report.Pending, "", 2)
	f.night("2026-03-04", faulty)
	f.wantState("R000", report.Pending, "", 2)
}

func anOutageNeverMakesPoison(f *fixture) {
	f.load(1)
	for day := 1; day <= 5; day++ {
		f.night(fmt.Sprintf("2026-03-%02d", day), leftAs("INTERNAL"))
	}
	f.wantState("R000", report.Pending, "", 1)
	// A pass that ends before it tries the report does not count.
	for day := 6; day <= 9; day++ {
		p := f.open(with(newerSynonyms(), func(r *run.OpenPass) { r.Date = fmt.Sprintf("2026-03-%02d", day) }))
		f.end(p, run.Partial, "outage budget spent", "UNAVAILABLE")
	}
	f.wantState("R000", report.Pending, "", 1)
	// Nights of other failures between those of its own fault change nothing.
	f.night("2026-03-10", faulty)
	f.night("2026-03-11", leftAs("UNAVAILABLE"))
	f.night("2026-03-12", faulty)
	f.wantState("R000", report.Pending, "", 1)
	f.night("2026-03-13", leftAs("UNAVAILABLE"))
	f.night("2026-03-14", faulty)
	f.wantState("R000", report.Review, report.Poison, 1)
}

func aDecisionInBetweenStartsAnew(f *fixture) {
	f.load(1)
	f.night("2026-03-01", faulty)
	f.night("2026-03-02", faulty)
	f.night("2026-03-03", reviewOf) // under versions older than the pin
	for _, date := range []string{"2026-03-04", "2026-03-05"} {
		f.night(date, faulty)
		f.wantState("R000", report.Review, report.Suggested, 1)
	}
	f.night("2026-03-06", faulty)
	f.wantState("R000", report.Review, report.Poison, 1)
}

func eachReportCountsItsOwnNights(f *fixture) {
	f.load(2)
	alternate := func(bad string) func(run.Item) run.Result {
		return func(i run.Item) run.Result {
			if i.Identity.RecordID == bad {
				return faulty(i)
			}
			return leftAs("UNAVAILABLE")(i)
		}
	}
	for day, bad := range []string{"R000", "R001", "R001", "R000", "R001"} {
		f.night(fmt.Sprintf("2026-03-%02d", day+1), alternate(bad))
	}
	f.wantState("R000", report.Pending, "", 1)
	f.wantState("R001", report.Review, report.Poison, 1)
}

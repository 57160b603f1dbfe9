package storecontract

import (
	"slices"
	"sync"

	"aecode/data-sync/internal/run"
)

// repeats holds the rules for a commit that is repeated because its answer was
// lost.
var repeats = []rule{
	{"CommitTwiceIsOnce", commitTwiceIsOnce},
	{"TheSameCommitAtOnceIsOnce", theSameCommitAtOnceIsOnce},
	{"ARepeatAfterThePassHasEndedIsAnsweredTheSame", aRepeatAfterTheEnd},
	{"ARepeatAfterAnotherHasClaimedTheChunkIsALostLease", aRepeatAfterAnotherClaim},
}

func commitTwiceIsOnce(f *fixture) {
	f.load(4)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	part := []run.Result{codedAs(list[0]), reviewOf(list[1])}
	again := func(first run.Commit, results []run.Result) {
		f.t.Helper()
		before := f.snapshot()
		f.wantEqual(first, f.commit(c, results...), "answer to the repeat")
		f.wantSame(before, "the repeat")
	}
	// The first commit gives the chunk back, the second one finishes it.
	first := f.commit(c, part...)
	if first.Done || len(first.Recorded) != 2 || first.Recorded[list[0].ReportID] == 0 {
		f.t.Fatalf("%+v", first)
	}
	again(first, part)
	c = f.claim(p, "me")
	rest := codeAll(f.items(c))
	if len(rest) != 2 {
		f.t.Fatalf("%d items are left", len(rest))
	}
	all := slices.Concat(part, rest)
	second := f.commit(c, all...)
	if !second.Done || len(second.Recorded) != 4 || second.Recorded[list[0].ReportID] != first.Recorded[list[0].ReportID] {
		f.t.Fatalf("%+v after %+v", second, first)
	}
	again(second, all)
	f.wantCodings(3)
}

func theSameCommitAtOnceIsOnce(f *fixture) {
	f.load(6)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	results := codeAll(f.items(c))
	answers := make([]run.Commit, 4)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			var err error
			if answers[i], err = f.store.CommitChunk(f.ctx(), c, results, 0); err != nil {
				f.t.Error(err)
			}
		})
	}
	group.Wait()
	for _, a := range answers {
		f.wantEqual(answers[0], a, "answers")
		if !a.Done || len(a.Recorded) != 6 {
			f.t.Fatalf("%+v", a)
		}
	}
	f.wantCodings(6)
}

func aRepeatAfterTheEnd(f *fixture) {
	f.load(2)
	p := f.open(request("all", 1))
	finished := f.claim(p, "me")
	results := codeAll(f.items(finished))
	first := f.commit(finished, results...)
	f.end(p, run.Cancelled, "by hand", "CANCELLED")
	f.wantEqual(first, f.commit(finished, results...), "answer to the repeat")
	f.wantCodings(1)
}

func aRepeatAfterAnotherClaim(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	part := codeAll(f.items(c)[:1])
	f.commit(c, part...)
	taken := f.claim(p, "other")
	f.wantLost(c, part...)
	f.wantCodings(1)
	f.extend(taken)
}

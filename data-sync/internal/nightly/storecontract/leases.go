package storecontract

import (
	"fmt"
	"sync"

	"aecode/data-sync/internal/run"
)

// leases holds the rules for who may work on a chunk, and for how long.
var leases = []rule{
	{"AChunkHasOneOwner", aChunkHasOneOwner},
	{"ClaimChunkRefusesWhatCannotBe", claimRefusesWhatCannotBe},
	{"AnExpiredLeaseGoesToAnotherAndTheOldOwnerIsRefused", anExpiredLeaseGoesToAnother},
	{"AnExpiredLeaseHoldsUntilItIsTakenOver", anExpiredLeaseHoldsUntilItIsTakenOver},
	{"ALeaseLastsAsLongAsWasAskedFor", aLeaseLastsAsLongAsWasAskedFor},
	{"ExtendKeepsTheLease", extendKeepsTheLease},
	{"ARenewalThatMeetsItsOwnCommitIsNoLostLease", aRenewalMeetsItsOwnCommit},
	{"AReleasedChunkWaits", aReleasedChunkWaits},
	{"AReleasedChunkIsNobodys", aReleasedChunkIsNobodys},
	{"AClaimWhoseAnswerWasLostIsGivenBackByItsOwnersName", aLostClaimIsGivenBack},
	{"AReleaseWithoutAttemptGivesBackAllThatTheOwnerHoldsOfThePass", aReleaseWithoutAttemptGivesBackAll},
}

func aChunkHasOneOwner(f *fixture) {
	f.load(20)
	p := f.open(request("all", 2))
	var mu sync.Mutex
	owners := map[int]int{}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for {
				c, ok, err := f.store.ClaimChunk(f.ctx(), p.RunID, p.Number, fmt.Sprint("owner", n), lease)
				if err != nil {
					f.t.Error(err)
				}
				if err != nil || !ok {
					return
				}
				mu.Lock()
				owners[c.Seq]++
				again := owners[c.Seq] > 1
				mu.Unlock()
				if again {
					return // reported below; such a store may never stop
				}
			}
		})
	}
	group.Wait()
	if len(owners) != 10 {
		f.t.Fatalf("%d chunks were claimed", len(owners))
	}
	for seq, n := range owners {
		if n != 1 {
			f.t.Fatalf("chunk %d was claimed %d times", seq, n)
		}
	}
}

func claimRefusesWhatCannotBe(f *fixture) {
	f.load(1)
	p := f.open(request("all", 10))
	if c, ok, err := f.store.ClaimChunk(f.ctx(), p.RunID, p.Number, "", lease); err == nil {
		f.t.Errorf("no owner: claimed %+v, ok %v", c, ok)
	}
	if c, ok, err := f.store.ClaimChunk(f.ctx(), p.RunID, p.Number, "me", 0); err == nil {
		f.t.Errorf("no lease: claimed %+v, ok %v", c, ok)
	}
	if c := f.claim(p, "me"); c.Attempt != 1 {
		f.t.Errorf("a refused claim counts: %+v", c)
	}
}

func anExpiredLeaseGoesToAnother(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	old := f.claim(p, "old")
	list := f.items(old)
	f.noClaim(p, "the chunk is leased")
	f.expire()
	// A second claim by the same owner is another lease.
	for n, owner := range []string{"new", "old"} {
		taken := f.claim(p, owner)
		if taken.Attempt != n+2 || taken.Seq != old.Seq {
			f.t.Fatalf("%+v", taken)
		}
		f.wantLost(old, codeAll(list)...)
		f.wantLost(old) // also without results
		f.wantEqual(list, f.items(taken), "items of the new owner")
		f.expire()
	}
	f.wantCodings(0)
	f.wantState("R000", "PENDING", "", 1)
}

func anExpiredLeaseHoldsUntilItIsTakenOver(f *fixture) {
	f.load(2)
	p := f.open(request("all", 1))
	c := f.claim(p, "me")
	f.expire()
	if done := f.commit(c, codeAll(f.items(c))...); !done.Done {
		f.t.Fatalf("%+v", done)
	}
	f.wantCodings(1)
	c = f.claim(p, "me")
	f.expire()
	f.release(c, 0)
	if c = f.claim(p, "other"); c.Attempt != 2 {
		f.t.Fatalf("%+v", c)
	}
}

func aLeaseLastsAsLongAsWasAskedFor(f *fixture) {
	f.load(2)
	p := f.open(request("all", 1))
	short := f.claim(p, "me")
	other, ok, err := f.store.ClaimChunk(f.ctx(), p.RunID, p.Number, "me", 3*lease)
	if !ok || err != nil {
		f.t.Fatal(ok, err)
	}
	f.hooks.Advance(f.t, lease/2)
	f.noClaim(p, "both leases have time left")
	f.expire()
	if c := f.claim(p, "next"); c.Seq != short.Seq {
		f.t.Fatalf("%+v", c)
	}
	f.noClaim(p, "the longer lease has time left")
	f.extend(other)
}

func extendKeepsTheLease(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	// A renewed lease counts from the renewal.
	for range 3 {
		f.hooks.Advance(f.t, lease*2/3)
		f.noClaim(p, "the lease was renewed")
		f.extend(c)
	}
	f.expire()
	// The lease has run out, but nobody has claimed the chunk.
	f.extend(c)
	f.noClaim(p, "the lease was renewed late")
	f.expire()
	if c = f.claim(p, "other"); c.Attempt != 2 {
		f.t.Fatalf("a renewal counts as an attempt: %+v", c)
	}
}

func aRenewalMeetsItsOwnCommit(f *fixture) {
	f.load(3)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	// The owner's commit gives the chunk back first, then finishes it.
	f.commit(c, codedAs(list[0]))
	f.extend(c)
	again := f.claim(p, "me")
	f.wantIs(f.store.ExtendChunk(f.ctx(), c, lease), run.ErrLeaseLost, "the attempt before")
	f.commit(again, codeAll(f.items(again))...)
	f.extend(again)
	other := again
	other.Owner = "other"
	f.wantIs(f.store.ExtendChunk(f.ctx(), other, lease), run.ErrLeaseLost, "another owner")
	f.noClaim(p, "the chunk is done")
	if ended := f.finish(p); ended.Coded != 3 {
		f.t.Fatalf("a finished chunk was leased again: %+v", ended)
	}
}

func aReleasedChunkWaits(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	f.release(c, lease)
	f.noClaim(p, "the chunk is held back")
	f.hooks.Advance(f.t, lease/2)
	f.noClaim(p, "the chunk is still held back")
	f.expire()
	if c = f.claim(p, "me"); c.Attempt != 2 {
		f.t.Fatalf("%+v", c)
	}
	// Without a time to wait, the chunk is free at once.
	f.release(c, 0)
	if c = f.claim(p, "me"); c.Attempt != 3 {
		f.t.Fatalf("%+v", c)
	}
}

func aReleasedChunkIsNobodys(f *fixture) {
	f.load(2)
	p := f.open(request("all", 10))
	c := f.claim(p, "me")
	list := f.items(c)
	f.release(c, 0)
	f.wantLost(c, codeAll(list)...)
	f.wantLost(c) // also without results
	f.wantCodings(0)
	if _, ok, err := f.store.FinishPass(f.ctx(), p.RunID, p.Number); ok || err != nil {
		f.t.Fatalf("finished with a released chunk: ok %v, err %v", ok, err)
	}
}

func aLostClaimIsGivenBack(f *fixture) {
	f.load(2)
	p := f.open(request("all", 1))
	unknown := f.claim(p, "me/1")
	known := f.claim(p, "me/2")
	lost := run.Chunk{RunID: p.RunID, Pass: p.Number, Owner: "me/1"}
	f.release(lost, 0)
	f.wantIs(f.store.ReleaseChunk(f.ctx(), lost, 0), run.ErrLeaseLost, "nothing is left to give back")
	f.extend(known)
	if again := f.claim(p, "me/3"); again.Seq != unknown.Seq || again.Attempt != 2 {
		f.t.Fatalf("%+v", again)
	}
}

func aReleaseWithoutAttemptGivesBackAll(f *fixture) {
	f.load(4)
	p := f.open(request("all", 1))
	done := f.claim(p, "me")
	f.commit(done, codeAll(f.items(done))...)
	held := []run.Chunk{f.claim(p, "me"), f.claim(p, "me")}
	others := f.claim(p, "other")
	f.receive(textRow("elsewhere", "Rash"))
	elsewhere := f.claim(f.open(with(request("all", 1), func(r *run.OpenPass) { r.Date = "2026-03-02" })), "me")

	f.release(run.Chunk{RunID: p.RunID, Pass: p.Number, Owner: "me"}, lease)
	f.noClaim(p, "what was given back is held back")
	for _, c := range held {
		f.wantLost(c)
	}
	f.extend(others)
	f.extend(elsewhere)
	f.hooks.Advance(f.t, lease/2)
	f.extend(others)
	f.hooks.Advance(f.t, lease*2/3)
	for _, c := range held {
		if again := f.claim(p, "me"); again.Seq != c.Seq || again.Attempt != 2 {
			f.t.Fatalf("%+v", again)
		}
	}
	f.noClaim(p, "one chunk is done, one another's")
}

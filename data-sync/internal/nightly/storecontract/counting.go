package storecontract

import "aecode/data-sync/internal/run"

// counting holds the rules for the counters of a chunk.
var counting = []rule{
	{"TheTriesOfAChunkAreWhatItsOwnersCounted", triesAreWhatOwnersCounted},
	{"EachChunkCountsForItself", eachChunkCountsForItself},
}

func triesAreWhatOwnersCounted(f *fixture) {
	f.load(3)
	p := f.open(request("all", 10))
	want := func(attempt, tries int) run.Chunk {
		f.t.Helper()
		c := f.claim(p, "me")
		if c.Attempt != attempt || c.Tries != tries {
			f.t.Fatalf("attempt %d after %d tries, want %d after %d", c.Attempt, c.Tries, attempt, tries)
		}
		return c
	}
	c := want(1, 0)
	c.Tries = 1
	f.release(c, 0)
	want(2, 1)
	f.expire() // its owner has died
	c = want(3, 1)
	late := c
	f.release(run.Chunk{RunID: c.RunID, Pass: c.Pass, Owner: c.Owner, Tries: 7}, 0)
	c = want(4, 1)
	late.Tries = 5
	f.wantIs(f.store.ReleaseChunk(f.ctx(), late, 0), run.ErrLeaseLost, "the attempt before")
	list := f.items(c)
	c.Tries = 2
	for range 2 { // the answer to the first was lost
		f.commit(c, codedAs(list[0]))
	}
	c = want(5, 2)
	c.Tries = 0 // the store keeps what it is given, also a lower count
	f.release(c, 0)
	want(6, 0)
}

func eachChunkCountsForItself(f *fixture) {
	f.load(2)
	p := f.open(request("all", 1))
	first := f.claim(p, "me")
	first.Tries = 3
	f.release(first, lease)
	if second := f.claim(p, "me"); second.Seq != 1 || second.Attempt != 1 || second.Tries != 0 {
		f.t.Fatalf("%+v", second)
	}
	f.end(p, run.Cancelled, "", "CANCELLED")
	// A new pass counts from the start.
	if c := f.claim(f.open(request("all", 1)), "me"); c.Attempt != 1 || c.Tries != 0 {
		f.t.Fatalf("%+v", c)
	}
}

package storecontract

import (
	"context"

	"aecode/data-sync/internal/run"
)

// cancelled holds the rule for calls whose context has ended.
var cancelled = []rule{
	{"ACallWhoseContextHasEndedGivesItsErrorAndWritesNothing", aCallWhoseContextHasEnded},
}

func aCallWhoseContextHasEnded(f *fixture) {
	f.load(2)
	p := f.open(request("all", 1))
	c := f.claim(p, "me")
	results := codeAll(f.items(c))
	f.receive(textRow("late", "Rash"))
	before := f.snapshot()

	ctx, cancel := context.WithCancel(f.ctx())
	cancel()
	for name, call := range map[string]func() error{
		"OpenPass": func() error {
			_, _, err := f.store.OpenPass(ctx, with(request("all", 1), func(r *run.OpenPass) { r.Date = "2026-03-02" }))
			return err
		},
		"OpenPasses": func() error { _, err := f.store.OpenPasses(ctx); return err },
		"Pass":       func() error { _, err := f.store.Pass(ctx, p.RunID, p.Number); return err },
		"Runs":       func() error { _, err := f.store.Runs(ctx, 10); return err },
		"ClaimChunk": func() error {
			_, _, err := f.store.ClaimChunk(ctx, p.RunID, p.Number, "me", lease)
			return err
		},
		"ExtendChunk":  func() error { return f.store.ExtendChunk(ctx, c, lease) },
		"ReleaseChunk": func() error { return f.store.ReleaseChunk(ctx, c, 0) },
		"Items":        func() error { _, err := f.store.Items(ctx, c); return err },
		"CommitChunk":  func() error { _, err := f.store.CommitChunk(ctx, c, results, 0); return err },
		"SetPaused":    func() error { return f.store.SetPaused(ctx, p.RunID, p.Number, true, "why") },
		"FinishPass":   func() error { _, _, err := f.store.FinishPass(ctx, p.RunID, p.Number); return err },
		"EndPass": func() error {
			_, err := f.store.EndPass(ctx, p.RunID, p.Number, run.Cancelled, "", "CANCELLED")
			return err
		},
		"Now":  func() error { _, err := f.store.Now(ctx); return err },
		"Ping": func() error { return f.store.Ping(ctx) },
	} {
		f.wantIs(call(), context.Canceled, name)
	}
	f.wantSame(before, "calls without a caller")
	// The store still works: the lease is held, the other chunk was never claimed.
	if done := f.commit(c, results...); !done.Done {
		f.t.Fatalf("%+v", done)
	}
	if next := f.claim(p, "me"); next.Seq != 1 || next.Attempt != 1 {
		f.t.Fatalf("%+v", next)
	}
}

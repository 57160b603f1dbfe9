package storecontract

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// Leases are long, so that none expires on a busy machine before a case wants it
// to.
const (
	lease = time.Hour
	long  = 2 * lease
)

// fixture is the store of one case and the steps that cases are made of. A step
// that fails ends the case.
type fixture struct {
	t        *testing.T
	store    Store
	hooks    Hooks
	received []report.Identity
}

func (f *fixture) ctx() context.Context { return f.t.Context() }

// receive stores reports.
func (f *fixture) receive(rows ...report.Row) {
	f.t.Helper()
	f.hooks.Receive(f.t, rows...)
	for _, r := range rows {
		f.received = append(f.received, r.Identity)
	}
}

// load stores n plain reports: R000, R001 and so on.
func (f *fixture) load(n int) {
	f.t.Helper()
	rows := make([]report.Row, n)
	for i := range rows {
		rows[i] = textRow(fmt.Sprintf("R%03d", i), fmt.Sprintf("Headache %d", i))
	}
	f.receive(rows...)
}

// ask asks for a pass and tells whether it is new.
func (f *fixture) ask(req run.OpenPass) (run.Pass, bool) {
	f.t.Helper()
	p, opened, err := f.store.OpenPass(f.ctx(), req)
	if err != nil {
		f.t.Fatalf("open a pass: %v", err)
	}
	return p, opened
}

// open opens a new pass.
func (f *fixture) open(req run.OpenPass) run.Pass {
	f.t.Helper()
	p, opened := f.ask(req)
	if !opened {
		f.t.Fatalf("no new pass was opened: %+v", p)
	}
	return p
}

func (f *fixture) claim(p run.Pass, owner string) run.Chunk {
	f.t.Helper()
	c, ok, err := f.store.ClaimChunk(f.ctx(), p.RunID, p.Number, owner, lease)
	if err != nil || !ok {
		f.t.Fatalf("claim a chunk: ok %v, err %v", ok, err)
	}
	if c.RunID != p.RunID || c.Pass != p.Number || c.Owner != owner || c.Attempt < 1 {
		f.t.Fatalf("claimed %+v of run %s pass %d for %s", c, p.RunID, p.Number, owner)
	}
	return c
}

// noClaim checks that no chunk is free.
func (f *fixture) noClaim(p run.Pass, why string) {
	f.t.Helper()
	if c, ok, err := f.store.ClaimChunk(f.ctx(), p.RunID, p.Number, "too early", lease); ok || err != nil {
		f.t.Fatalf("%s: claimed %+v, ok %v, err %v", why, c, ok, err)
	}
}

func (f *fixture) items(c run.Chunk) []run.Item {
	f.t.Helper()
	list, err := f.store.Items(f.ctx(), c)
	if err != nil {
		f.t.Fatalf("load the items: %v", err)
	}
	return list
}

func (f *fixture) release(c run.Chunk, after time.Duration) {
	f.t.Helper()
	if err := f.store.ReleaseChunk(f.ctx(), c, after); err != nil {
		f.t.Fatalf("release the chunk: %v", err)
	}
}

func (f *fixture) extend(c run.Chunk) {
	f.t.Helper()
	if err := f.store.ExtendChunk(f.ctx(), c, lease); err != nil {
		f.t.Fatalf("extend the lease: %v", err)
	}
}

func (f *fixture) commit(c run.Chunk, results ...run.Result) run.Commit {
	f.t.Helper()
	done, err := f.store.CommitChunk(f.ctx(), c, results, 0)
	if err != nil {
		f.t.Fatalf("commit: %v", err)
	}
	return done
}

// work claims a chunk and commits the results that decide gives for its items.
func (f *fixture) work(p run.Pass, decide func(run.Item) run.Result) run.Commit {
	f.t.Helper()
	c := f.claim(p, "me")
	return f.commit(c, each(f.items(c), decide)...)
}

func (f *fixture) pass(p run.Pass) run.Pass {
	f.t.Helper()
	got, err := f.store.Pass(f.ctx(), p.RunID, p.Number)
	if err != nil {
		f.t.Fatalf("read the pass: %v", err)
	}
	f.wantBalance(got)
	return got
}

func (f *fixture) finish(p run.Pass) run.Pass {
	f.t.Helper()
	got, ok, err := f.store.FinishPass(f.ctx(), p.RunID, p.Number)
	if err != nil || !ok {
		f.t.Fatalf("finish the pass: ok %v, err %v", ok, err)
	}
	f.wantBalance(got)
	return got
}

func (f *fixture) end(p run.Pass, state run.State, reason, class string) run.Pass {
	f.t.Helper()
	got, err := f.store.EndPass(f.ctx(), p.RunID, p.Number, state, reason, class)
	if err != nil {
		f.t.Fatalf("end the pass: %v", err)
	}
	f.wantBalance(got)
	return got
}

func (f *fixture) stored(record string) Stored {
	f.t.Helper()
	return f.hooks.Stored(f.t, identity(record))
}

func (f *fixture) now() time.Time {
	f.t.Helper()
	at, err := f.store.Now(f.ctx())
	if err != nil {
		f.t.Fatalf("read the clock: %v", err)
	}
	return at
}

// expire lets every lease run out, and every time that a chunk is held back.
func (f *fixture) expire() {
	f.t.Helper()
	f.hooks.Advance(f.t, long)
}

// snapshot is everything that a case can read, to compare with later.
type snapshot struct {
	Passes  []run.Pass
	Reports []Stored
}

func (f *fixture) snapshot() snapshot {
	f.t.Helper()
	var s snapshot
	var err error
	if s.Passes, err = f.store.Runs(f.ctx(), 100); err != nil {
		f.t.Fatalf("list the runs: %v", err)
	}
	for i := range s.Passes {
		s.Passes[i].Elapsed = 0
	}
	for _, id := range f.received {
		s.Reports = append(s.Reports, f.hooks.Stored(f.t, id))
	}
	return s
}

func (f *fixture) wantSame(before snapshot, what string) {
	f.t.Helper()
	f.wantEqual(before, f.snapshot(), what+": something was written")
}

func (f *fixture) wantEqual(want, got any, what string) {
	f.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

func (f *fixture) wantState(record string, status report.Status, reason report.Reason, version int) {
	f.t.Helper()
	if r := f.stored(record); r.Status != status || r.Reason != reason || r.VerbatimVersion != version {
		f.t.Fatalf("report %s is %s(%s) version %d, want %s(%s) version %d", record, r.Status, r.Reason, r.VerbatimVersion,
			status, reason, version)
	}
}

// wantCodings checks how many codings were ever stored for all reports together.
func (f *fixture) wantCodings(want int) {
	f.t.Helper()
	got := 0
	for _, id := range f.received {
		got += f.hooks.Stored(f.t, id).Codings
	}
	if got != want {
		f.t.Fatalf("%d codings were stored, want %d", got, want)
	}
}

func (f *fixture) wantBalance(p run.Pass) {
	f.t.Helper()
	if p.Read != p.Coded+p.Review+p.Left || p.Coded != total(p.CodedByMethod) || p.Review != total(p.ReviewByReason) {
		f.t.Fatalf("the pass does not balance: %+v", p)
	}
	if p.State.Open() && len(p.LeftByReason) != 0 {
		f.t.Fatalf("an open pass says why reports are left: %v", p.LeftByReason)
	}
	if !p.State.Open() && p.Left != total(p.LeftByReason) {
		f.t.Fatalf("the pass has ended with %d left, by reason %v", p.Left, p.LeftByReason)
	}
}

func (f *fixture) wantIs(err, want error, what string) {
	f.t.Helper()
	if !errors.Is(err, want) {
		f.t.Fatalf("%s: err %v, want %v", what, err, want)
	}
}

// wantLost checks that every call about a chunk answers ErrLeaseLost.
func (f *fixture) wantLost(c run.Chunk, results ...run.Result) {
	f.t.Helper()
	_, err := f.store.Items(f.ctx(), c)
	f.wantIs(err, run.ErrLeaseLost, "items")
	_, err = f.store.CommitChunk(f.ctx(), c, results, 0)
	f.wantIs(err, run.ErrLeaseLost, "commit")
	f.wantIs(f.store.ExtendChunk(f.ctx(), c, lease), run.ErrLeaseLost, "extend")
	f.wantIs(f.store.ReleaseChunk(f.ctx(), c, 0), run.ErrLeaseLost, "release")
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

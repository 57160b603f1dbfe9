package nightly_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/claims"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// actor is one worker of one replica, between any two steps of a chunk. It
// may stop there for ever.
type actor struct {
	pass    *modelPass
	of      *modelChunk
	claim   run.Chunk
	step    int
	items   []run.Item
	results []run.Result
	commit  run.Commit
}

// machine drives the store and the idempotency records as engines do, a step of
// one actor at a time, and the model with them.
type machine struct {
	ctx    context.Context
	store  nightly.Store
	db     *database
	claims *claims.Redis
	flush  func() error
	model
	actors  []*actor
	chunks  int // claims so far
	imports int
	seen    map[string]int // what happened how often
	// calm: nothing fails for a while any more.
	calm bool
	// synonyms is the version that the next pass pins.
	synonyms int
}

const aLease = time.Hour // none ends by itself

func (m *machine) pin() report.Versions {
	return report.Versions{Dictionary: "29.0", SynonymVersion: fmt.Sprintf("s%d", m.synonyms), EngineVersion: "e1"}
}

func pinOf(p *modelPass) report.Versions {
	return report.Versions{Dictionary: "29.0", SynonymVersion: p.synonyms, EngineVersion: "e1"}
}

// openPass opens a pass, as a Start does.
func (m *machine) openPass(t *rapid.T, date, scope string, chunkSize int) *modelPass {
	got, opened, err := m.store.OpenPass(m.ctx, run.OpenPass{Date: date, Scope: scope, Pin: m.pin(), ChunkSize: chunkSize, RunDeadline: time.Hour})
	want, isNew := m.open(date, scope, m.pin().SynonymVersion, chunkSize)
	if err != nil || opened != isNew || got.RunID != want.runID || got.Number != want.number || got.State != want.state {
		t.Fatalf("OpenPass %s %s = pass %d %s, opened %v, %v; want pass %d %s, opened %v", date, scope, got.Number, got.State, opened, err, want.number, want.state, isNew)
	}
	return want
}

// advance does an actor's next step.
func (m *machine) advance(t *rapid.T, a *actor) {
	steps := []func(*rapid.T, *actor){m.claimChunk, m.loadItems, m.claimRecords, m.encode, m.commitChunk, m.complete}
	at := a.step
	a.step++
	steps[at](t, a)
	if a.step == len(steps) {
		*a = actor{}
	}
}

func (m *machine) claimChunk(t *rapid.T, a *actor) {
	open := m.openPasses()
	if len(open) == 0 {
		*a = actor{}
		return
	}
	m.claimOf(t, a, open[rapid.IntRange(0, len(open)-1).Draw(t, "pass")])
}

func (m *machine) claimOf(t *rapid.T, a *actor, p *modelPass) {
	a.pass = p
	m.chunks++
	c, ok, err := m.store.ClaimChunk(m.ctx, a.pass.runID, a.pass.number, fmt.Sprintf("owner%d", m.chunks), aLease)
	seq, want := a.pass.claimable()
	if err != nil || ok != (want != nil) || ok && c.Seq != seq {
		t.Fatalf("ClaimChunk = chunk %d, %v, %v; want chunk %d, %v", c.Seq, ok, err, seq, want != nil)
	}
	if !ok {
		*a = actor{}
		return
	}
	want.leased, want.expired, want.owner, want.attempt = true, false, c.Owner, want.attempt+1
	if c.Attempt != want.attempt {
		t.Fatalf("attempt %d, want %d", c.Attempt, want.attempt)
	}
	a.of, a.claim = want, c
}

func (m *machine) loadItems(t *rapid.T, a *actor) {
	items, err := m.store.Items(m.ctx, a.claim)
	if !a.of.holds(a.claim) {
		m.lost(t, "Items", err)
		*a = actor{}
		return
	}
	if err != nil {
		t.Fatalf("Items: %v", err)
	}
	var want []int64
	for _, member := range a.of.members {
		switch {
		case member.outcome != "":
		case member.decidable():
			want = append(want, member.report.id)
		default:
			member.gone()
		}
	}
	var got []int64
	for _, i := range items {
		got = append(got, i.ReportID)
		if r := a.of.of(i.ReportID).report; i.Verbatim != r.verbatim || i.VerbatimVersion != r.version {
			t.Fatalf("Items gave version %d of report %d, want %d", i.VerbatimVersion, i.ReportID, r.version)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("Items = reports %v, want %v", got, want)
	}
	a.items = items
}

func (m *machine) lost(t *rapid.T, what string, err error) {
	m.seen["lease lost"]++
	if !errors.Is(err, run.ErrLeaseLost) {
		t.Fatalf("%s by an owner that lost its lease: %v", what, err)
	}
}

// crash stops an actor for ever, wherever it is.
func (m *machine) crash(a *actor) {
	if a.of != nil {
		m.seen[fmt.Sprint("crash after step ", a.step)]++
	}
	*a = actor{}
}

// claimRecords leaves those that are in flight elsewhere.
func (m *machine) claimRecords(t *rapid.T, a *actor) {
	states, err := m.claims.Claim(m.ctx, pinOf(a.pass), a.claim.Owner, a.items)
	if err != nil {
		t.Fatalf("Claim: %v", err)
	}
	var mine []run.Item
	for n, s := range states {
		switch s {
		case run.InFlight:
			m.seen["in flight elsewhere"]++
			continue
		case run.Replay:
			m.seen["recorded before"]++
		}
		mine = append(mine, a.items[n])
	}
	a.items = mine
}

// encode is the fake coder.
func (m *machine) encode(t *rapid.T, a *actor) {
	a.results = nil
	for _, i := range a.items {
		r := run.Result{ReportID: i.ReportID, VerbatimVersion: i.VerbatimVersion, Versions: pinOf(a.pass)}
		how := i.Verbatim[0]
		if how == 't' && m.calm {
			how = 'c'
		} else if how == 't' {
			how = rapid.SampledFrom([]byte{'c', 'u', '-'}).Draw(t, "answer")
		}
		switch how {
		case 'c':
			r.Kind, r.Coding = run.Coded, coded(run.Term{Verbatim: "Headache"}, pinOf(a.pass)).Coding
		case 'r':
			r.Kind, r.Reason = run.Review, report.Suggested
		case 'f':
			r.Kind, r.ErrorClass, r.ItemFault = run.Left, run.ClassInternal, true
		case 'u':
			r.Kind, r.ErrorClass = run.Left, run.ClassUnavailable
		default:
			continue // no answer: for the chunk's next attempt
		}
		a.results = append(a.results, r)
	}
}

func (m *machine) commitChunk(t *rapid.T, a *actor) {
	a.commit = m.commitOf(t, a)
	if a.commit.Recorded != nil && rapid.Bool().Draw(t, "the answer is lost") {
		m.seen["commit repeated"]++
		a.commit = m.commitOf(t, a)
	}
	if a.commit.Recorded == nil {
		*a = actor{}
	}
}

// commitOf commits an actor's results; without Recorded the lease was lost.
func (m *machine) commitOf(t *rapid.T, a *actor) run.Commit {
	for i, r := range a.results {
		// Runs of several dates go on at once here, in no order. A fault in the run
		// of an earlier date than that of the last fault is left out: nights are
		// counted forwards.
		if a.pass.date < a.of.of(r.ReportID).report.night {
			a.results[i].ItemFault = false
		}
	}
	got, err := m.store.CommitChunk(m.ctx, a.claim, a.results, 0)
	fresh := slices.ContainsFunc(a.results, func(r run.Result) bool { return a.of.of(r.ReportID).outcome == "" })
	if !a.of.is(a.claim) || !a.of.leased && fresh {
		m.lost(t, "CommitChunk", err)
		return run.Commit{}
	}
	if err != nil {
		t.Fatalf("CommitChunk: %v", err)
	}
	var gone, recorded []int64
	for _, r := range a.results {
		member := a.of.of(r.ReportID)
		if member.outcome == "" {
			a.pass.take(member, r)
			m.seen[string(member.outcome)]++
			if member.report.reason == report.Poison {
				m.seen["poison"]++
			}
		}
		if member.outcome == run.Gone {
			gone = append(gone, r.ReportID)
		}
		if member.tally == run.Coded && member.report.live != "" || member.outcome == run.Review {
			recorded = append(recorded, r.ReportID)
		}
	}
	if a.of.leased {
		a.of.leased, a.of.done = false, a.of.open() == 0
	}
	var ids []int64
	for id := range got.Recorded {
		ids = append(ids, id)
	}
	for _, list := range [][]int64{ids, recorded, gone} {
		slices.Sort(list)
	}
	if got.Done != (a.of.open() == 0) || !slices.Equal(ids, recorded) || !slices.Equal(got.Gone, gone) {
		for _, r := range a.results {
			member := a.of.of(r.ReportID)
			t.Logf("report %d: result %s, member %s in %s, report %+v", r.ReportID, r.Kind, member.outcome, member.tally, *member.report)
		}
		t.Fatalf("CommitChunk in %s = done %v, recorded %v, gone %v; want %v, %v, %v", a.pass.runID, got.Done, ids, got.Gone, a.of.open() == 0, recorded, gone)
	}
	return got
}

// complete brings the records in line with the database.
func (m *machine) complete(t *rapid.T, a *actor) {
	var done []run.Recorded
	var back []run.Item
	for _, i := range a.items {
		if id, ok := a.commit.Recorded[i.ReportID]; ok {
			done = append(done, run.Recorded{Item: i, CodingID: id})
		} else {
			back = append(back, i)
		}
	}
	if len(done) > 0 {
		if err := m.claims.Complete(m.ctx, pinOf(a.pass), a.claim.Owner, done); err != nil {
			t.Fatalf("Complete: %v", err)
		}
	}
	m.release(t, a, back)
}

func (m *machine) release(t *rapid.T, a *actor, items []run.Item) {
	if len(items) == 0 {
		return
	}
	if err := m.claims.Release(m.ctx, pinOf(a.pass), a.claim.Owner, items); err != nil {
		t.Fatalf("Release: %v", err)
	}
}

// expire puts a chunk's lease into the past, as time would.
func (m *machine) expire(t *rapid.T, p *modelPass, seq int) {
	m.exec(t, "UPDATE chunks SET lease_until = 1 WHERE state = 'LEASED' AND run_id = $1 AND pass = $2 AND seq = $3", p.runID, p.number, seq)
	p.chunks[seq].expired = true
}

func (m *machine) exec(t *rapid.T, query string, args ...any) {
	if _, err := m.db.sql.ExecContext(m.ctx, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (m *machine) finishPass(t *rapid.T, p *modelPass) bool {
	got, ok, err := m.store.FinishPass(m.ctx, p.runID, p.number)
	want := !p.state.Open() || p.finishable()
	if p.state.Open() && want {
		p.finish()
	}
	if err != nil || ok != want || got.State != p.state {
		t.Fatalf("FinishPass = %s, %v, %v; want %s, %v", got.State, ok, err, p.state, want)
	}
	return ok
}

package nightly_test

import (
	"pgregory.net/rapid"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// tour goes through every situation that the test at random must be able to
// meet, so that none depends on luck.
func (m *machine) tour(t *rapid.T) {
	m.calm = true
	m.reportsOfEachKind(t)
	m.submit(t, "A", "R4", "f", false)
	p := m.openPass(t, dates[1], "all", 3)

	// An owner that lost its lease, and one that finds its records held.
	late := m.worked(t, p, 3)
	m.expire(t, p, 0)
	next := m.worked(t, p, 3)
	m.encode(t, late)
	m.commitOf(t, late)
	m.release(t, late, late.items)
	m.encode(t, next)
	m.commitOf(t, next)
	m.check(t)

	// Records that say done too early, and a commit whose answer was lost.
	early := m.worked(t, p, 3)
	if err := m.claims.Complete(m.ctx, pinOf(p), early.claim.Owner, []run.Recorded{{Item: early.items[0], CodingID: 99}}); err != nil {
		t.Fatal(err)
	}
	m.expire(t, p, 0)
	again := m.worked(t, p, 4)
	again.commit = m.commitOf(t, again)
	m.seen["commit repeated"]++
	again.commit = m.commitOf(t, again)
	m.complete(t, again)
	m.release(t, early, early.items)
	m.check(t)

	// The rest of the chunk: one is coded, one has failed three nights.
	rest := m.worked(t, p, 4)
	rest.commit = m.commitOf(t, rest)
	m.complete(t, rest)
	m.check(t)

	// A person decides while the chunk is at terminology.
	meanwhile := m.worked(t, p, 4)
	m.decide(t, m.find("A", "R3"), report.Query)
	meanwhile.commit = m.commitOf(t, meanwhile)
	m.complete(t, meanwhile)
	m.check(t)

	// A crash between any two steps; the last one leaves its report.
	for steps := 1; steps <= 5; steps++ {
		a := m.worked(t, p, min(steps, 4))
		if steps == 5 {
			a.commit = m.commitOf(t, a)
			a.step = 5
		} else {
			m.expire(t, p, 2)
		}
		m.crash(a)
		if err := m.flush(); err != nil {
			t.Fatal(err)
		}
		m.check(t)
	}
	m.calm = false
}

// worked is an actor that has done so many steps of the pass's next chunk, up
// to its commit.
func (m *machine) worked(t *rapid.T, p *modelPass, steps int) *actor {
	a := &actor{step: 1}
	m.claimOf(t, a, p)
	for a.step < steps {
		m.advance(t, a)
	}
	return a
}

// Package storecontract is the contract of nightly.Store as a test suite: what
// every implementation promises, one case for each rule. The real store runs it
// on SQLite and on PostgreSQL, and the fake of the engine's tests runs it too,
// so that the engine is tested against what it will meet.
package storecontract

import (
	"testing"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
)

// Hooks do to a store's database what nightly.Store cannot: what intake, people,
// other programs and time do to it. A hook that fails ends the test.
type Hooks interface {
	// Receive stores rows of new identities in this order, as intake does: each
	// report is PENDING, or in REVIEW with the reason Hold.
	Receive(t *testing.T, rows ...report.Row)
	// Change gives a report another verbatim, as intake does: its version rises
	// by one, it is PENDING, whoever decided before, and its coding and its
	// suggestions are no longer live.
	Change(t *testing.T, id report.Identity, verbatim string)
	// Set changes where a report stands and nothing else about it.
	Set(t *testing.T, id report.Identity, to Standing)
	// Stored reads a report back.
	Stored(t *testing.T, id report.Identity) Stored
	// Advance lets time pass for the leases of chunks, and for how long a
	// released chunk is held back. Now need not move with it.
	Advance(t *testing.T, d time.Duration)
}

// Standing is where a report stands by another hand than the nightly run's.
type Standing struct {
	Status report.Status
	Reason report.Reason
	// ByPerson says that a person decided; it is false for another program.
	ByPerson bool
	// Coding, where it is set, becomes the report's live coding. Otherwise the
	// coding that is live stays.
	Coding *report.Coding
}

// Stored is a report as it was read back.
type Stored struct {
	report.Report
	// Codings counts the codings ever stored for the report, by whomever and for
	// whichever version of its verbatim.
	Codings int
}

// rule is one case of the contract. Its name says what holds.
type rule struct {
	name  string
	check func(f *fixture)
}

// Run tests that a store keeps the contract. Each case is a subtest that runs in
// parallel with the others, on a store of its own: open gives an empty one, and
// the hooks on its database.
func Run(t *testing.T, open func(t *testing.T) (nightly.Store, Hooks)) {
	for _, group := range [][]rule{
		opening, reviews, reading, leases, counting, commits, repeats, decided, poison, ending, cancelled,
	} {
		for _, r := range group {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				store, hooks := open(t)
				r.check(&fixture{t: t, store: store, hooks: hooks})
			})
		}
	}
}

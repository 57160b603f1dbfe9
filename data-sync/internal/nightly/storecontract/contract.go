// Package storecontract tests the contract of nightly.Store: what every
// implementation promises, one case for each rule. The real store passes it on
// SQLite and on PostgreSQL. The fake store of the engine's tests passes it too,
// so the engine is tested against a store that behaves like the real one.
package storecontract

import (
	"context"
	"testing"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// Store is what is tested: nightly.Store, and the list of runs that operators see.
type Store interface {
	nightly.Store
	// Runs returns the newest pass of each run, the newest run first.
	Runs(ctx context.Context, limit int) ([]run.Pass, error)
}

// Hooks do what a case needs and nightly.Store cannot: they change the database
// as intake, a person, another program or time does, and read a report back. A
// hook that fails ends the test.
type Hooks interface {
	// Receive stores rows with new identities, in this order, as intake does. Each
	// report is PENDING, or in REVIEW when the row's Hold gives a reason.
	Receive(t *testing.T, rows ...report.Row)
	// Change gives a report another verbatim, as intake does: the verbatim version
	// rises by one, the report is PENDING even if a person had decided, and its
	// coding and suggestions are no longer live.
	Change(t *testing.T, id report.Identity, verbatim string)
	// Set replaces a report's status, reason and person mark, and may add a
	// coding. Nothing else about the report changes.
	Set(t *testing.T, id report.Identity, to Standing)
	// Stored reads a report back.
	Stored(t *testing.T, id report.Identity) Stored
	// Advance lets d pass for the leases of chunks and for the time that released
	// chunks are held back. Now need not move with it.
	Advance(t *testing.T, d time.Duration)
}

// Standing is what somebody other than the nightly run makes of a report.
type Standing struct {
	Status report.Status
	Reason report.Reason
	// ByPerson marks the report as decided by a person.
	ByPerson bool
	// Coding becomes a live coding of the report. nil leaves the codings as they
	// are.
	Coding *report.Coding
}

// Stored is a report as the database holds it.
type Stored struct {
	report.Report
	// Codings counts all codings ever stored for the report: by the machine or a
	// person, for any version of its verbatim.
	Codings int
}

// rule is one case of the contract. Its name says what holds.
type rule struct {
	name  string
	check func(f *fixture)
}

// Run tests that a store keeps the contract. open returns an empty store and the
// hooks for its database. Each case is a parallel subtest with its own store.
func Run(t *testing.T, open func(t *testing.T) (Store, Hooks)) {
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

package nightly_test

import (
	"testing"
	"time"

	"aecode/data-sync/internal/nightly/storecontract"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// The engine's tests rely on the fake store, so it must keep the same contract as
// the store on SQLite and PostgreSQL.
func TestTheFakeStoreHoldsTheContract(t *testing.T) {
	storecontract.Run(t, func(*testing.T) (storecontract.Store, storecontract.Hooks) {
		s := newFakeStore()
		return s, &fakeHooks{s}
	})
}

// fakeHooks are the hooks for a fake store.
type fakeHooks struct{ s *fakeStore }

func (h *fakeHooks) Receive(t *testing.T, rows ...report.Row) {
	t.Helper()
	for _, r := range rows {
		id := int64(len(h.s.reports) + 1)
		h.s.add(run.Item{ReportID: id, Identity: r.Identity, VerbatimVersion: 1, Verbatim: r.Verbatim, Language: r.Language, Serious: r.Serious.First()})
		if r.Hold != "" {
			h.Set(t, r.Identity, storecontract.Standing{Status: report.Review, Reason: r.Hold})
		}
	}
}

func (h *fakeHooks) Change(t *testing.T, id report.Identity, verbatim string) {
	t.Helper()
	h.on(t, id, func(r *fakeReport) {
		item := r.item
		item.Verbatim = verbatim
		item.VerbatimVersion++
		*r = fakeReport{item: item, status: report.Pending, made: r.made}
	})
}

func (h *fakeHooks) Set(t *testing.T, id report.Identity, to storecontract.Standing) {
	t.Helper()
	h.on(t, id, func(r *fakeReport) {
		r.status, r.reason, r.byPerson = to.Status, to.Reason, to.ByPerson
		if to.Coding != nil {
			h.s.take(r, *to.Coding)
		}
	})
}

func (h *fakeHooks) Stored(t *testing.T, id report.Identity) (stored storecontract.Stored) {
	t.Helper()
	h.on(t, id, func(r *fakeReport) {
		i := r.item
		stored.Codings = r.made
		stored.Report = report.Report{ID: i.ReportID, Identity: i.Identity, Status: r.status, Reason: r.reason, VerbatimVersion: i.VerbatimVersion,
			Verbatim: i.Verbatim, Language: i.Language, LastError: r.lastError}
		if i.Serious {
			stored.Serious = report.Serious
		}
		if r.suggestion != nil {
			stored.Candidates = r.suggestion.candidates
		}
		if newest, ok := r.newestCoding(); ok {
			for _, c := range r.codings {
				if c.ID == newest {
					stored.Coding = &c
				}
			}
		}
	})
	return stored
}

func (h *fakeHooks) Advance(_ *testing.T, d time.Duration) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	h.s.offset += d
}

// on calls do with a report.
func (h *fakeHooks) on(t *testing.T, id report.Identity, do func(r *fakeReport)) {
	t.Helper()
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	for _, r := range h.s.reports {
		if r.item.Identity == id {
			do(r)
			return
		}
	}
	t.Fatalf("no report %s", id)
}

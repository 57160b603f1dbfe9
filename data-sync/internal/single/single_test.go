package single_test

import (
	"context"
	"errors"
	"testing"

	"go.uber.org/goleak"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/single"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the service with everything it needs, in memory.
type world struct {
	*single.Service
	store  *store
	coder  *coder
	claims *claims
}

func newWorld(t *testing.T) *world {
	t.Helper()
	secret, err := idempotency.NewSecret([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: newStore(), claims: newClaims()}
	w.coder = &coder{store: w.store}
	w.Service = single.New(w.store, w.coder, w.claims, secret, overall, errNotThere)
	return w
}

func identified(verbatim string) single.Call {
	return single.Call{Row: report.Row{
		Identity: report.Identity{Source: "edc", Study: "S", RecordID: "1"}, Verbatim: verbatim,
		Fields: []report.Field{{Name: "AETERM", Value: verbatim}},
	}}
}

func keyed(verbatim string) single.Call {
	call := identified(verbatim)
	call.Row.Identity = report.Identity{Source: "api", Study: "UNASSIGNED", RecordID: "key:k"}
	call.Key, call.KeyIsIdentity = "k", true
	return call
}

func (w *world) sync(t *testing.T, call single.Call) report.Report {
	t.Helper()
	got, err := w.Sync(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAReportIsStoredBeforeItIsCoded(t *testing.T) {
	w := newWorld(t)
	call := identified("Headache")
	w.coder.before = func(term run.Term) {
		if r, ok := w.store.reports[call.Row.Identity]; !ok || r.Status != report.Pending || term.Verbatim != "Headache" {
			t.Errorf("coded %+v while the store holds %+v", term, r)
		}
	}
	got := w.sync(t, call)
	if got.Status != report.Coded || got.Coding == nil || w.coder.calls != 1 {
		t.Errorf("%+v after %d codings", got, w.coder.calls)
	}
}

func TestAReportThatCannotBeCodedNowIsPendingAndNoError(t *testing.T) {
	for name, call := range map[string]single.Call{"by identity": identified("Headache"), "by key": keyed("Headache")} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.coder.err = errors.New("terminology is away")
			if got := w.sync(t, call); got.Status != report.Pending || got.ID == 0 {
				t.Errorf("%+v, want it stored and PENDING", got)
			}
			// Not remembered as done: the next call codes it.
			w.coder.err = nil
			if got := w.sync(t, call); got.Status != report.Coded {
				t.Errorf("%+v, want CODED", got)
			}
			if w.store.submitted != 2 || len(w.store.reports) != 1 {
				t.Errorf("%d reports of %d submissions", len(w.store.reports), w.store.submitted)
			}
		})
	}
}

func TestARepeatIsAnsweredFromTheDatabase(t *testing.T) {
	w := newWorld(t)
	first := w.sync(t, keyed("Headache"))
	// A person has decided since.
	r := w.store.reports[first.Identity]
	r.Status = report.Query
	w.store.reports[first.Identity] = r
	if got := w.sync(t, keyed("Headache")); got.ID != first.ID || got.Status != report.Query {
		t.Errorf("%+v, want what the database holds now", got)
	}
	if w.coder.calls != 1 || w.store.submitted != 1 {
		t.Errorf("a repeat was worked on again: %d codings, %d submissions", w.coder.calls, w.store.submitted)
	}
}

func TestARepeatOfWhatTheDatabaseHasLostIsDoneAgain(t *testing.T) {
	w := newWorld(t)
	first := w.sync(t, keyed("Headache"))
	delete(w.store.reports, first.Identity)
	if got := w.sync(t, keyed("Headache")); got.Status != report.Coded {
		t.Errorf("%+v", got)
	}
}

func TestAKeyWithAnotherPayloadIsRefusedAlsoAfterRedisWasWiped(t *testing.T) {
	other := map[string]func(*single.Call){
		"verbatim": func(c *single.Call) { c.Row.Verbatim = "Nausea" },
		"language": func(c *single.Call) { c.Row.Language = "zh" },
		"serious":  func(c *single.Call) { c.Row.Serious = report.Serious },
		"fields":   func(c *single.Call) { c.Row.Fields = append(c.Row.Fields, report.Field{Name: "AENOTE", Value: "x"}) },
	}
	for name, change := range other {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sync(t, keyed("Headache"))
			call := keyed("Headache")
			change(&call)
			for _, wiped := range []bool{false, true} {
				if wiped {
					w.claims.wipe()
				}
				if _, err := w.Sync(t.Context(), call); !errors.Is(err, single.ErrOtherPayload) {
					t.Errorf("wiped %t: %v, want ErrOtherPayload", wiped, err)
				}
			}
			if got := w.sync(t, keyed("Headache")); got.VerbatimVersion != 1 || w.coder.calls != 1 {
				t.Errorf("the refused call left a trace: %+v", got)
			}
		})
	}
}

func TestWithoutAKeyAChangedVerbatimIsANewVersion(t *testing.T) {
	w := newWorld(t)
	w.sync(t, identified("Headache"))
	got := w.sync(t, identified("Nausea"))
	if got.VerbatimVersion != 2 || got.Verbatim != "Nausea" || got.Status != report.Coded {
		t.Errorf("%+v", got)
	}
}

func TestTheSameWorkAtOnceIsInFlight(t *testing.T) {
	for name, tc := range map[string]struct{ first, second single.Call }{
		"the same report":                      {identified("Headache"), identified("Headache")},
		"the same report with another wording": {identified("Headache"), identified("Nausea")},
		"the same key":                         {keyed("Headache"), keyed("Headache")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			asked := false
			w.coder.before = func(run.Term) {
				if asked {
					return
				}
				asked = true
				if _, err := w.Sync(t.Context(), tc.second); !errors.Is(err, single.ErrInFlight) {
					t.Errorf("%v, want ErrInFlight", err)
				}
			}
			w.sync(t, tc.first)
			if !asked || w.store.submitted != 1 {
				t.Errorf("%d submissions", w.store.submitted)
			}
			// The claim of an identity is given back, that of a key is settled.
			if _, err := w.Sync(t.Context(), tc.second); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestAFailureReleasesTheClaimAlsoWhenTheCallerHasGone(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.store.err = errors.New("the database is away")
	w.store.before = cancel
	if _, err := w.Sync(ctx, keyed("Headache")); !errors.Is(err, w.store.err) {
		t.Errorf("%v, want the store's error", err)
	}
	if n := len(w.claims.records); n != 0 {
		t.Errorf("%d claims are left", n)
	}
	w.store.err = nil
	if got := w.sync(t, keyed("Headache")); got.Status != report.Coded {
		t.Errorf("%+v", got)
	}
}

func TestNothingIsDoneWithoutAnAnswerToTheClaim(t *testing.T) {
	w := newWorld(t)
	w.claims.err = idempotency.ErrUnavailable
	if _, err := w.Sync(t.Context(), identified("Headache")); !errors.Is(err, idempotency.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	if w.store.submitted != 0 || w.coder.calls != 0 {
		t.Error("work was done")
	}
}

func TestAClaimThatCannotBeSettledFailsNoCall(t *testing.T) {
	w := newWorld(t)
	w.claims.settleErr = idempotency.ErrUnavailable
	if got := w.sync(t, keyed("Headache")); got.Status != report.Coded {
		t.Errorf("%+v", got)
	}
}

package store

import (
	"fmt"
	"testing"
	"time"

	"aecode/data-sync/internal/nightly/storecontract"
	"aecode/data-sync/internal/report"
)

// The cases over nightly.Store are in package storecontract; the fake store of
// the engine's tests passes them too. What only this package can see is in
// contract.

func TestSQLiteHoldsTheNightlyContract(t *testing.T) {
	storecontract.Run(t, nightlyStore(func(t *testing.T) *Store { return openSQLite(t) }))
}

func TestPostgresHoldsTheNightlyContract(t *testing.T) {
	storecontract.Run(t, nightlyStore(func(t *testing.T) *Store { return openPG(t) }))
}

func nightlyStore(open func(t *testing.T) *Store) func(t *testing.T) (storecontract.Store, storecontract.Hooks) {
	return func(t *testing.T) (storecontract.Store, storecontract.Hooks) {
		s := open(t)
		return s, &hooks{s: s, rows: make(map[report.Identity]report.Row)}
	}
}

// hooks are the hooks for a database: they call the methods that intake calls,
// and run SQL for what people and other programs do.
type hooks struct {
	s       *Store
	imports int
	rows    map[report.Identity]report.Row
}

func (h *hooks) Receive(t *testing.T, rows ...report.Row) {
	t.Helper()
	h.imports++
	batch := make([]report.Row, len(rows))
	for i, r := range rows {
		r.Line = int64(i + 2)
		r.Fields = []report.Field{{Name: "AESPID", Value: r.Identity.RecordID}, {Name: "AETERM", Value: r.Verbatim}}
		batch[i], h.rows[r.Identity] = r, r
	}
	account := newImport(t, h.s, fmt.Sprint("import-", h.imports)).send(batch...).Account
	if account.New+account.Held != int64(len(rows)) {
		t.Fatalf("of %d rows: %+v", len(rows), account)
	}
}

func (h *hooks) Change(t *testing.T, id report.Identity, verbatim string) {
	t.Helper()
	h.imports++
	r := h.rows[id]
	r.Line, r.Verbatim = 2, verbatim
	h.rows[id] = r
	wantAccount(t, newImport(t, h.s, fmt.Sprint("import-", h.imports)).send(r).Account, 0, 0, 1, 0, 0)
}

func (h *hooks) Set(t *testing.T, id report.Identity, to storecontract.Standing) {
	t.Helper()
	r, err := h.s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if c := to.Coding; c != nil {
		direct(t, h.s, `INSERT INTO codings (report_id, verbatim_version, dictionary, language, synonym_version, engine_version,
			llt_code, llt_name, pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name,
			method, score, decided_by, decided_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 1)`,
			r.ID, r.VerbatimVersion, c.Versions.Dictionary, c.Versions.Language, c.Versions.SynonymVersion, c.Versions.EngineVersion,
			c.LLT.Code, c.LLT.Name, c.PT.Code, c.PT.Name, c.HLT.Code, c.HLT.Name, c.HLGT.Code, c.HLGT.Name, c.SOC.Code, c.SOC.Name,
			c.Method, c.Score, c.DecidedBy)
	}
	person := 0
	if to.ByPerson {
		person = 1
	}
	direct(t, h.s, "UPDATE ae_reports SET status = $2, review_reason = $3, human_decided = $4 WHERE id = $1",
		r.ID, string(to.Status), string(to.Reason), person)
}

func (h *hooks) Stored(t *testing.T, id report.Identity) storecontract.Stored {
	t.Helper()
	r, err := h.s.Get(t.Context(), id)
	if err != nil {
		t.Fatalf("get %s: %v", id, err)
	}
	return storecontract.Stored{Report: r, Codings: int(number(t, h.s, "SELECT count(*) FROM codings WHERE report_id = $1", r.ID))}
}

// Advance sets the times of chunks back, because a test cannot move a database's
// clock.
func (h *hooks) Advance(t *testing.T, d time.Duration) {
	t.Helper()
	direct(t, h.s, "UPDATE chunks SET lease_until = lease_until - $1, not_before = not_before - $1 WHERE state <> 'DONE'", millis(d))
}

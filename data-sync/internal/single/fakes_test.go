package single_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// overall is what terminology has for a report with all its tries.
const overall = 5 * time.Second

var errNotThere = errors.New("not there")

// store keeps reports as the real one does: a changed verbatim is a new version
// that is PENDING again.
type store struct {
	reports   map[report.Identity]report.Report
	submitted int
	before    func()
	err       error
}

func newStore() *store { return &store{reports: make(map[report.Identity]report.Report)} }

func (s *store) Get(_ context.Context, id report.Identity) (report.Report, error) {
	r, ok := s.reports[id]
	if !ok {
		return report.Report{}, fmt.Errorf("report %s: %w", id, errNotThere)
	}
	return r, nil
}

func (s *store) Submit(_ context.Context, row report.Row) (report.Report, report.Outcome, error) {
	if s.before != nil {
		s.before()
	}
	if s.err != nil {
		return report.Report{}, "", s.err
	}
	s.submitted++
	r, ok := s.reports[row.Identity]
	outcome := report.Unchanged
	switch {
	case !ok:
		r = report.Report{ID: int64(len(s.reports) + 1), Identity: row.Identity, VerbatimVersion: 1, Status: report.Pending}
		outcome = report.New
	case r.Verbatim != row.Verbatim || r.Language != row.Language:
		r.VerbatimVersion++
		r.Status, r.Coding = report.Pending, nil
		outcome = report.Changed
	}
	r.Verbatim, r.Language, r.Serious, r.Fields = row.Verbatim, row.Language, row.Serious, row.Fields
	s.reports[row.Identity] = r
	return r, outcome, nil
}

func (s *store) Record(_ context.Context, id int64, result run.Result) (report.Report, error) {
	for identity, r := range s.reports {
		if r.ID == id && r.VerbatimVersion == result.VerbatimVersion {
			r.Status, r.Coding = report.Coded, result.Coding
			s.reports[identity] = r
			return r, nil
		}
	}
	return report.Report{}, errNotThere
}

type coder struct {
	store  *store
	before func(run.Term)
	err    error
	hangs  bool // until the call's deadline
	calls  int
}

func (c *coder) Encode(ctx context.Context, _ report.Versions, terms []run.Term) ([]run.Answer, error) {
	if c.before != nil {
		c.before(terms[0])
	}
	c.calls++
	if c.hangs {
		<-ctx.Done()
		return nil, &run.Failure{Class: run.ClassDeadline, Err: ctx.Err()}
	}
	if c.err != nil {
		return nil, c.err
	}
	return []run.Answer{{Coding: &report.Coding{LLT: report.Term{Code: "10019211", Name: "Headache"}}}}, nil
}

// claims are records in memory with the outcomes of the real ones. As over a
// network, nothing goes through for a caller that has gone.
type claims struct {
	records        map[string]record
	err, settleErr error
}

type record struct {
	owner, fingerprint string
	done               bool
	result             []byte
}

func newClaims() *claims { return &claims{records: make(map[string]record)} }

func (c *claims) wipe() { clear(c.records) }

func (c *claims) Claim(_ context.Context, req idempotency.Request) (idempotency.Claim, error) {
	if c.err != nil {
		return idempotency.Claim{Err: c.err}, c.err
	}
	r, held := c.records[req.Key]
	switch {
	case !held:
		c.records[req.Key] = record{owner: req.Owner, fingerprint: req.Fingerprint}
		return idempotency.Claim{Outcome: idempotency.Acquired}, nil
	case r.fingerprint != req.Fingerprint:
		return idempotency.Claim{Outcome: idempotency.Mismatch}, nil
	case r.done:
		return idempotency.Claim{Outcome: idempotency.Replay, Result: r.result}, nil
	}
	return idempotency.Claim{Outcome: idempotency.InFlight}, nil
}

func (c *claims) Complete(ctx context.Context, key, owner string, result []byte) error {
	if err := errors.Join(ctx.Err(), c.settleErr); err != nil {
		return err
	}
	r := c.records[key]
	if r.owner != owner {
		return idempotency.ErrNotOwner
	}
	r.done, r.result = true, result
	c.records[key] = r
	return nil
}

func (c *claims) Release(ctx context.Context, key, owner string) error {
	if err := errors.Join(ctx.Err(), c.settleErr); err != nil {
		return err
	}
	if c.records[key].owner != owner {
		return idempotency.ErrNotOwner
	}
	delete(c.records, key)
	return nil
}

package nightly_test

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// The fake store's chunks: leases, items and commits.

func (s *fakeStore) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (run.Chunk, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return run.Chunk{}, false, err
	}
	if owner == "" || lease < time.Millisecond {
		return run.Chunk{}, false, errInvalid
	}
	for seq, c := range s.openChunks(runID, pass) {
		if c.done || c.free && now.Before(c.restful) || !c.free && now.Before(c.leaseUntil) {
			continue
		}
		c.free, c.owner, c.leaseUntil = false, owner, now.Add(lease)
		c.attempts++
		s.claimedBy[owner]++
		return run.Chunk{RunID: runID, Pass: pass, Seq: seq, Owner: owner, Attempt: c.attempts, Tries: c.tries}, true, nil
	}
	return run.Chunk{}, false, nil
}

func (s *fakeStore) ExtendChunk(ctx context.Context, c run.Chunk, lease time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return err
	}
	// When this claim's own commit has finished the chunk or given it back, there
	// is nothing to renew and nothing is lost.
	chunk, err := s.claimed(c)
	if err == nil && !chunk.free && !chunk.done {
		chunk.leaseUntil = now.Add(lease)
		s.extended++
	}
	return err
}

func (s *fakeStore) ReleaseChunk(ctx context.Context, c run.Chunk, after time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return err
	}
	release := func(chunk *fakeChunk) {
		chunk.free, chunk.owner, chunk.restful = true, "", now.Add(after)
	}
	if c.Attempt != 0 {
		chunk, err := s.mine(c)
		if err == nil {
			release(chunk)
			chunk.tries = c.Tries
		}
		return err
	}
	p, err := s.exact(c.RunID, c.Pass)
	if err != nil {
		return run.ErrLeaseLost
	}
	err = run.ErrLeaseLost
	for _, chunk := range p.chunks {
		if chunk.owner == c.Owner && !chunk.free && !chunk.done {
			release(chunk)
			err = nil
		}
	}
	return err
}

func (s *fakeStore) Items(ctx context.Context, c run.Chunk) ([]run.Item, error) {
	if s.onItems != nil {
		s.onItems(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.enter(ctx, false); err != nil {
		return nil, err
	}
	chunk, err := s.mine(c)
	if err != nil {
		return nil, err
	}
	s.settleGone(chunk)
	var items []run.Item
	for _, m := range chunk.members {
		if m.outcome == "" {
			items = append(items, s.reports[m.report].item)
		}
	}
	return items, nil
}

func (s *fakeStore) CommitChunk(ctx context.Context, c run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	if s.onCommit != nil {
		s.onCommit(c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return run.Commit{}, err
	}
	if s.refuse != nil && s.refuse(results) {
		return run.Commit{}, errors.New("constraint violated")
	}
	chunk, err := s.claimed(c)
	if err != nil {
		return run.Commit{}, err
	}
	asked, fresh, err := chunk.check(results)
	if err != nil {
		return run.Commit{}, err
	}
	// After this claim's own commit has finished the chunk or given it back, a
	// repeat reads back, but may not write more.
	leased := !chunk.free && !chunk.done
	if !leased && len(fresh) > 0 {
		return run.Commit{}, run.ErrLeaseLost
	}
	p, err := s.exact(c.RunID, c.Pass)
	if err != nil {
		return run.Commit{}, err
	}
	for _, r := range fresh {
		s.record(p, asked[r.ReportID], r, now)
	}
	commit := chunk.answer(s, asked)
	if leased {
		chunk.done, chunk.tries = commit.Done, c.Tries
		chunk.free, chunk.restful = !commit.Done, now.Add(after)
		s.commits++
	}
	if s.afterCommit != nil {
		if err := s.afterCommit(s.commits); err != nil {
			return run.Commit{}, err
		}
	}
	return commit, nil
}

// check gives the members that results are about, and the results of those that
// have no outcome yet.
func (c *fakeChunk) check(results []run.Result) (asked map[int64]*fakeMember, fresh []run.Result, err error) {
	members := make(map[int64]*fakeMember, len(c.members))
	for _, m := range c.members {
		members[m.report] = m
	}
	asked = make(map[int64]*fakeMember, len(results))
	for _, r := range results {
		m := members[r.ReportID]
		if m == nil || asked[r.ReportID] != nil || !possible(r) || r.Kind != run.Left && r.VerbatimVersion != m.version {
			return nil, nil, errInvalid
		}
		asked[r.ReportID] = m
		if m.outcome == "" {
			fresh = append(fresh, r)
		}
	}
	return asked, fresh, nil
}

// possible tells whether a result has what its kind needs.
func possible(r run.Result) bool {
	switch r.Kind {
	case run.Coded:
		return r.Coding != nil && r.Coding.LLT.Code != "" && r.Coding.PT.Code != "" && !math.IsNaN(r.Coding.Score) && !math.IsInf(r.Coding.Score, 0)
	case run.Review:
		return r.Reason != ""
	case run.Left:
		return r.ErrorClass != ""
	}
	return false
}

// answer gives what the database now holds for the members asked about.
func (c *fakeChunk) answer(s *fakeStore, asked map[int64]*fakeMember) run.Commit {
	commit := run.Commit{Recorded: make(map[int64]int64), Done: true}
	for id, m := range asked {
		if m.tally == run.Coded {
			if coding, ok := s.reports[id].newestCoding(); ok {
				commit.Recorded[id] = coding
			}
		} else if m.outcome == run.Review {
			commit.Recorded[id] = 0
		}
		if m.outcome == run.Gone {
			commit.Gone = append(commit.Gone, id)
		}
	}
	slices.Sort(commit.Gone)
	for _, m := range c.members {
		commit.Done = commit.Done && m.outcome != ""
	}
	return commit
}

// record writes one result, unless the report is no longer the pass's to decide.
func (s *fakeStore) record(p *fakePass, m *fakeMember, r run.Result, now time.Time) {
	rep := s.reports[m.report]
	if rep.item.VerbatimVersion != m.version || !rep.decidable() {
		m.goneNow(rep)
		return
	}
	m.fault = r.ItemFault
	versions := fill(r.Versions, p.Pin)
	switch r.Kind {
	case run.Coded:
		coding := *r.Coding
		coding.Versions, coding.DecidedAt = fill(coding.Versions, versions), now
		s.code(rep, m, coding)
	case run.Review:
		m.settle(run.Review, run.Review, string(r.Reason))
		rep.become(report.Review, r.Reason)
		rep.suggestion = &fakeSuggestion{versions, r.Candidates}
	case run.Left:
		m.settle(run.Left, run.Left, r.ErrorClass)
		rep.lastError = r.ErrorClass
		if r.ItemFault && p.Date > rep.night {
			rep.night = p.Date
			if rep.nights++; rep.nights >= 3 {
				m.settle(run.Review, run.Review, string(report.Poison))
				rep.status, rep.reason, rep.suggestion = report.Review, report.Poison, nil
			}
		}
	}
}

// code stores a coding, unless the report has a live one in the same dictionary.
// The machine's is the same decision made before; a person's makes the result
// gone.
func (s *fakeStore) code(rep *fakeReport, m *fakeMember, coding report.Coding) {
	coding.DecidedBy = cmp.Or(coding.DecidedBy, report.Machine)
	method := coding.Method
	switch live := rep.live(coding.Versions.Dictionary); {
	case live == nil:
		s.take(rep, coding)
		s.codings++
	case live.DecidedBy != report.Machine:
		m.goneNow(rep)
		return
	default:
		method = live.Method
	}
	m.settle(run.Coded, run.Coded, method)
	rep.become(report.Coded, "")
	rep.suggestion = nil
}

// become applies a decision of the machine, which clears earlier failures.
func (r *fakeReport) become(status report.Status, reason report.Reason) {
	r.status, r.reason, r.lastError, r.nights, r.night = status, reason, "", 0, ""
}

// fill takes the versions that v lacks from another.
func fill(v, from report.Versions) report.Versions {
	return report.Versions{
		Dictionary: cmp.Or(v.Dictionary, from.Dictionary), Language: cmp.Or(v.Language, from.Language),
		SynonymVersion: cmp.Or(v.SynonymVersion, from.SynonymVersion), EngineVersion: cmp.Or(v.EngineVersion, from.EngineVersion),
	}
}

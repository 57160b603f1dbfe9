package nightly_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

var errDatabaseAway = errors.New("connection refused")

// fakeReport is a report as the fake database holds it.
type fakeReport struct {
	item      run.Item
	status    report.Status
	reason    report.Reason
	lastError string
	codings   []report.Coding // of the current verbatim version
	byPerson  bool
}

type fakeMember struct {
	report  int64
	version int
	outcome run.Kind
	detail  string
	fault   bool
}

type fakeChunk struct {
	members             []*fakeMember
	free, done          bool
	owner               string
	attempts, tries     int
	leaseUntil, restful time.Time
}

type fakePass struct {
	run.Pass
	chunks []*fakeChunk
}

// fakeStore is a model of the store in memory: its own clock, row leases,
// owner checks, one live coding a report.
type fakeStore struct {
	mu      sync.Mutex
	offset  time.Duration // of the database's clock
	reports map[int64]*fakeReport
	passes  []*fakePass

	flaky       func() bool                     // fails a call now and then
	away        bool                            // every call fails
	readOnly    bool                            // every write fails
	afterCommit func(n int) error               // an error that hides a commit that was made
	onCommit    func(c run.Chunk)               // before a commit, without the lock
	onItems     func(c run.Chunk)               // before Items, without the lock
	commits     int                             // that were made
	codings     int                             // ever made
	extended    int                             // ExtendChunk calls
	ends        []string                        // how passes ended
	pauses      []string                        // SetPaused calls
	claimedBy   map[string]int                  // chunks by owner
	openHook    func(req run.OpenPass) error    // before OpenPass
	refuse      func(results []run.Result) bool // commits the database refuses for good
}

func newFakeStore(items ...run.Item) *fakeStore {
	s := &fakeStore{reports: make(map[int64]*fakeReport), claimedBy: make(map[string]int)}
	s.add(items...)
	return s
}

// add brings further reports in.
func (s *fakeStore) add(items ...run.Item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range items {
		s.reports[i.ReportID] = &fakeReport{item: i, status: report.Pending}
	}
}

// enter models one call: its connection, and the database's clock.
func (s *fakeStore) enter(ctx context.Context, write bool) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	if s.away || write && s.readOnly || s.flaky != nil && s.failsForGood() {
		return time.Time{}, errDatabaseAway
	}
	return time.Now().Add(s.offset), nil
}

// failsForGood models the store's own tries of what fails now and then.
func (s *fakeStore) failsForGood() bool {
	for range 5 {
		if !s.flaky() {
			return false
		}
	}
	return true
}

func (s *fakeStore) setAway(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *fakeStore) OpenPass(ctx context.Context, req run.OpenPass) (run.Pass, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return run.Pass{}, false, err
	}
	if s.openHook != nil {
		if err := s.openHook(req); err != nil {
			return run.Pass{}, false, err
		}
	}
	date := req.Date
	if date == "" {
		date = now.In(req.Location).Format(time.DateOnly)
	}
	runID, number := date+"."+req.Scope, 0
	var last *fakePass
	taken := make(map[int64]bool)
	for _, p := range s.passes {
		if p.RunID == runID {
			last, number = p, p.Number
			if p.State.Open() {
				return s.view(p), false, nil
			}
		}
		if p.State.Open() {
			for _, m := range p.members() {
				taken[m.report] = true
			}
		}
	}
	var ids []int64
	for _, id := range slices.Sorted(maps.Keys(s.reports)) {
		if s.reports[id].status == report.Pending && !taken[id] {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 && last != nil {
		return s.view(last), false, nil
	}
	p := &fakePass{Pass: run.Pass{
		RunID: runID, Date: date, Scope: req.Scope, Number: number + 1, State: run.Running, Pin: req.Pin,
		Cutoff: now, OpenedAt: now, Deadline: now.Add(req.RunDeadline), Read: int64(len(ids)),
	}}
	for piece := range slices.Chunk(ids, req.ChunkSize) {
		c := &fakeChunk{free: true}
		for _, id := range piece {
			c.members = append(c.members, &fakeMember{report: id, version: s.reports[id].item.VerbatimVersion})
		}
		p.chunks = append(p.chunks, c)
	}
	if len(ids) == 0 {
		p.State = run.Completed
	}
	s.passes = append(s.passes, p)
	return s.view(p), true, nil
}

func (p *fakePass) members() []*fakeMember {
	var all []*fakeMember
	for _, c := range p.chunks {
		all = append(all, c.members...)
	}
	return all
}

func (s *fakeStore) view(p *fakePass) run.Pass {
	v := p.Pass
	v.CodedByMethod, v.ReviewByReason, v.LeftByReason = map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, m := range p.members() {
		switch m.outcome {
		case run.Coded:
			v.Coded++
			v.CodedByMethod[m.detail]++
		case run.Review:
			v.Review++
			v.ReviewByReason[m.detail]++
		case run.Gone:
			v.Review++
		default:
			v.Left++
			if m.outcome == run.Left {
				v.LeftByReason[m.detail]++
			}
		}
	}
	return v
}

func (s *fakeStore) find(runID string, number int) (*fakePass, error) {
	for _, p := range slices.Backward(s.passes) {
		if (runID == "" || p.RunID == runID) && (number == 0 || p.Number == number) {
			return p, nil
		}
	}
	return nil, run.ErrNotFound
}

func (s *fakeStore) OpenPasses(ctx context.Context) ([]run.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.enter(ctx, false); err != nil {
		return nil, err
	}
	var open []run.Pass
	for _, p := range s.passes {
		if p.State.Open() {
			open = append(open, s.view(p))
		}
	}
	return open, nil
}

func (s *fakeStore) Pass(ctx context.Context, runID string, number int) (run.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.enter(ctx, false); err != nil {
		return run.Pass{}, err
	}
	p, err := s.find(runID, number)
	if err != nil {
		return run.Pass{}, err
	}
	return s.view(p), nil
}

func (s *fakeStore) Runs(context.Context, int) ([]run.Pass, error) { return nil, nil }

func (s *fakeStore) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (run.Chunk, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return run.Chunk{}, false, err
	}
	p, err := s.find(runID, pass)
	if err != nil || !p.State.Open() {
		return run.Chunk{}, false, err
	}
	for seq, c := range p.chunks {
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

// mine gives the chunk where it is the owner's.
func (s *fakeStore) mine(c run.Chunk) (*fakeChunk, error) {
	p, err := s.find(c.RunID, c.Pass)
	if err != nil {
		return nil, err
	}
	chunk := p.chunks[c.Seq]
	if chunk.owner != c.Owner || chunk.attempts != c.Attempt || chunk.free || chunk.done {
		return nil, run.ErrLeaseLost
	}
	return chunk, nil
}

func (s *fakeStore) ExtendChunk(ctx context.Context, c run.Chunk, lease time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return err
	}
	chunk, err := s.mine(c)
	if err == nil {
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
	if c.Attempt == 0 {
		p, err := s.find(c.RunID, c.Pass)
		if err != nil {
			return err
		}
		err = run.ErrLeaseLost
		for _, chunk := range p.chunks {
			if chunk.owner == c.Owner && !chunk.free && !chunk.done {
				chunk.free, chunk.restful, err = true, now.Add(after), nil
			}
		}
		return err
	}
	chunk, err := s.mine(c)
	if err == nil {
		chunk.free, chunk.restful, chunk.tries = true, now.Add(after), c.Tries
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
	var items []run.Item
	for _, m := range chunk.members {
		if m.outcome != "" {
			continue
		}
		if r := s.reports[m.report]; r.status != report.Pending || r.item.VerbatimVersion != m.version {
			m.outcome = run.Gone
			continue
		}
		items = append(items, s.reports[m.report].item)
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
	p, err := s.find(c.RunID, c.Pass)
	if err != nil {
		return run.Commit{}, err
	}
	chunk := p.chunks[c.Seq]
	if chunk.owner != c.Owner || chunk.attempts != c.Attempt {
		return run.Commit{}, run.ErrLeaseLost
	}
	repeat := chunk.done || chunk.free
	commit := run.Commit{Recorded: make(map[int64]int64), Done: true}
	byReport := make(map[int64]run.Result)
	for _, r := range results {
		byReport[r.ReportID] = r
	}
	for _, m := range chunk.members {
		r, ok := byReport[m.report]
		if ok && m.outcome == "" {
			if repeat {
				return run.Commit{}, run.ErrLeaseLost
			}
			s.record(m, r)
		}
		if ok && m.outcome == run.Coded {
			commit.Recorded[m.report] = s.reports[m.report].codings[0].ID
		} else if ok && m.outcome == run.Review {
			commit.Recorded[m.report] = 0
		}
		commit.Done = commit.Done && m.outcome != ""
	}
	if !repeat {
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

func (s *fakeStore) record(m *fakeMember, r run.Result) {
	rep := s.reports[m.report]
	if rep.status != report.Pending || rep.item.VerbatimVersion != r.VerbatimVersion || m.version != r.VerbatimVersion {
		m.outcome = run.Gone
		return
	}
	m.outcome, m.fault = r.Kind, r.ItemFault
	switch r.Kind {
	case run.Coded:
		s.codings++
		coding := *r.Coding
		coding.ID = int64(s.codings)
		rep.codings = append(rep.codings, coding)
		rep.status, m.detail = report.Coded, coding.Method
	case run.Review:
		rep.status, rep.reason, m.detail = report.Review, r.Reason, string(r.Reason)
	case run.Left:
		rep.lastError, m.detail = r.ErrorClass, r.ErrorClass
	default:
		panic(fmt.Sprintf("the engine sent kind %q", r.Kind))
	}
}

func (s *fakeStore) SetPaused(ctx context.Context, runID string, pass int, paused bool, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.enter(ctx, true); err != nil {
		return err
	}
	p, err := s.find(runID, pass)
	if err != nil || !p.State.Open() {
		return err
	}
	s.pauses = append(s.pauses, fmt.Sprint(paused))
	p.State, p.StateReason = run.Running, ""
	if paused {
		p.State, p.StateReason = run.Paused, reason
	}
	return nil
}

func (s *fakeStore) FinishPass(ctx context.Context, runID string, pass int) (run.Pass, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return run.Pass{}, false, err
	}
	p, err := s.find(runID, pass)
	if err != nil {
		return run.Pass{}, false, err
	}
	for _, c := range p.chunks {
		if !c.done {
			return run.Pass{}, false, nil
		}
	}
	if p.State.Open() {
		p.State, p.FinishedAt = run.Completed, now
		if s.view(p).Left > 0 {
			p.State = run.Partial
		}
		s.ends = append(s.ends, string(p.State))
	}
	return s.view(p), true, nil
}

func (s *fakeStore) EndPass(ctx context.Context, runID string, pass int, state run.State, reason, errorClass string) (run.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return run.Pass{}, err
	}
	p, err := s.find(runID, pass)
	if err != nil {
		return run.Pass{}, err
	}
	if !p.State.Open() {
		return s.view(p), nil
	}
	p.State, p.StateReason, p.FinishedAt = state, reason, now
	for _, c := range p.chunks {
		c.done, c.owner = true, ""
		for _, m := range c.members {
			if m.outcome == "" {
				m.outcome, m.detail = run.Left, errorClass
			}
		}
	}
	s.ends = append(s.ends, string(state))
	return s.view(p), nil
}

func (s *fakeStore) Now(ctx context.Context) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enter(ctx, false)
}

func (s *fakeStore) Ping(ctx context.Context) error {
	_, err := s.Now(ctx)
	return err
}

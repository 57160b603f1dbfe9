package nightly_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

var (
	errDatabaseAway = errors.New("connection refused")
	errInvalid      = errors.New("invalid argument")
)

// fakeStore is the store in memory, with a clock that a test can move and
// failures that a test can plan. It keeps the contract of nightly.Store as the
// real ones do: see TestTheFakeStoreHoldsTheContract.
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
	codings     int                             // that the machine ever made
	lastCoding  int64                           // the id of the newest coding
	extended    int                             // ExtendChunk calls that renewed a lease
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

func (s *fakeStore) Now(ctx context.Context) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.enter(ctx, false)
}

// fakeReport is a report as the fake database holds it. The codings and the
// suggestion are those of the current verbatim version.
type fakeReport struct {
	item       run.Item
	status     report.Status
	reason     report.Reason
	lastError  string
	byPerson   bool
	codings    []report.Coding // one a dictionary
	made       int             // codings of all versions
	suggestion *fakeSuggestion
	nights     int    // that it failed by its own fault
	night      string // the last of them
}

type fakeSuggestion struct {
	versions   report.Versions
	candidates []report.Candidate
}

// decidable tells whether the machine still has a say.
func (r *fakeReport) decidable() bool {
	return !r.byPerson && (r.status == report.Pending ||
		r.status == report.Review && !r.reason.Held() && r.reason != report.Poison)
}

// live gives the coding of a dictionary, nil where there is none.
func (r *fakeReport) live(dictionary string) *report.Coding {
	for i := range r.codings {
		if r.codings[i].Versions.Dictionary == dictionary {
			return &r.codings[i]
		}
	}
	return nil
}

// newestCoding gives the id of the newest live coding; ok is false where there
// is none.
func (r *fakeReport) newestCoding() (id int64, ok bool) {
	for _, c := range r.codings {
		id = max(id, c.ID)
	}
	return id, len(r.codings) > 0
}

// take stores a coding under the next id.
func (s *fakeStore) take(r *fakeReport, c report.Coding) int64 {
	s.lastCoding++
	c.ID = s.lastCoding
	r.codings = append(r.codings, c)
	r.made++
	return c.ID
}

// fakeMember is a report in a pass. Its tally is what it is counted as, which
// for one that is gone depends on what it has become.
type fakeMember struct {
	report         int64
	version        int
	outcome, tally run.Kind
	detail         string
	fault          bool
}

// settle gives the member its outcome and its place in the counts.
func (m *fakeMember) settle(outcome, tally run.Kind, detail string) {
	m.outcome, m.tally, m.detail = outcome, tally, detail
}

// goneNow settles a member that is no longer its pass's to decide.
func (m *fakeMember) goneNow(r *fakeReport) {
	switch r.status {
	case report.Coded:
		m.settle(run.Gone, run.Coded, "elsewhere")
	case report.Pending:
		m.settle(run.Gone, run.Left, "CHANGED")
	case report.Review:
		m.settle(run.Gone, run.Review, string(r.reason))
	default:
		m.settle(run.Gone, run.Review, string(r.status))
	}
}

type fakeChunk struct {
	members             []*fakeMember
	free, done          bool
	owner               string
	attempts, tries     int
	leaseUntil, restful time.Time
}

// settleGone settles the members that are no longer their pass's to decide.
func (s *fakeStore) settleGone(c *fakeChunk) {
	for _, m := range c.members {
		if r := s.reports[m.report]; m.outcome == "" && (r.item.VerbatimVersion != m.version || !r.decidable()) {
			m.goneNow(r)
		}
	}
}

type fakePass struct {
	run.Pass
	chunks []*fakeChunk
}

func (p *fakePass) members() []*fakeMember {
	var all []*fakeMember
	for _, c := range p.chunks {
		all = append(all, c.members...)
	}
	return all
}

// openChunks gives the chunks of a pass, none if it is not open.
func (s *fakeStore) openChunks(runID string, number int) []*fakeChunk {
	if p, err := s.exact(runID, number); err == nil && p.State.Open() {
		return p.chunks
	}
	return nil
}

// find gives a pass as Pass does: 0 is the newest, an empty runID any run.
func (s *fakeStore) find(runID string, number int) (*fakePass, error) {
	for _, p := range slices.Backward(s.passes) {
		if (runID == "" || p.RunID == runID) && (number == 0 || p.Number == number) {
			return p, nil
		}
	}
	return nil, run.ErrNotFound
}

// exact gives the pass with this run and number.
func (s *fakeStore) exact(runID string, number int) (*fakePass, error) {
	p, err := s.find(runID, number)
	if err == nil && (p.RunID != runID || p.Number != number) {
		err = run.ErrNotFound
	}
	return p, err
}

// claimed gives a chunk whose last claim is this one, also after its commit.
func (s *fakeStore) claimed(c run.Chunk) (*fakeChunk, error) {
	p, err := s.exact(c.RunID, c.Pass)
	if err != nil || c.Seq < 0 || c.Seq >= len(p.chunks) {
		return nil, run.ErrLeaseLost
	}
	chunk := p.chunks[c.Seq]
	if chunk.owner != c.Owner || chunk.attempts != c.Attempt {
		return nil, run.ErrLeaseLost
	}
	return chunk, nil
}

// mine gives the chunk where the claim still holds it.
func (s *fakeStore) mine(c run.Chunk) (*fakeChunk, error) {
	chunk, err := s.claimed(c)
	if err == nil && (chunk.free || chunk.done) {
		err = run.ErrLeaseLost
	}
	return chunk, err
}

func (s *fakeStore) Ping(ctx context.Context) error {
	_, err := s.Now(ctx)
	return err
}

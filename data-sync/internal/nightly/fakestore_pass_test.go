package nightly_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// The fake store's passes: opening, reading, pausing and ending them.

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
	study, isStudy := strings.CutPrefix(req.Scope, "study:")
	if req.Scope != "all" && (!isStudy || study == "") || req.ChunkSize < 1 || req.ChunkSize > 5000 || req.RunDeadline < time.Millisecond {
		return run.Pass{}, false, errInvalid
	}
	date := req.Date
	if date == "" {
		date = now.In(cmp.Or(req.Location, time.UTC)).Format(time.DateOnly)
	} else if _, err := time.Parse(time.DateOnly, date); err != nil {
		return run.Pass{}, false, errInvalid
	}
	runID, number := date+"."+req.Scope, 0
	var last *fakePass
	taken := make(map[int64]bool)
	for _, p := range s.passes {
		if p.RunID == runID {
			last, number = p, p.Number
			if p.State.Open() {
				return s.view(p, now), false, nil
			}
		}
		if p.State.Open() {
			for _, m := range p.members() {
				taken[m.report] = true
			}
		}
	}
	var members []*fakeReport
	for _, id := range slices.Sorted(maps.Keys(s.reports)) {
		if r := s.reports[id]; !taken[id] && r.due(req.Pin) && (!isStudy || r.item.Identity.Study == study) {
			members = append(members, r)
		}
	}
	if len(members) == 0 && last != nil {
		return s.view(last, now), false, nil
	}
	slices.SortStableFunc(members, func(a, b *fakeReport) int {
		switch {
		case a.item.Serious == b.item.Serious:
			return 0
		case a.item.Serious:
			return -1
		}
		return 1
	})
	p := &fakePass{Pass: run.Pass{
		RunID: runID, Date: date, Scope: req.Scope, Number: number + 1, State: run.Running, Pin: req.Pin,
		Cutoff: now, OpenedAt: now, Deadline: now.Add(req.RunDeadline), Read: int64(len(members)),
	}}
	for piece := range slices.Chunk(members, req.ChunkSize) {
		c := &fakeChunk{free: true}
		for _, r := range piece {
			c.members = append(c.members, &fakeMember{report: r.item.ReportID, version: r.item.VerbatimVersion})
		}
		p.chunks = append(p.chunks, c)
	}
	s.passes = append(s.passes, p)
	if len(members) == 0 {
		s.close(p, run.Completed, "", now)
	}
	return s.view(p, now), true, nil
}

// due tells whether a pass with this pin takes the report: it is pending, or the
// machine sent it to people under versions other than the pin's.
func (r *fakeReport) due(pin report.Versions) bool {
	if !r.decidable() || r.status == report.Pending {
		return r.decidable()
	}
	if r.suggestion == nil {
		return false
	}
	differ := func(pinned, was string) bool { return pinned != "" && pinned != was }
	was := r.suggestion.versions
	return differ(pin.Dictionary, was.Dictionary) || differ(pin.SynonymVersion, was.SynonymVersion) || differ(pin.EngineVersion, was.EngineVersion)
}

// view is a pass with its counts.
func (s *fakeStore) view(p *fakePass, now time.Time) run.Pass {
	v := p.Pass
	v.CodedByMethod, v.ReviewByReason, v.LeftByReason = map[string]int64{}, map[string]int64{}, map[string]int64{}
	for _, m := range p.members() {
		switch m.tally {
		case run.Coded:
			v.Coded++
			v.CodedByMethod[m.detail]++
		case run.Review:
			v.Review++
			v.ReviewByReason[m.detail]++
		case run.Left:
			if !p.State.Open() {
				v.LeftByReason[m.detail]++
			}
		}
	}
	v.Left = v.Read - v.Coded - v.Review
	if p.State.Open() {
		v.Elapsed = now.Sub(p.OpenedAt)
	} else {
		v.Elapsed = p.FinishedAt.Sub(p.OpenedAt)
	}
	return v
}

// close ends a pass all of whose members have an outcome.
func (s *fakeStore) close(p *fakePass, state run.State, reason string, now time.Time) {
	p.State, p.FinishedAt, p.AuditHead = state, now, fmt.Sprint("audit of ", p.RunID, " ", p.Number)
	if state == run.Partial && reason == "" {
		left := s.view(p, now).LeftByReason
		var parts []string
		for _, class := range slices.Sorted(maps.Keys(left)) {
			parts = append(parts, fmt.Sprint(class, " ", left[class]))
		}
		reason = "left: " + strings.Join(parts, ", ")
	}
	p.StateReason = reason
}

func (s *fakeStore) OpenPasses(ctx context.Context) ([]run.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, false)
	if err != nil {
		return nil, err
	}
	var open []run.Pass
	for _, p := range s.passes {
		if p.State.Open() {
			open = append(open, s.view(p, now))
		}
	}
	return open, nil
}

func (s *fakeStore) Pass(ctx context.Context, runID string, number int) (run.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, false)
	if err != nil {
		return run.Pass{}, err
	}
	p, err := s.find(runID, number)
	if err != nil {
		return run.Pass{}, err
	}
	return s.view(p, now), nil
}

func (s *fakeStore) Runs(ctx context.Context, limit int) ([]run.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, false)
	if err != nil {
		return nil, err
	}
	var runs []run.Pass
	seen := make(map[string]bool)
	for _, p := range slices.Backward(s.passes) {
		if len(runs) < limit && !seen[p.RunID] {
			runs = append(runs, s.view(p, now))
		}
		seen[p.RunID] = true
	}
	return runs, nil
}

func (s *fakeStore) SetPaused(ctx context.Context, runID string, pass int, paused bool, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.enter(ctx, true); err != nil {
		return err
	}
	p, err := s.exact(runID, pass)
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
	p, err := s.exact(runID, pass)
	if err != nil {
		return run.Pass{}, false, err
	}
	if !p.State.Open() {
		return s.view(p, now), true, nil
	}
	for _, c := range p.chunks {
		if !c.done {
			return s.view(p, now), false, nil
		}
	}
	state := run.Completed
	if s.view(p, now).Left > 0 {
		state = run.Partial
	}
	s.close(p, state, "", now)
	s.ends = append(s.ends, string(p.State))
	return s.view(p, now), true, nil
}

func (s *fakeStore) EndPass(ctx context.Context, runID string, pass int, state run.State, reason, errorClass string) (run.Pass, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, err := s.enter(ctx, true)
	if err != nil {
		return run.Pass{}, err
	}
	if state != run.Partial && state != run.Cancelled {
		return run.Pass{}, errInvalid
	}
	p, err := s.exact(runID, pass)
	if err != nil {
		return run.Pass{}, err
	}
	if !p.State.Open() {
		return s.view(p, now), nil
	}
	errorClass = cmp.Or(errorClass, string(state))
	for _, c := range p.chunks {
		if c.done {
			continue // its owner's name stays, so that a repeated commit is known
		}
		c.done, c.free, c.owner = true, false, ""
		s.settleGone(c)
		for _, m := range c.members {
			if m.outcome == "" {
				m.settle(run.Left, run.Left, errorClass)
				s.reports[m.report].lastError = errorClass
			}
		}
	}
	s.close(p, state, reason, now)
	s.ends = append(s.ends, string(state))
	return s.view(p, now), nil
}

package nightly_test

import (
	"cmp"
	"slices"
	"strings"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// The model of the state-machine test: what must be true, in the plainest
// terms. A verbatim's first letter says what the fake coder makes of it: c
// codes, r sends to review, t fails for a while, f fails by its own fault.

type modelReport struct {
	id       int64
	study    string
	record   string
	verbatim string
	serious  bool
	version  int
	status   report.Status
	reason   report.Reason
	human    bool
	// live is who decided the live coding of this version; "" for none.
	live string
	// suggested is the synonym version that sent it to review; "" for none.
	suggested string
	nights    int
	night     string
}

// decidable is whether the machine still has a say.
func (r *modelReport) decidable() bool {
	return !r.human && (r.status == report.Pending || r.status == report.Review && !r.reason.Held() && r.reason != report.Poison)
}

// change is a new verbatim: everything about the old one is history.
func (r *modelReport) change(verbatim string) {
	r.verbatim, r.version = verbatim, r.version+1
	r.status, r.reason, r.human, r.live, r.suggested, r.nights, r.night = report.Pending, "", false, "", "", 0, ""
}

type modelMember struct {
	report         *modelReport
	version        int
	outcome, tally run.Kind
}

func (m *modelMember) decidable() bool { return m.report.version == m.version && m.report.decidable() }

func (m *modelMember) gone() {
	m.outcome = run.Gone
	switch m.report.status {
	case report.Coded:
		m.tally = run.Coded
	case report.Pending:
		m.tally = run.Left
	default:
		m.tally = run.Review
	}
}

type modelChunk struct {
	members []*modelMember
	// free, leased or done by what the database must say.
	leased, done bool
	owner        string
	attempt      int
	expired      bool
}

func (c *modelChunk) of(id int64) *modelMember {
	for _, m := range c.members {
		if m.report.id == id {
			return m
		}
	}
	return nil
}

// is reports whether the claim was the last on the chunk; holds, whether it
// still leases it.
func (c *modelChunk) is(claim run.Chunk) bool {
	return c.owner == claim.Owner && c.attempt == claim.Attempt
}
func (c *modelChunk) holds(claim run.Chunk) bool { return c.leased && c.is(claim) }

func (c *modelChunk) open() (n int) {
	for _, m := range c.members {
		if m.outcome == "" {
			n++
		}
	}
	return n
}

type modelPass struct {
	runID, date, scope string
	number             int
	state              run.State
	synonyms           string
	chunks             []*modelChunk
	checked            bool // since it ended
}

func (p *modelPass) members() (all []*modelMember) {
	for _, c := range p.chunks {
		all = append(all, c.members...)
	}
	return all
}

func (p *modelPass) balance() (coded, review, left int64) {
	for _, m := range p.members() {
		switch m.tally {
		case run.Coded:
			coded++
		case run.Review:
			review++
		default:
			left++
		}
	}
	return coded, review, left
}

// finishable is whether no chunk is open.
func (p *modelPass) finishable() bool {
	return !slices.ContainsFunc(p.chunks, func(c *modelChunk) bool { return !c.done })
}

func (p *modelPass) finish() {
	p.state = run.Completed
	if _, _, left := p.balance(); left > 0 {
		p.state = run.Partial
	}
}

// end closes the pass with work left.
func (p *modelPass) end(state run.State) {
	p.state = state
	for _, c := range p.chunks {
		for _, m := range c.members {
			if m.outcome == "" && !m.decidable() {
				m.gone()
			} else if m.outcome == "" {
				m.outcome, m.tally = run.Left, run.Left
			}
		}
		if !c.done {
			c.done, c.leased, c.owner = true, false, ""
		}
	}
}

// claimable is the chunk that a claim must give.
func (p *modelPass) claimable() (int, *modelChunk) {
	for seq, c := range p.chunks {
		if p.state.Open() && !c.done && (!c.leased || c.expired) {
			return seq, c
		}
	}
	return 0, nil
}

// take applies one result to a member that had no outcome.
func (p *modelPass) take(m *modelMember, r run.Result) {
	if !m.decidable() {
		m.gone()
		return
	}
	rep := m.report
	m.outcome, m.tally = r.Kind, r.Kind
	switch r.Kind {
	case run.Coded:
		rep.status, rep.reason, rep.live, rep.suggested, rep.nights, rep.night = report.Coded, "", report.Machine, "", 0, ""
	case run.Review:
		rep.status, rep.reason, rep.suggested, rep.nights, rep.night = report.Review, r.Reason, p.synonyms, 0, ""
	case run.Left:
		// Nights running: a pass of an earlier or of the same date is no
		// further night.
		if r.ItemFault && p.date > rep.night {
			rep.nights, rep.night = rep.nights+1, p.date
			if rep.nights == 3 {
				m.outcome, m.tally = run.Review, run.Review
				rep.status, rep.reason, rep.suggested = report.Review, report.Poison, ""
			}
		}
	}
}

type model struct {
	reports []*modelReport
	passes  []*modelPass
}

func (m *model) find(study, record string) *modelReport {
	for _, r := range m.reports {
		if r.study == study && r.record == record {
			return r
		}
	}
	return nil
}

// openPass is the run's open pass, last its newest.
func (m *model) last(runID string) *modelPass {
	for _, p := range slices.Backward(m.passes) {
		if p.runID == runID {
			return p
		}
	}
	return nil
}

func (m *model) openPasses() (open []*modelPass) {
	for _, p := range m.passes {
		if p.state.Open() {
			open = append(open, p)
		}
	}
	return open
}

// eligible are the reports that a new pass must take, in its order.
func (m *model) eligible(scope, synonyms string) (out []*modelReport) {
	taken := make(map[*modelReport]bool)
	for _, p := range m.openPasses() {
		for _, member := range p.members() {
			taken[member.report] = true
		}
	}
	study, one := strings.CutPrefix(scope, "study:")
	for _, r := range m.reports {
		again := r.status == report.Review && r.suggested != "" && r.suggested != synonyms
		if !taken[r] && (!one || r.study == study) && r.decidable() && (r.status == report.Pending || again) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *modelReport) int {
		if a.serious != b.serious {
			if a.serious {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.id, b.id)
	})
	return out
}

// open adds the pass that OpenPass must give, and tells whether it is new.
func (m *model) open(date, scope, synonyms string, chunkSize int) (*modelPass, bool) {
	runID := date + "." + scope
	last := m.last(runID)
	if last != nil && last.state.Open() {
		return last, false
	}
	members := m.eligible(scope, synonyms)
	if last != nil && len(members) == 0 {
		return last, false
	}
	p := &modelPass{runID: runID, date: date, scope: scope, number: 1, state: run.Running, synonyms: synonyms}
	if last != nil {
		p.number = last.number + 1
	}
	for piece := range slices.Chunk(members, chunkSize) {
		c := &modelChunk{}
		for _, r := range piece {
			c.members = append(c.members, &modelMember{report: r, version: r.version})
		}
		p.chunks = append(p.chunks, c)
	}
	if len(members) == 0 {
		p.state = run.Completed
	}
	m.passes = append(m.passes, p)
	return p, true
}

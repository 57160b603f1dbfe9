package nightly

import (
	"math/rand/v2"
	"sync"
	"time"

	"aecode/data-sync/internal/run"
)

// What can be away.
const (
	awayTerminology = "terminology"
	awayClaims      = "idempotency"
	awayStore       = "database"
)

const (
	// probeEvery bounds the time between two probes.
	probeEvery = 2 * time.Second
	// probeTimeout bounds one, so that work goes on within 5 s of the end of an
	// outage, also where calls hang rather than fail.
	probeTimeout = 1500 * time.Millisecond
)

// gate tells whether the work of one pass can go on. It is per pass, since a
// pass may be pinned to versions that terminology lacks while another's are
// there.
type gate struct {
	mu sync.Mutex
	// down: no work is taken.
	down bool
	// since is when the outage began. A probe that succeeds opens the gate, but
	// only a committed chunk ends the outage: work that fails whenever it is
	// resumed must use up the outage budget too.
	since       time.Time
	what, class string
	// marked: the pass has been marked as paused for this outage.
	marked     bool
	lastAnswer time.Time
	nextProbe  time.Time
}

// answered: terminology answered a batch.
func (g *gate) answered() {
	g.mu.Lock()
	g.lastAnswer = time.Now()
	g.mu.Unlock()
}

// committed: decisions of the pass are in the database.
func (g *gate) committed() {
	g.mu.Lock()
	if !g.down {
		g.since = time.Time{}
	}
	g.mu.Unlock()
}

// unanswered reports a batch, begun at the time given, of which nothing was
// answered. Where another batch was answered since then it is no outage. It
// returns whether the gate is down.
func (g *gate) unanswered(began time.Time, class string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.down && g.lastAnswer.After(began) {
		return false
	}
	g.shut(awayTerminology, class)
	return true
}

// fail shuts the gate.
func (g *gate) fail(what, class string) {
	g.mu.Lock()
	g.shut(what, class)
	g.mu.Unlock()
}

// storeBack notes that the database was away since the time given, and shuts
// the gate where that, or what came before without a commit between, was longer
// than the outage budget: such a pass is not to go on.
func (g *gate) storeBack(since time.Time, budget time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.since.IsZero() {
		g.since = since
	}
	if time.Since(g.since) >= budget {
		g.shut(awayStore, run.ClassUnavailable)
	}
}

func (g *gate) shut(what, class string) {
	if g.down {
		return
	}
	now := time.Now()
	g.down, g.marked, g.what, g.class = true, false, what, class
	if g.since.IsZero() {
		g.since = now
	}
	g.nextProbe = now.Add(jitter(probeEvery / 2))
}

// isDown reports whether no work may be taken.
func (g *gate) isDown() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.down
}

// outage is a gate's state at one instant.
type outage struct {
	down        bool
	marked      bool
	since       time.Time
	what, class string
	nextProbe   time.Time
}

func (g *gate) outage() outage {
	g.mu.Lock()
	defer g.mu.Unlock()
	return outage{down: g.down, marked: g.marked, since: g.since, what: g.what, class: g.class, nextProbe: g.nextProbe}
}

// mark notes that the pass has been marked as paused.
func (g *gate) mark() {
	g.mu.Lock()
	g.marked = true
	g.mu.Unlock()
}

// probed takes in the outcome of a probe.
func (g *gate) probed(healed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if healed {
		g.down = false
		return
	}
	g.nextProbe = time.Now().Add(jitter(probeEvery))
}

// jitter gives a time between half of d and d, so that replicas that lost the
// same thing at once do not come back at once.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}

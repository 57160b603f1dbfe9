package nightly_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"aecode/common/configfile"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

var newest = report.Versions{Dictionary: "29.0", SynonymVersion: "s1", EngineVersion: "e1"}

// fakeCoder codes every verbatim as itself, but for the cases that a test sets.
type fakeCoder struct {
	mu     sync.Mutex
	size   int
	takes  time.Duration // per call
	away   string        // class of failure of every call; "" is none
	hangs  bool          // until the call's deadline
	tries  time.Duration // bounds a call that hangs, as the client's tries do; 0: nothing but its deadline
	flaky  func() bool   // fails a call now and then
	answer func(t run.Term) (run.Answer, bool)
	newErr error
	// probesOnly answers probes and fails all work.
	probesOnly bool

	calls, now, most int
	probes           []time.Time
	withoutDeadline  int
	asked            map[run.Term]int
}

func newFakeCoder() *fakeCoder { return &fakeCoder{size: 32, asked: make(map[run.Term]int)} }

func (c *fakeCoder) set(change func(c *fakeCoder)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

// count gives how many calls there were, are, and were at once at most.
func (c *fakeCoder) count() (calls, now, most int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls, c.now, c.most
}

func (c *fakeCoder) running() int {
	_, now, _ := c.count()
	return now
}

func (c *fakeCoder) BatchSize() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.size
}

func (c *fakeCoder) Newest(context.Context) (report.Versions, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return newest, c.newErr
}

func (c *fakeCoder) Encode(ctx context.Context, pin report.Versions, terms []run.Term) ([]run.Answer, error) {
	c.mu.Lock()
	c.calls++
	c.now++
	c.most = max(c.most, c.now)
	if _, ok := ctx.Deadline(); !ok {
		c.withoutDeadline++
	}
	if len(terms) == 1 && terms[0].Verbatim == probeTerm {
		c.probes = append(c.probes, time.Now())
	}
	takes, hangs, tries, away, answer := c.takes, c.hangs, c.tries, c.away, c.answer
	if away == "" && c.flaky != nil && c.flaky() {
		away = "UNAVAILABLE"
	}
	if c.probesOnly && terms[0].Verbatim != probeTerm {
		away = "UNAVAILABLE"
	}
	c.mu.Unlock()
	defer c.set(func(c *fakeCoder) { c.now-- })

	if hangs && tries == 0 {
		<-ctx.Done()
		return nil, &run.Failure{Class: run.ClassDeadline, Err: ctx.Err()}
	}
	if hangs {
		return nil, &run.Failure{Class: run.ClassDeadline, Err: hang(ctx, tries)}
	}
	if takes > 0 {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			return nil, &run.Failure{Class: run.ClassDeadline, Err: ctx.Err()}
		}
	}
	if away != "" {
		return nil, &run.Failure{Class: away, Err: errors.New("connection refused")}
	}
	answers := make([]run.Answer, len(terms))
	for i, t := range terms {
		c.set(func(c *fakeCoder) { c.asked[t]++ })
		if answer != nil {
			if a, ok := answer(t); ok {
				answers[i] = a
				continue
			}
		}
		answers[i] = coded(t, pin)
	}
	return answers, nil
}

// Probe asks a harmless verbatim, as the client of terminology does.
func (c *fakeCoder) Probe(ctx context.Context, pin report.Versions) error {
	answers, err := c.Encode(ctx, pin, []run.Term{{Verbatim: probeTerm}})
	if err == nil {
		err = answers[0].Err
	}
	return err
}

const probeTerm = "headache"

func coded(t run.Term, pin report.Versions) run.Answer {
	term := report.Term{Code: "10000001", Name: t.Verbatim}
	return run.Answer{
		Versions: pin,
		Coding:   &report.Coding{LLT: term, PT: term, HLT: term, HLGT: term, SOC: term, Method: "exact", Score: 1, Versions: pin, DecidedBy: report.Machine},
	}
}

type fakeRecord struct {
	owner string
	until time.Time
	done  bool
	id    int64
}

// fakeClaims models the idempotency records.
type fakeClaims struct {
	mu      sync.Mutex
	lease   time.Duration
	records map[string]*fakeRecord
	away    bool
	hangs   bool        // until the call's own deadline of 2 s
	flaky   func() bool // fails a call now and then
	refuses bool        // all but Ping fail

	trips, completed, released int
}

func newFakeClaims() *fakeClaims {
	return &fakeClaims{lease: 15 * time.Second, records: make(map[string]*fakeRecord)}
}

var errRedisAway = errors.New("redis: connection refused")

func claimKey(pin report.Versions, i run.Item) string {
	return fmt.Sprint(i.ReportID, i.VerbatimVersion, pin)
}

func (c *fakeClaims) enter(ctx context.Context) error {
	if c.hangs {
		c.mu.Unlock()
		err := hang(ctx, 2*time.Second)
		c.mu.Lock()
		return err
	}
	c.trips++
	if c.away || c.flaky != nil && c.flaky() {
		return errRedisAway
	}
	return ctx.Err()
}

// claimTries is for how long a claim is tried while Redis refuses it.
const claimTries = 500 * time.Millisecond

// enterClaim is enter with the tries that a claim has.
func (c *fakeClaims) enterClaim(ctx context.Context) error {
	for range 4 {
		err := c.enter(ctx)
		if err == nil || ctx.Err() != nil || c.hangs {
			return err
		}
		c.mu.Unlock()
		_ = hang(ctx, claimTries/4)
		c.mu.Lock()
	}
	return c.enter(ctx)
}

// hang is a call that no answer comes to.
func hang(ctx context.Context, limit time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(limit):
		return context.DeadlineExceeded
	}
}

func (c *fakeClaims) set(change func(c *fakeClaims)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(c)
}

func (c *fakeClaims) Claim(ctx context.Context, pin report.Versions, owner string, items []run.Item) ([]run.ClaimState, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enterClaim(ctx); err != nil {
		return nil, err
	}
	if c.refuses {
		return nil, errRedisAway
	}
	now := time.Now()
	states := make([]run.ClaimState, len(items))
	for n, i := range items {
		key := claimKey(pin, i)
		switch r := c.records[key]; {
		case r != nil && r.done:
			states[n] = run.Replay
		case r != nil && r.owner != owner && now.Before(r.until):
			states[n] = run.InFlight
		default:
			c.records[key] = &fakeRecord{owner: owner, until: now.Add(c.lease)}
			states[n] = run.Acquired
		}
	}
	return states, nil
}

func (c *fakeClaims) owned(ctx context.Context, pin report.Versions, owner string, items []run.Item, do func(key string, r *fakeRecord)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.enter(ctx); err != nil {
		return err
	}
	for _, i := range items {
		key := claimKey(pin, i)
		if r := c.records[key]; r != nil && r.owner == owner && !r.done {
			do(key, r)
		}
	}
	return nil
}

func (c *fakeClaims) Extend(ctx context.Context, pin report.Versions, owner string, items []run.Item) error {
	return c.owned(ctx, pin, owner, items, func(_ string, r *fakeRecord) { r.until = time.Now().Add(c.lease) })
}

func (c *fakeClaims) Complete(ctx context.Context, pin report.Versions, owner string, recorded []run.Recorded) error {
	for _, rec := range recorded {
		err := c.owned(ctx, pin, owner, []run.Item{rec.Item}, func(_ string, r *fakeRecord) {
			r.done, r.id = true, rec.CodingID
			c.completed++
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *fakeClaims) Release(ctx context.Context, pin report.Versions, owner string, items []run.Item) error {
	return c.owned(ctx, pin, owner, items, func(key string, _ *fakeRecord) {
		delete(c.records, key)
		c.released++
	})
}

func (c *fakeClaims) Ping(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.enter(ctx)
}

// held counts records that somebody holds.
func (c *fakeClaims) held() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, r := range c.records {
		if !r.done && time.Now().Before(r.until) {
			n++
		}
	}
	return n
}

// tally is an Observer that sums up.
type tally struct {
	mu      sync.Mutex
	reports map[string]int
	chunks  map[string]int
	outage  map[string]time.Duration
	states  map[run.State]int
}

func newTally() *tally {
	return &tally{reports: map[string]int{}, chunks: map[string]int{}, outage: map[string]time.Duration{}, states: map[run.State]int{}}
}

func (t *tally) Reports(kind run.Kind, label string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reports[string(kind)+"/"+label] += n
}

func (t *tally) Chunk(outcome string, _ time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.chunks[outcome]++
}

func (t *tally) Outage(what string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.outage[what] += d
}

func (t *tally) Pass(p run.Pass) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.states[p.State]++
}

// world is one store, one terminology, one Redis, and engines on them.
type world struct {
	t      *testing.T
	store  *fakeStore
	coder  *fakeCoder
	claims *fakeClaims
	seen   *tally
	cfg    engineConfig
}

// engineConfig is all that an engine is configured by.
type engineConfig struct {
	nightly.Config
	nightly.Options
}

// defaults are those of an empty file and of no options, except for twice the
// workers and the grace, which the tests' bounds are made for.
func defaults(t *testing.T) engineConfig {
	t.Helper()
	cfg := engineConfig{Options: nightly.Options{
		EncodeConcurrency: 4, BatchOverall: 5 * time.Second,
		ChunkAttempts: 5, CommitOverall: 10 * time.Second, IdlePoll: 2 * time.Second,
	}}
	if err := configfile.Parse("defaults", []byte("{}"), &cfg.Config); err != nil {
		t.Fatal(err)
	}
	cfg.Workers, cfg.Grace = 4, 10*time.Second
	return cfg
}

func items(n int) []run.Item {
	out := make([]run.Item, n)
	for i := range out {
		out[i] = run.Item{
			ReportID:        int64(i + 1),
			Identity:        report.Identity{Source: "edc", Study: "S1", RecordID: fmt.Sprint(i + 1)},
			VerbatimVersion: 1,
			Verbatim:        fmt.Sprintf("verbatim %d", i+1),
			Language:        "en",
		}
	}
	return out
}

func newWorld(t *testing.T, n int) *world {
	cfg := defaults(t)
	cfg.ChunkSize = 50
	return &world{t: t, store: newFakeStore(items(n)...), coder: newFakeCoder(), claims: newFakeClaims(), seen: newTally(), cfg: cfg}
}

// engine runs an engine until the function given back is called, which waits
// for its end.
func (w *world) engine() (*nightly.Engine, func()) {
	w.t.Helper()
	return w.run(w.store, w.coder, w.claims, nil)
}

// run is engine with parts of the test's own.
func (w *world) run(store nightly.Store, coder nightly.Coder, claims nightly.Claims, log nightly.Logger) (*nightly.Engine, func()) {
	w.t.Helper()
	e, err := nightly.New(store, coder, claims, w.cfg.Config, w.cfg.Options, w.seen, log)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	return e, func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}
}

func (w *world) start(e *nightly.Engine) run.Pass {
	w.t.Helper()
	p, opened, err := e.Start(w.t.Context(), "", "")
	if err != nil || !opened {
		w.t.Fatalf("Start = opened %v, %v", opened, err)
	}
	return p
}

// await watches until the pass is final.
func (w *world) await(e *nightly.Engine, p run.Pass) run.Pass {
	w.t.Helper()
	return w.awaitWithin(7*24*time.Hour, e, p)
}

func (w *world) awaitWithin(d time.Duration, e *nightly.Engine, p run.Pass) run.Pass {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	var last run.Pass
	err := e.Watch(ctx, p.RunID, p.Number, func(p run.Pass) error {
		last = p
		return nil
	})
	if err != nil {
		w.t.Fatalf("Watch: %v", err)
	}
	return last
}

// wantEnd checks how a pass ended, and the promise that holds however it did:
// it balances, and no report has more than one coding.
func (w *world) wantEnd(p run.Pass, state run.State, coded, review, left int64) {
	w.t.Helper()
	if p.State != state || p.Coded != coded || p.Review != review || p.Left != left {
		w.t.Errorf("pass ended %s (%s) with coded %d, review %d, left %d %v; want %s with %d, %d, %d",
			p.State, p.StateReason, p.Coded, p.Review, p.Left, p.LeftByReason, state, coded, review, left)
	}
	if p.Read != p.Coded+p.Review+p.Left {
		w.t.Errorf("read %d is not coded %d + review %d + left %d", p.Read, p.Coded, p.Review, p.Left)
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	for id, r := range w.store.reports {
		if len(r.codings) > 1 {
			w.t.Errorf("report %d was coded %d times", id, len(r.codings))
		}
	}
}

package nightly_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/run"
)

// journal is a Logger that keeps its lines.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Info(msg string, args ...any) { j.Warn(msg, args...) }

func (j *journal) Warn(msg string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintln(append([]any{msg}, args...)...))
}

func (j *journal) count(word string) (n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, line := range j.lines {
		n += strings.Count(line, word)
	}
	return n
}

// panics panics over the verbatims named, or over all when none is.
type panics struct {
	*fakeCoder
	over map[string]bool
}

func (p *panics) Encode(ctx context.Context, pin versions, terms []run.Term) ([]run.Answer, error) {
	for _, t := range terms {
		if p.over == nil || p.over[t.Verbatim] {
			panic("cannot handle " + t.Verbatim)
		}
	}
	return p.fakeCoder.Encode(ctx, pin, terms)
}

// Probe panics as Encode does: over the probe's term where it panics over all.
func (p *panics) Probe(ctx context.Context, pin versions) error {
	_, err := p.Encode(ctx, pin, []run.Term{{Verbatim: probeTerm}})
	return err
}

func TestAPanicOverOneVerbatimLeavesThatReportAloneAsItsOwnFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 200)
		log := &journal{}
		e, stop := w.run(w.store, &panics{fakeCoder: w.coder, over: map[string]bool{"verbatim 7": true, "verbatim 130": true}}, w.claims, log)
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 198, 0, 2)
		if p.LeftByReason[run.ClassInternal] != 2 {
			t.Errorf("left by reason = %v", p.LeftByReason)
		}
		for _, at := range [][2]int{{0, 6}, {2, 29}} {
			c := w.store.passes[0].chunks[at[0]]
			if !c.members[at[1]].fault || c.attempts != w.cfg.ChunkAttempts {
				t.Errorf("fault %v after %d attempts; want the item's own after %d", c.members[at[1]].fault, c.attempts, w.cfg.ChunkAttempts)
			}
		}
		if log.count("type string") != 2*w.cfg.ChunkAttempts || log.count("panics).Encode") == 0 {
			t.Errorf("the journal has %d panics with their type, stack %d times", log.count("type string"), log.count("panics).Encode"))
		}
		if log.count("verbatim 7")+log.count("cannot handle") != 0 {
			t.Error("the value of a panic is in the journal")
		}
		if w.claims.held() != 0 {
			t.Errorf("%d records still held", w.claims.held())
		}
	})
}

// Where the coder panics whatever it is asked, the fault is the program's: three
// such nights must not send every report to people.
func TestAPanicOverEverythingBlamesNoItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		e, stop := w.run(w.store, &panics{fakeCoder: w.coder}, w.claims, nil)
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 0, 0, 100)
		for _, c := range w.store.passes[0].chunks {
			for _, m := range c.members {
				if m.fault || m.detail != run.ClassInternal {
					t.Fatalf("report %d: fault %v, class %s", m.report, m.fault, m.detail)
				}
			}
		}
	})
}

// panicsAt panics in one method, the first times.
type panicsAt struct {
	*fakeStore
	method string
	times  int
}

func (p *panicsAt) hit(method string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.method == method && p.times > 0 {
		p.times--
		panic(p.times)
	}
}

func (p *panicsAt) Items(ctx context.Context, c run.Chunk) ([]run.Item, error) {
	p.hit("Items")
	return p.fakeStore.Items(ctx, c)
}

func (p *panicsAt) ExtendChunk(ctx context.Context, c run.Chunk, lease time.Duration) error {
	p.hit("ExtendChunk")
	return p.fakeStore.ExtendChunk(ctx, c, lease)
}

func (p *panicsAt) CommitChunk(ctx context.Context, c run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	p.hit("CommitChunk")
	return p.fakeStore.CommitChunk(ctx, c, results, after)
}

func (p *panicsAt) ReleaseChunk(ctx context.Context, c run.Chunk, after time.Duration) error {
	p.hit("ReleaseChunk")
	return p.fakeStore.ReleaseChunk(ctx, c, after)
}

func (p *panicsAt) FinishPass(ctx context.Context, runID string, pass int) (run.Pass, bool, error) {
	p.hit("FinishPass")
	return p.fakeStore.FinishPass(ctx, runID, pass)
}

func TestAPanicAnywhereInAChunksWorkEndsNeitherTheProcessNorTheRun(t *testing.T) {
	for _, method := range []string{"Items", "ExtendChunk", "CommitChunk", "ReleaseChunk", "FinishPass"} {
		t.Run(method, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 300)
				store := &panicsAt{fakeStore: w.store, method: method, times: 3}
				switch method {
				case "ExtendChunk": // work must outlast a third of the lease
					w.coder.takes, w.cfg.BatchOverall = 6*time.Second, 30*time.Second
				case "ReleaseChunk": // there must be something to release
					w.claims.flaky = func() bool { return w.claims.trips < 40 }
				}
				e, stop := w.run(store, w.coder, w.claims, nil)
				defer stop()
				w.wantEnd(w.await(e, w.start(e)), run.Completed, 300, 0, 0)
				if store.times != 0 {
					t.Errorf("%d panics did not happen: the test says nothing", store.times)
				}
			})
		})
	}
}

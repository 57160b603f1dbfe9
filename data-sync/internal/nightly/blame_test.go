package nightly_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/run"
)

// refuses makes the fake database refuse codings of the reports named.
func (s *fakeStore) refuses(ids ...int64) {
	s.refuse = func(results []run.Result) bool {
		for _, r := range results {
			for _, id := range ids {
				if r.ReportID == id && r.Kind == run.Coded {
					return true
				}
			}
		}
		return false
	}
}

// counted counts the commits that were asked for.
type counted struct {
	*fakeStore
	asked int
}

func (c *counted) CommitChunk(ctx context.Context, chunk run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	c.mu.Lock()
	c.asked++
	c.mu.Unlock()
	return c.fakeStore.CommitChunk(ctx, chunk, results, after)
}

func TestAResultThatTheDatabaseRefusesIsLeftAloneAsItsOwnFault(t *testing.T) {
	for name, bad := range map[string][]int64{
		"the first": {1}, "one in the middle": {123}, "the last": {500}, "two side by side": {250, 251}, "ten": {3, 50, 51, 99, 160, 222, 333, 400, 450, 500},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 500)
				w.cfg.ChunkSize = 500
				w.store.refuses(bad...)
				store := &counted{fakeStore: w.store}
				e, stop := w.run(store, w.coder, w.claims, nil)
				defer stop()
				p := w.await(e, w.start(e))
				w.wantEnd(p, run.Partial, int64(500-len(bad)), 0, int64(len(bad)))
				if p.LeftByReason[run.ClassStore] != int64(len(bad)) {
					t.Errorf("left by reason = %v", p.LeftByReason)
				}
				for _, id := range bad {
					if m := w.store.passes[0].chunks[0].members[id-1]; !m.fault || m.outcome != run.Left {
						t.Errorf("report %d: %s, fault %v; want left by its own fault", id, m.outcome, m.fault)
					}
				}
				if len(w.store.pauses) != 0 {
					t.Errorf("the pass was paused for it: %v", w.store.pauses)
				}
				// The last of 500 is found by ten attempts of five tries and a half.
				if most := 70 * len(bad); store.asked > most {
					t.Errorf("%d commits for %d bad items in 500, want at most %d", store.asked, len(bad), most)
				}
				t.Logf("%d commits, %d attempts", store.asked, w.store.passes[0].chunks[0].attempts)
				if w.claims.held() != 0 || w.claims.completed != 500-len(bad) {
					t.Errorf("%d records held, %d completed", w.claims.held(), w.claims.completed)
				}
			})
		})
	}
}

// A database that takes no result at all is no fault of the items.
func TestADatabaseThatRefusesEveryResultBlamesNoItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 100)
		w.store.refuse = func(results []run.Result) bool {
			for _, r := range results {
				if r.Kind == run.Coded {
					return true
				}
			}
			return false
		}
		e, stop := w.engine()
		defer stop()
		p := w.await(e, w.start(e))
		w.wantEnd(p, run.Partial, 0, 0, 100)
		faults := 0
		for _, c := range w.store.passes[0].chunks {
			for _, m := range c.members {
				if m.fault {
					faults++
				}
			}
		}
		if p.LeftByReason[run.ClassStore] != 100 || faults != 0 {
			t.Errorf("left by reason = %v, %d by their own fault", p.LeftByReason, faults)
		}
	})
}

// A commit that is only too large for the database's pace is made in parts, and
// nobody is blamed.
func TestACommitThatIsTooLargeToBeInTimeIsMadeInParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 400)
		w.cfg.ChunkSize = 400
		w.store.refuse = func(results []run.Result) bool { return len(results) > 60 }
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 400, 0, 0)
	})
}

// The search for refused results must not blame the item it has just come to
// for a database that goes away, and comes back, in the middle of it.
func TestADatabaseThatGoesAwayInTheSearchBlamesNoItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 8)
		asked := 0
		w.store.refuse = func([]run.Result) bool {
			asked++
			if asked == 6 { // all eight twice, four, two, one, and now it again
				w.store.away = true
				time.AfterFunc(1200*time.Millisecond, func() { w.store.setAway(false) })
			}
			return asked <= 6
		}
		e, stop := w.engine()
		defer stop()
		w.wantEnd(w.await(e, w.start(e)), run.Completed, 8, 0, 0)
		if asked < 7 {
			t.Errorf("%d commits: the test says nothing", asked)
		}
	})
}

func TestResultsThatBecameGoneOrPoisonAreCountedAsSuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 10)
		w.coder.answer = func(term run.Term) (run.Answer, bool) {
			return run.Answer{Err: &run.Failure{Class: "INTERNAL", Item: true, Err: errors.New("?")}}, term.Verbatim == "verbatim 9"
		}
		e, stop := w.run(&saysGone{w.store}, w.coder, w.claims, nil)
		defer stop()
		w.await(e, w.start(e))
		for label, n := range map[string]int{"coded/exact": 8, "gone/": 1, "review/POISON": 1} {
			if w.seen.reports[label] != n {
				t.Errorf("observer saw %v, want %d %s", w.seen.reports, n, label)
			}
		}
	})
}

// saysGone tells of report 4 that it was not the pass's any more, and of report
// 9 that it became poison.
type saysGone struct{ *fakeStore }

func (s *saysGone) CommitChunk(ctx context.Context, chunk run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	commit, err := s.fakeStore.CommitChunk(ctx, chunk, results, after)
	if err == nil {
		commit.Gone = []int64{4}
		commit.Recorded[9] = 0
	}
	return commit, err
}

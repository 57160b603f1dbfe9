package nightly_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

// A test that cannot fail proves nothing: the state machine must find each of
// these faults of a store.

// noOwnerCheck lets anybody who ever claimed a chunk commit to it.
type noOwnerCheck struct {
	nightly.Store
	db *database
}

func (s *noOwnerCheck) CommitChunk(ctx context.Context, c run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	row := s.db.sql.QueryRowContext(ctx, "SELECT owner, attempts FROM chunks WHERE run_id = $1 AND pass = $2 AND seq = $3", c.RunID, c.Pass, c.Seq)
	if err := row.Scan(&c.Owner, &c.Attempt); err != nil {
		return run.Commit{}, err
	}
	return s.Store.CommitChunk(ctx, c, results, after)
}

// losesResults writes all results of a chunk but the last, and says nothing.
type losesResults struct{ nightly.Store }

func (s *losesResults) CommitChunk(ctx context.Context, c run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	if len(results) > 1 {
		results = results[:len(results)-1]
	}
	return s.Store.CommitChunk(ctx, c, results, after)
}

// overrulesPeople forgets that a person decided.
type overrulesPeople struct {
	nightly.Store
	db *database
}

func (s *overrulesPeople) CommitChunk(ctx context.Context, c run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	for _, r := range results {
		if _, err := s.db.sql.ExecContext(ctx, "UPDATE ae_reports SET human_decided = 0, status = 'PENDING' WHERE id = $1 AND human_decided = 1", r.ReportID); err != nil {
			return run.Commit{}, err
		}
	}
	return s.Store.CommitChunk(ctx, c, results, after)
}

// finishesEarly ends a pass although chunks are open.
type finishesEarly struct{ nightly.Store }

func (s *finishesEarly) FinishPass(ctx context.Context, runID string, pass int) (run.Pass, bool, error) {
	p, err := s.EndPass(ctx, runID, pass, run.Partial, "", run.ClassInternal)
	return p, true, err
}

func TestTheStateMachineFindsPlantedBugs(t *testing.T) {
	fixed(t, map[string]string{"rapid.checks": "200", "rapid.steps": "60", "rapid.nofailfile": "true", "rapid.shrinktime": "1s"})
	fresh := sqliteMaker(t)
	for name, plant := range map[string]func(*database) nightly.Store{
		"a commit without the owner check": func(db *database) nightly.Store { return &noOwnerCheck{db.store, db} },
		"a commit that loses a result":     func(db *database) nightly.Store { return &losesResults{db.store} },
		"a machine that overrules people":  func(db *database) nightly.Store { return &overrulesPeople{db.store, db} },
		"finishing with open chunks":       func(db *database) nightly.Store { return &finishesEarly{db.store} },
	} {
		t.Run(name, func(t *testing.T) {
			v := &verdict{TB: t}
			var run sync.WaitGroup
			run.Go(func() { drive(t, v, fresh, plant, make(map[string]int), atRandom) })
			run.Wait()
			if !v.failed {
				t.Fatal("the state machine did not find it")
			}
			for line := range strings.Lines(v.said) {
				if strings.Contains(line, "failed after") {
					t.Log(strings.TrimSpace(line))
				}
			}
		})
	}
}

// verdict takes a failure down in place of the test's own.
type verdict struct {
	rapid.TB
	failed bool
	said   string
}

func (v *verdict) Fail()        { v.failed = true }
func (v *verdict) Failed() bool { return v.failed }
func (v *verdict) FailNow() {
	v.failed = true
	runtime.Goexit()
}
func (v *verdict) Logf(format string, args ...any) { v.said += fmt.Sprintf(format, args...) + "\n" }
func (v *verdict) Errorf(format string, args ...any) {
	v.Logf(format, args...)
	v.Fail()
}
func (v *verdict) Fatalf(format string, args ...any) {
	v.Logf(format, args...)
	v.FailNow()
}
func (v *verdict) Error(args ...any) { v.Errorf("%s", fmt.Sprint(args...)) }
func (v *verdict) Fatal(args ...any) { v.Fatalf("%s", fmt.Sprint(args...)) }
func (v *verdict) Log(args ...any)   { v.Logf("%s", fmt.Sprint(args...)) }

package main

import (
	"database/sql"
	"fmt"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/local/stack"
)

// away is how long a dependency is gone: long enough for the pass to be paused
// and its retries to have backed off.
const away = 6 * time.Second

// recovery is what the pass may take to go on when everything is back.
const recovery = 5 * time.Second

func TestThePassGoesOnWithinFiveSecondsOfADependencysReturn(t *testing.T) {
	t.Parallel()
	const n = 3_000
	input := load(t, n)
	for _, tc := range []struct {
		name string
		// begin gives the system and how its dependency dies and returns.
		begin func(t *testing.T) (s *system, die, back func() error)
	}{
		{"PostgreSQL", func(t *testing.T) (*system, func() error, func() error) {
			pg := ownPostgres(t)
			if err := pg.CreateDatabase(t.Context(), "aecode", ""); err != nil {
				t.Fatal(err)
			}
			s := shared(t, 2, input, func(o *stack.Options) { o.Postgres = pg.URL("aecode") })
			return s, pg.Kill, func() error { return pg.Restart(t.Context()) }
		}},
		{"Redis", func(t *testing.T) (*system, func() error, func() error) {
			cache := ownRedis(t)
			s := shared(t, 2, input, func(o *stack.Options) { o.Redis = []string{cache.Addr()} })
			return s, cache.Kill, func() error { return cache.Restart(t.Context()) }
		}},
		{"terminology", func(t *testing.T) (*system, func() error, func() error) {
			s := shared(t, 2, input)
			die := func() error {
				s.signal(t, stack.Terminology, syscall.SIGKILL)
				_ = s.await(t, stack.Terminology, patience) // by SIGKILL, as it was told
				return nil
			}
			return s, die, func() error { return s.Restart(t.Context(), stack.Terminology) }
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, die, back := tc.begin(t)
			db := s.store(t)
			waiting := s.begin(t, "run", "--wait")
			s.halfway(t, db)
			if err := die(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(away)
			if err := back(); err != nil {
				t.Fatal(err)
			}
			took := s.goesOn(t, db)
			t.Logf("%s was away for %v; the pass went on after %v", tc.name, away, took)
			if took > recovery {
				t.Errorf("the pass went on after %v, want at most %v", took, recovery)
			}
			s.completed(t, waiting, input, n)
			_, rows := records(t, input)
			showsNone(t, s.out+"/log", verbatims(rows))
		})
	}
}

// goesOn gives the time until another report is decided.
func (s *system) goesOn(t *testing.T, db *sql.DB) time.Duration {
	t.Helper()
	start := time.Now()
	before := s.progress(t, db)
	mustBeOpen(t, db)
	until(t, "another report decided", func() (bool, string) {
		done := s.progress(t, db)
		return done > before, fmt.Sprintf("%d decided, as before", done)
	})
	return time.Since(start)
}

func TestAnotherTerminologyReplicaTakesTheWorkOfADeadOne(t *testing.T) {
	t.Parallel()
	const n = 2_000
	input := load(t, n)
	s := shared(t, 2, input, func(o *stack.Options) { o.TerminologyReplicas = 2 })
	db := s.store(t)
	waiting := s.begin(t, "run", "--wait")
	s.halfway(t, db)
	s.signal(t, stack.Terminology, syscall.SIGKILL)
	_ = s.await(t, stack.Terminology, patience) // by SIGKILL, as it was told
	took := s.goesOn(t, db)
	t.Logf("one of two died; the next chunk was done %v later", took)
	s.completed(t, waiting, input, n)
}

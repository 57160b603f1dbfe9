package main

import (
	"database/sql"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/local/stack"
)

// away is how long a dependency is gone after that has been noticed: long enough
// for retries and probes to have backed off.
const away = 3 * time.Second

// recovery is what the pass may take to go on when everything is back.
const recovery = 5 * time.Second

// What an outage's reason names.
const (
	ofTerminology = "terminology"
	ofRedis       = "idempotency"
	ofPostgres    = "database"
)

// standalone is a system of two replicas with a PostgreSQL and a Redis of its
// own, and the one link to its terminology.
type standalone struct {
	*system
	pg    *localserver.Postgres
	cache *localserver.Redis
	link  *slowLink
	db    *sql.DB
}

func alone(t *testing.T, input string, changes ...func(*stack.Options)) *standalone {
	t.Helper()
	a := &standalone{pg: ownPostgres(t), cache: ownRedis(t)}
	if err := a.pg.CreateDatabase(t.Context(), "aecode", ""); err != nil {
		t.Fatal(err)
	}
	a.system = begun(t, all(slowly(t, "ChunkSize: 100", "ChunkSize: 25"), behindLink(t, 30*time.Millisecond, &a.link),
		replicas(2, a.pg.URL("aecode"), a.cache.Addr()), all(changes...)))
	a.mustSyncctl(t, "import", input)
	a.db = a.store(t)
	return a
}

// must ends the test where taking something away, or giving it back, failed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bothAtWork waits until a pass is in the middle of its work and both replicas
// know it: one that has never seen a pass knows of no outage of its.
func (a *standalone) bothAtWork(t *testing.T) {
	t.Helper()
	a.halfway(t, a.db)
	until(t, "both replicas at work", func() (bool, string) {
		n := count(t, a.db, "SELECT count(DISTINCT split_part(owner, '/', 1)) FROM chunks WHERE state = 'LEASED'")
		return n == 2, fmt.Sprintf("%d at work", n)
	})
}

// noticed waits until the pass is known to be shut out. While the database is
// away it is the logs that tell.
func (a *standalone) noticed(t *testing.T, what string) {
	t.Helper()
	if what != ofPostgres {
		until(t, "the pass paused", func() (bool, string) {
			n := count(t, a.db, "SELECT count(*) FROM passes WHERE state = 'PAUSED'")
			return n > 0, fmt.Sprintf("%d passes paused", n)
		})
		return
	}
	until(t, "both replicas see that the database is away", func() (bool, string) {
		blind := 0
		for i := range a.DataSyncAddrs() {
			log := readFile(t, a.log(stack.Replica(stack.DataSync, i+1)))
			// An outage before this one has ended.
			if strings.Count(log, "database is away") == strings.Count(log, "database is back") {
				blind++
			}
		}
		return blind == 0, fmt.Sprintf("%d do not", blind)
	})
}

func TestThePassGoesOnWithinFiveSecondsOfADependencysReturn(t *testing.T) {
	t.Parallel()
	const n = 3_000
	input := load(t, n)
	for _, tc := range []struct {
		name, what string
		die, back  func(t *testing.T, a *standalone) error
	}{
		{"PostgreSQL killed", ofPostgres,
			func(_ *testing.T, a *standalone) error { return a.pg.Kill() },
			func(t *testing.T, a *standalone) error { return a.pg.Restart(t.Context()) }},
		{"PostgreSQL hangs", ofPostgres,
			func(_ *testing.T, a *standalone) error { return a.pg.Signal(syscall.SIGSTOP) },
			func(_ *testing.T, a *standalone) error { return a.pg.Signal(syscall.SIGCONT) }},
		{"Redis killed", ofRedis,
			func(_ *testing.T, a *standalone) error { return a.cache.Kill() },
			func(t *testing.T, a *standalone) error { return a.cache.Restart(t.Context()) }},
		{"Redis hangs", ofRedis,
			func(_ *testing.T, a *standalone) error { return a.cache.Signal(syscall.SIGSTOP) },
			func(_ *testing.T, a *standalone) error { return a.cache.Signal(syscall.SIGCONT) }},
		{"terminology killed", ofTerminology,
			func(t *testing.T, a *standalone) error {
				a.signal(t, stack.Terminology, syscall.SIGKILL)
				_ = a.await(t, stack.Terminology, patience) // by SIGKILL, as it was told
				return nil
			},
			func(t *testing.T, a *standalone) error { return a.Restart(t.Context(), stack.Terminology) }},
		{"terminology hangs", ofTerminology,
			func(_ *testing.T, a *standalone) error { return a.Signal(stack.Terminology, syscall.SIGSTOP) },
			func(_ *testing.T, a *standalone) error { return a.Signal(stack.Terminology, syscall.SIGCONT) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := alone(t, input)
			waiting := a.begin(t, "run", "--wait")
			a.bothAtWork(t)
			must(t, tc.die(t, a))
			a.noticed(t, tc.what)
			time.Sleep(away) // the outage's length, not a wait for something
			must(t, tc.back(t, a))
			beat := startBeat(t)
			took := a.goesOn(t, a.db)
			t.Logf("the pass went on after %v; the machine was elsewhere for %v", took, beat.lost())
			if most := recovery + beat.lost(); took > most {
				t.Errorf("the pass went on after %v, want at most %v", took, most)
			}
			a.link.slow(0)
			a.completed(t, waiting, input, n)
			_, rows := records(t, input)
			showsNone(t, a.out+"/log", verbatims(rows))
		})
	}
}

// goesOn gives the time until more chunks are decided than two replicas had in
// their hands: what was under way when something went away may just come in.
func (s *system) goesOn(t *testing.T, db *sql.DB) time.Duration {
	t.Helper()
	const inHand, chunk = 2, 25
	start := time.Now()
	before := s.progress(t, db)
	mustBeOpen(t, db)
	until(t, "more reports decided", func() (bool, string) {
		done := s.progress(t, db)
		return done > before+inHand*chunk, fmt.Sprintf("%d decided, %d before", done, before)
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
	t.Logf("one of two died; the next chunks were done %v later", took)
	s.completed(t, waiting, input, n)
}

package main

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

// shared is a slow system of n replicas with reports imported: each chunk takes
// a tenth of a second, so that there is time for something to happen.
func shared(t *testing.T, n int, input string, changes ...func(*stack.Options)) *system {
	t.Helper()
	s := begun(t, all(slowly(t, "ChunkSize: 100", "ChunkSize: 25"), behind(t, 30*time.Millisecond),
		replicas(n, freshDatabase(t), ownRedis(t).Addr()), all(changes...)))
	s.mustSyncctl(t, "import", input)
	return s
}

// halfway waits until a pass is in the middle of its work.
func (s *system) halfway(t *testing.T, db *sql.DB) {
	t.Helper()
	until(t, "some reports decided", func() (bool, string) {
		done := count(t, db, "SELECT count(*) FROM pass_members WHERE outcome <> '' AND open = 1")
		return done > 0, fmt.Sprintf("%d decided in open passes", done)
	})
}

// progress counts the members of passes that have an outcome.
func (s *system) progress(t *testing.T, db *sql.DB) int {
	t.Helper()
	return count(t, db, "SELECT count(*) FROM pass_members WHERE outcome <> ''")
}

// mustBeOpen holds that what was done to a pass was done before its end.
func mustBeOpen(t *testing.T, db *sql.DB) {
	t.Helper()
	if count(t, db, "SELECT count(*) FROM passes WHERE state IN ('RUNNING', 'PAUSED')") == 0 {
		t.Fatal("the pass was over before everything had happened to it")
	}
}

func TestTenStartsAtOnceOverTwoReplicasGiveOnePass(t *testing.T) {
	t.Parallel()
	const n = 1_000
	input := load(t, n)
	s := shared(t, 2, input)
	var starts []*running
	for range 10 {
		starts = append(starts, s.begin(t, "run", "--wait"))
	}
	for _, r := range starts[1:] {
		if got := r.end(t); got.code != 0 || readTable(t, got.stdout).state != "COMPLETED" {
			t.Errorf("run --wait: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
		}
	}
	s.completed(t, starts[0], input, n)
	if got := count(t, s.store(t), "SELECT count(*) FROM passes"); got != 1 {
		t.Errorf("%d passes, want 1", got)
	}
}

func TestFiveReplicasStartedAtOnceOnAnEmptyDatabaseShareItsFirstRun(t *testing.T) {
	t.Parallel()
	const n = 1_000
	input := load(t, n)
	s := shared(t, 5, input)
	s.completed(t, s.begin(t, "run", "--wait"), input, n)
	busy := 0
	for i := range 5 {
		if strings.Contains(readFile(t, s.log(stack.Replica(stack.DataSync, i+1))), `"outcome":"done"`) {
			busy++
		}
	}
	if busy < 2 {
		t.Errorf("%d of five replicas did all the work", busy)
	}
}

// twoStudies gives a load whose reports belong to the studies A and B in turn.
func twoStudies(t *testing.T, n int) string {
	t.Helper()
	path := load(t, n)
	i := 0
	text := regexp.MustCompile(`(?m)^LOAD\d+,([^,]+),\d+,AE\d+,`).ReplaceAllStringFunc(readFile(t, path), func(row string) string {
		i++
		return fmt.Sprintf("%c,%s,1,AE%06d,", "AB"[i%2], strings.Split(row, ",")[1], i)
	})
	if i != n {
		t.Fatalf("%d of %d rows have the form expected", i, n)
	}
	return writeFile(t, path, text)
}

func TestRunsOfOverlappingScopesDecideEachReportOnce(t *testing.T) {
	t.Parallel()
	const n = 2_000
	input := twoStudies(t, n)
	s := shared(t, 2, input)
	db := s.store(t)
	ofB := s.begin(t, "run", "--scope", "study:B", "--wait")
	until(t, "the study's pass", func() (bool, string) {
		passes := count(t, db, "SELECT count(*) FROM passes")
		return passes == 1, fmt.Sprintf("%d passes", passes)
	})
	ofAll := s.begin(t, "run", "--wait")
	until(t, "the pass over all", func() (bool, string) {
		passes := count(t, db, "SELECT count(*) FROM passes WHERE state = 'RUNNING'")
		return passes == 2, fmt.Sprintf("%d passes open", passes)
	})
	if got := ofB.end(t); got.code != 0 || readTable(t, got.stdout).counts["read"] != n/2 {
		t.Errorf("the study's run: exit code %d, want %d read\n%s%s", got.code, n/2, got.stdout, got.stderr)
	}
	s.completed(t, ofAll, input, n)
	if got := count(t, db, "SELECT count(*) FROM pass_members"); got != n {
		t.Errorf("%d members in both passes, want %d", got, n)
	}
	if got := count(t, db, "SELECT count(DISTINCT report_id) FROM pass_members"); got != n {
		t.Errorf("%d reports in both passes, want %d", got, n)
	}
}

func TestWhatAPersonDecidesInMidRunIsNeverSupersededByTheMachine(t *testing.T) {
	t.Parallel()
	const n = 2_000
	input := load(t, n)
	s := shared(t, 2, input)
	db := s.store(t)
	waiting := s.begin(t, "run", "--wait")
	s.halfway(t, db)

	// Of the reports that the pass still has, some of them in a replica's hands: a
	// fifth is coded by a person, a fifth withdrawn.
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE ae_reports SET status = 'CODED', human_decided = 1 WHERE status = 'PENDING' AND id % 5 = 0",
		"UPDATE ae_reports SET status = 'WITHDRAWN', human_decided = 1 WHERE status = 'PENDING' AND id % 5 = 1",
		`INSERT INTO codings (report_id, verbatim_version, dictionary, language, synonym_version, engine_version,
			llt_code, llt_name, pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name,
			method, score, decided_by, decided_at)
		SELECT r.id, r.verbatim_version, p.dictionary, 'en', p.synonym_version, p.engine_version,
			'1', 'x', '1', 'x', '1', 'x', '1', 'x', '1', 'x', 'manual', 1, 'j.doe', p.opened_at
		FROM ae_reports r, passes p WHERE r.status = 'CODED' AND r.human_decided = 1`,
	} {
		if _, err := tx.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	mustBeOpen(t, db)
	byPeople := func(status string) int {
		return count(t, db, "SELECT count(*) FROM ae_reports WHERE human_decided = 1 AND status = '"+status+"'")
	}
	coded, withdrawn := byPeople("CODED"), byPeople("WITHDRAWN")
	if coded == 0 || withdrawn == 0 {
		t.Fatalf("people coded %d and withdrew %d: nothing to hold", coded, withdrawn)
	}

	if got := waiting.end(t); got.code != 0 {
		t.Errorf("run --wait: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	s.stop(t)
	s.accountedFor(t, input, n)
	if byPeople("CODED") != coded || byPeople("WITHDRAWN") != withdrawn {
		t.Errorf("people had coded %d and withdrawn %d, now %d and %d", coded, withdrawn, byPeople("CODED"), byPeople("WITHDRAWN"))
	}
	for what, query := range map[string]string{
		"machine's codings of reports that people decided": `SELECT count(*) FROM codings c JOIN ae_reports r ON r.id = c.report_id
			WHERE r.human_decided = 1 AND c.decided_by <> 'j.doe'`,
		"people's codings superseded": "SELECT count(*) FROM codings WHERE decided_by = 'j.doe' AND superseded_at IS NOT NULL",
		"reports that nobody decided": "SELECT count(*) FROM ae_reports WHERE status = 'PENDING'",
		"members without an outcome":  "SELECT count(*) FROM pass_members WHERE outcome = ''",
	} {
		if got := count(t, db, query); got != 0 {
			t.Errorf("%s: %d, want none", what, got)
		}
	}
}

func TestRedisFlushedInMidRunCostsNothingButWork(t *testing.T) {
	t.Parallel()
	const n = 2_000
	input := load(t, n)
	s := shared(t, 2, input)
	db := s.store(t)
	waiting := s.begin(t, "run", "--wait")
	s.halfway(t, db)
	for range 5 {
		flush(t, s.redis[0])
		before := s.progress(t, db)
		until(t, "work after the flush", func() (bool, string) {
			done := s.progress(t, db)
			return done > before, fmt.Sprintf("%d decided, as before", done)
		})
	}
	mustBeOpen(t, db)
	flush(t, s.redis[0])
	s.completed(t, waiting, input, n)
}

// restore puts a copy in the place of a system's database, and makes one.
func (s *system) restore(t *testing.T, from, to string) {
	t.Helper()
	servers.Lock()
	defer servers.Unlock()
	if err := servers.postgres.DropDatabase(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if err := servers.postgres.CreateDatabase(t.Context(), to, from); err != nil {
		t.Fatal(err)
	}
}

// without runs f while no data-sync runs.
func (s *system) without(t *testing.T, f func()) {
	t.Helper()
	for n := range s.DataSyncAddrs() {
		name := stack.Replica(stack.DataSync, n+1)
		s.signal(t, name, syscall.SIGTERM)
		if err := s.await(t, name, patience); err != nil {
			t.Errorf("SIGTERM ended %s with %v", name, err)
		}
	}
	f()
	for n := range s.DataSyncAddrs() {
		s.restart(t, stack.Replica(stack.DataSync, n+1))
	}
}

func TestADatabaseRestoredToAnHourAgoIsCodedAgainThoughRedisSaysDone(t *testing.T) {
	t.Parallel()
	const n = 1_000
	input := load(t, n)
	s := shared(t, 2, input)
	name := s.postgres[strings.LastIndex(s.postgres, "/")+1 : strings.Index(s.postgres, "?")]
	s.without(t, func() { s.restore(t, name, name+"_hour_ago") })
	first := s.mustSyncctl(t, "run", "--wait")

	s.without(t, func() { s.restore(t, name+"_hour_ago", name) })
	db := s.store(t)
	if got := count(t, db, "SELECT count(*) FROM codings"); got != 0 {
		t.Fatalf("%d codings an hour ago, want none", got)
	}
	second := s.begin(t, "run", "--wait")
	again := readTable(t, first.stdout).counts["coded"]
	s.completed(t, second, input, n)
	if got := count(t, db, "SELECT count(*) FROM codings"); got != again || got == 0 {
		t.Errorf("%d codings, the lost run had made %d", got, again)
	}
}

func TestServicesMayStartBeforeWhatTheyNeed(t *testing.T) {
	t.Parallel()
	const n = 600
	input := load(t, n)
	pg, cache := ownPostgres(t), ownRedis(t)
	if err := pg.CreateDatabase(t.Context(), "aecode", ""); err != nil {
		t.Fatal(err)
	}
	for _, kill := range []func() error{pg.Kill, cache.Kill} {
		if err := kill(); err != nil {
			t.Fatal(err)
		}
	}
	s := begun(t, all(slowly(t), replicas(2, pg.URL("aecode"), cache.Addr()), func(o *stack.Options) {
		o.NoWait, o.Later = true, []string{stack.Terminology}
	}))
	// Up, and not ready: its first look at the database was in vain.
	for n := range s.DataSyncAddrs() {
		path := s.log(stack.Replica(stack.DataSync, n+1))
		until(t, "it waits for the database", func() (bool, string) {
			log := readFile(t, path)
			return strings.Contains(log, "waiting for the database"), log
		})
	}
	for n, addr := range s.DataSyncAddrs() {
		if err := stack.Healthy(t.Context(), addr); err == nil || !strings.Contains(err.Error(), "NOT_SERVING") {
			t.Errorf("data-sync %d without a database: %v, want NOT_SERVING", n+1, err)
		}
	}
	for _, restart := range []func() error{
		func() error { return cache.Restart(t.Context()) }, func() error { return pg.Restart(t.Context()) },
	} {
		if err := restart(); err != nil {
			t.Fatal(err)
		}
	}
	for n := range s.DataSyncAddrs() {
		if err := s.Await(t.Context(), stack.Replica(stack.DataSync, n+1)); err != nil {
			t.Fatal(err)
		}
	}
	s.mustSyncctl(t, "import", input)
	waiting := s.begin(t, "run", "--wait")
	until(t, "terminology asked in vain", func() (bool, string) {
		failed := s.attempts(t, "UNAVAILABLE") + s.attempts(t, "DEADLINE")
		return failed > 0, fmt.Sprintf("%d calls failed", failed)
	})
	s.restart(t, stack.Terminology)
	s.completed(t, waiting, input, n)
}

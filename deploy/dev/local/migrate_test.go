package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"aecode/deploy/dev/local/stack"
)

// The advisory lock under which data-sync migrates; see its store.
const lockMigrate = "1634034532, 3"

func TestOfFiveReplicasOnAnEmptyDatabaseOneMigratesWhileTheOthersWait(t *testing.T) {
	t.Parallel()
	const replicasStarted = 5
	pg := postgresWith(t, map[string]string{"log_statement": "ddl", "log_line_prefix": "%d %p "})
	must(t, pg.CreateDatabase(t.Context(), "aecode", ""))

	// Nobody comes to the migrations before all five wait for them.
	gate := (&system{postgres: pg.URL("aecode")}).store(t)
	held, err := gate.Conn(t.Context())
	must(t, err)
	defer held.Close()
	_, err = held.ExecContext(t.Context(), "SELECT pg_advisory_lock("+lockMigrate+")")
	must(t, err)
	s := begun(t, all(replicas(replicasStarted, pg.URL("aecode"), ownRedis(t).Addr()), func(o *stack.Options) { o.NoWait = true }))
	until(t, "all replicas wait for the migrations", func() (bool, string) {
		n := count(t, gate, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
		return n == replicasStarted, fmt.Sprintf("%d wait", n)
	})
	if n := count(t, gate, "SELECT count(*) FROM pg_class WHERE relname = 'goose_db_version'"); n != 0 {
		t.Error("the list of migrations was made outside the lock")
	}
	for _, addr := range s.DataSyncAddrs() {
		if err := stack.Healthy(t.Context(), addr); err == nil || !strings.Contains(err.Error(), "NOT_SERVING") {
			t.Errorf("a replica before the migrations: %v, want NOT_SERVING", err)
		}
	}
	_, err = held.ExecContext(t.Context(), "SELECT pg_advisory_unlock("+lockMigrate+")")
	must(t, err)

	for i := range replicasStarted {
		must(t, s.Await(t.Context(), stack.Replica(stack.DataSync, i+1)))
	}
	// By PostgreSQL's own log: who made tables, and how often each.
	made, by := make(map[string]int), make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^aecode (\d+) LOG:  [^\n]*(?:\n\t[^\n]*)*`).FindAllStringSubmatch(readFile(t, pg.Log()), -1) {
		for _, table := range regexp.MustCompile(`CREATE TABLE (?:IF NOT EXISTS )?(\w+)`).FindAllStringSubmatch(m[0], -1) {
			made[table[1]]++
			// The list of migrations is made by whoever comes first, under the
			// same lock but before the migrations.
			if table[1] != "goose_db_version" {
				by[m[1]] = true
			}
		}
	}
	if len(by) != 1 {
		t.Errorf("sessions that migrated: %v, want one", by)
	}
	if said := regexp.MustCompile(`(?m)^aecode \d+ ERROR: .*`).FindString(readFile(t, pg.Log())); said != "" {
		t.Errorf("replicas got in each other's way: %s", said)
	}
	if len(made) < 10 || made["goose_db_version"] == 0 {
		t.Errorf("only the tables %v were made", made)
	}
	for table, times := range made {
		if times != 1 {
			t.Errorf("table %s was made %d times, want once", table, times)
		}
	}
	if n := count(t, gate, "SELECT count(*) FROM (SELECT version_id FROM goose_db_version GROUP BY version_id HAVING count(*) > 1) twice"); n != 0 {
		t.Errorf("%d migrations are noted twice", n)
	}
}

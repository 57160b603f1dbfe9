package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestRunOnAGivenPostgreSQLAndRedisCodesNothingTwice(t *testing.T) {
	t.Parallel()
	out, url, cache := t.TempDir(), freshDatabase(t), ownRedis(t).Addr()
	run := func(store string, env ...string) launched {
		t.Helper()
		return launchOn(t, store, env, out, demo(t, demoReports), "USUBJID,AESEQ", demo(t, demoRelease), demo(t, demoSynonyms))
	}
	both := []string{postgresSetting + "=" + url, redisSetting + "=" + cache}
	first := run(storePostgres, both...)
	if first.code != 0 || readTable(t, first.stdout).counts["read"] != 596 {
		t.Fatalf("exit code %d\n%s%s", first.code, first.stdout, first.stderr)
	}
	first.leavesNothingRunning(t)
	exported := readFile(t, filepath.Join(out, "ae_coded.csv"))

	second := run(storePostgres, both...)
	if second.code != 0 || !strings.Contains(second.stdout, "0 new + 596 unchanged + 0 changed") {
		t.Errorf("exit code %d\n%s%s", second.code, second.stdout, second.stderr)
	}
	s := &system{postgres: url}
	decidedOnce(t, s.store(t), 596)
	if readFile(t, filepath.Join(out, "ae_coded.csv")) != exported {
		t.Error("a run that changes nothing changed ae_coded.csv")
	}

	// What both stores give is the same. The servers that the environment names
	// are not meant for this one.
	sqlite := run(storeSQLite, both...)
	if sqlite.code != 0 || !strings.Contains(sqlite.stdout, "596 new") {
		t.Errorf("sqlite: exit code %d\n%s%s", sqlite.code, sqlite.stdout, sqlite.stderr)
	}
	if readFile(t, filepath.Join(out, "ae_coded.csv")) != exported {
		t.Error("the stores give different ae_coded.csv")
	}
}

func TestRunOnPostgreSQLSaysWhatToSet(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		store string
		env   []string
		want  []string
	}{
		"nothing set":   {storePostgres, []string{postgresSetting + "=", redisSetting + "="}, []string{postgresSetting, "postgres://", redisSetting}},
		"no Redis":      {storePostgres, []string{postgresSetting + "=postgres://x@127.0.0.1/x", redisSetting + "="}, []string{redisSetting}},
		"another store": {"oracle", nil, []string{"oracle", storeSQLite, storePostgres}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := launchOn(t, tc.store, tc.env, t.TempDir(), demo(t, demoReports), "USUBJID,AESEQ", demo(t, demoRelease), "")
			if got.code != 1 {
				t.Errorf("exit code %d, want 1", got.code)
			}
			for _, want := range tc.want {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("standard error does not say %q: %s", want, got.stderr)
				}
			}
			got.leavesNothingRunning(t)
		})
	}
}

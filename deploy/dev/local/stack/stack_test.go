package stack

import (
	"strings"
	"testing"
)

func TestReplicasAreNamedFromOneOn(t *testing.T) {
	for n, want := range map[int]string{1: "data-sync", 2: "data-sync-2", 11: "data-sync-11"} {
		if got := Replica(DataSync, n); got != want {
			t.Errorf("replica %d is %q, want %q", n, got, want)
		}
	}
}

func TestSeveralDataSyncsWithoutServersThatTheyShareAreRefused(t *testing.T) {
	for name, opts := range map[string]Options{
		"neither":     {},
		"no Redis":    {Postgres: "postgres://x"},
		"no database": {Redis: []string{"127.0.0.1:1"}},
	} {
		opts.DataSyncReplicas, opts.Out = 2, t.TempDir()
		if _, err := Start(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "share") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServersThatTheEnvironmentNamesAreNotUsedUnasked(t *testing.T) {
	s := &Stack{opts: Options{Out: "out"}}
	for _, want := range []string{"DATASYNC_POSTGRES=", "DATASYNC_POSTGRES_PASSWORD_FILE=", "DATASYNC_REDIS=", "DATASYNC_REDIS_PASSWORD_FILE="} {
		found := false
		for _, setting := range s.stores() {
			found = found || setting == want
		}
		if !found {
			t.Errorf("%s is not emptied: %v", want, s.stores())
		}
	}
	s.opts.Postgres, s.opts.Redis = "postgres://x", []string{"a:1", "b:2"}
	if got := strings.Join(s.stores(), " "); !strings.Contains(got, "DATASYNC_REDIS=a:1,b:2") || strings.Contains(got, "PASSWORD_FILE") {
		t.Errorf("settings %s", got)
	}
}

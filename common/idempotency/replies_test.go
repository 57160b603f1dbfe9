package idempotency

import (
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"aecode/common/redisconn"
	"aecode/common/redisconn/rediserr"
)

// TestWhatRedisAnswersIsTransientOrLastsAndNamesItsRemedy brings a server into a
// state in which it cannot serve, and repairs it.
func TestWhatRedisAnswersIsTransientOrLastsAndNamesItsRemedy(t *testing.T) {
	const password = "zzsentinelzz"
	set := func(args ...any) func(*testing.T, redis.UniversalClient) {
		return func(t *testing.T, admin redis.UniversalClient) {
			t.Helper()
			if err := admin.Do(t.Context(), args...).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tc := range []struct {
		name       string
		args       []string
		conf       redisconn.Config // of the client under test
		disturb    func(*testing.T, redis.UniversalClient)
		mend       func(*testing.T, redis.UniversalClient)
		transient  bool
		wantAdvice string
	}{
		{name: "out of memory", disturb: set("config", "set", "maxmemory", "1"), mend: set("config", "set", "maxmemory", "0"),
			transient: true, wantAdvice: "maxmemory"},
		{name: "a replica", disturb: set("replicaof", "127.0.0.1", "1"), mend: set("replicaof", "no", "one"),
			transient: true, wantAdvice: "master"},
		{name: "a replica that lost its master and serves nothing stale", args: []string{"--replica-serve-stale-data", "no"},
			disturb: set("replicaof", "127.0.0.1", "1"), mend: set("replicaof", "no", "one"), transient: true, wantAdvice: "MASTERDOWN"},
		{name: "too few replicas to write", disturb: set("config", "set", "min-replicas-to-write", "1"),
			mend: set("config", "set", "min-replicas-to-write", "0"), transient: true, wantAdvice: "NOREPLICAS"},
		{name: "no password given", args: []string{"--requirepass", password}, wantAdvice: "Password"},
		{name: "a wrong password", args: []string{"--requirepass", password}, conf: redisconn.Config{Password: "zzwrongzz"}, wantAdvice: "Password"},
		{name: "a user without the right to write", disturb: set("acl", "setuser", "reader", "on", "nopass", "~*", "+@read", "+@connection"),
			conf: redisconn.Config{Username: "reader", Password: "any"}, wantAdvice: "evalsha"},
		{name: "a database that is not there", conf: redisconn.Config{DB: 99}, wantAdvice: "DB"},
		{name: "no cluster", conf: redisconn.Config{Cluster: true}, wantAdvice: "Cluster"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := startRedis(t, tc.args...)
			admin := dial(t, redisconn.Config{Addrs: []string{server.Addr()}})
			if tc.disturb != nil {
				tc.disturb(t, admin)
			}
			tc.conf.Addrs = []string{server.Addr()}
			s := newStore(t, dial(t, tc.conf), Options{})
			claim, err := s.Claim(t.Context(), req("k", "a"))
			if claim.Outcome != 0 || !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), tc.wantAdvice) {
				t.Errorf("%v, %v; want an error that says %s", claim.Outcome, err, tc.wantAdvice)
			}
			if Transient(err) != tc.transient || errors.Is(err, rediserr.ErrRefused) == tc.transient {
				t.Errorf("transient: %v, want %v: %v", Transient(err), tc.transient, err)
			}
			if err != nil && strings.Contains(err.Error(), "zz") {
				t.Errorf("the error tells a password: %v", err)
			}
			t.Log(err)
			if tc.mend != nil {
				tc.mend(t, admin)
				wantClaim(t, s, req("k", "a"), Acquired, "")
			}
		})
	}
}

func TestReleasingAndExtendingWorkWhenRedisIsFull(t *testing.T) {
	server := startRedis(t)
	c := dial(t, redisconn.Config{Addrs: []string{server.Addr()}})
	s := newStore(t, c, Options{})
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "fill", c.ConfigSet(t.Context(), "maxmemory", "1").Err(), nil)
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), ErrUnavailable)
	wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), nil)
	wantErr(t, "release", s.Release(t.Context(), "k", "a"), nil)
}

package rediserr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reply is an error reply of Redis.
type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

func TestAFailureLastsOrPassesAndNamesItsRemedy(t *testing.T) {
	for _, tc := range []struct {
		err     error
		refused bool
		advice  string // empty: the error comes back as it was
	}{
		{reply("WRONGPASS invalid username-password pair or user is disabled."), true, "Password"},
		{reply("NOAUTH Authentication required."), true, "PasswordFile"},
		{reply("ERR invalid password"), true, "Password"},
		{reply("ERR AUTH <password> called without any password configured for the default user."), true, "requirepass"},
		{reply("NOPERM this user has no permissions to run the 'evalsha' command"), true, "evalsha"},
		{reply("DENIED Redis is running in protected mode because protected mode is enabled"), true, "protected-mode"},
		{reply("ERR DB index is out of range"), true, "DB"},
		{reply("ERR SELECT is not allowed in cluster mode"), true, "Cluster"},
		{reply("ERR This instance has cluster support disabled"), true, "Cluster"},
		{reply("ERR unknown command 'EVALSHA', with args beginning with: "), true, "lacks"},
		{fmt.Errorf("redis: all sentinels unreachable: %w", redis.Nil), true, "MasterName"},

		{reply("READONLY You can't write against a read only replica."), false, "master"},
		// As Redis 6 reports the error of a script.
		{reply("ERR Error running script (call to f_0): @user_script:6: -READONLY You can't write against a read only replica."), false, "master"},
		{reply("OOM command not allowed when used memory > 'maxmemory'."), false, "maxmemory"},
		{reply("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."), false, "disk"},
		{reply("LOADING Redis is loading the dataset in memory"), false, ""},
		{reply("BUSY Redis is busy running a script."), false, ""},
		{reply("CLUSTERDOWN The cluster is down"), false, ""},
		{reply("MASTERDOWN Link with MASTER is down"), false, ""},
		{reply("ERR max number of clients reached"), false, ""},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, false, ""},
		{errors.New("not of Redis: NOAUTH, WRONGPASS, OOM"), false, ""},
		{io.EOF, false, ""},
		{context.DeadlineExceeded, false, ""},
		{nil, false, ""},
	} {
		got := Explain(tc.err)
		if !errors.Is(got, tc.err) || errors.Is(got, ErrRefused) != tc.refused {
			t.Errorf("%v: got %v, lasting %v, want %v", tc.err, got, errors.Is(got, ErrRefused), tc.refused)
		}
		switch {
		case tc.advice == "" && got != tc.err: //nolint:errorlint // the very same is meant
			t.Errorf("%v became %v", tc.err, got)
		case tc.advice != "" && !strings.Contains(strings.Split(got.Error(), tc.err.Error())[0], tc.advice):
			t.Errorf("%v: %q does not advise %s", tc.err, got, tc.advice)
		}
	}
}

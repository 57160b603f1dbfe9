package idempotency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"aecode/common/redisconn/rediserr"
	"aecode/common/retry"
)

func TestNewRefusesOptionsThatCannotWork(t *testing.T) {
	_, c := openMini(t)
	for _, tc := range []struct {
		opt  Options
		want string
	}{
		{Options{Prefix: "a{b"}, "Prefix"},
		{Options{Prefix: strings.Repeat("p", 65)}, "Prefix"},
		{Options{Config: Config{Lease: time.Microsecond}}, "Lease"},
		{Options{Config: Config{Lease: -time.Second}}, "Lease"},
		{Options{Config: Config{Lease: time.Hour, Retention: time.Minute}}, "Retention"},
		{Options{Config: Config{Retention: -1}}, "Retention"},
		{Options{Config: Config{CallTimeout: -1}}, "CallTimeout"},
		{Options{MaxResult: -1}, "MaxResult"},
	} {
		if _, err := New(c, tc.opt); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%+v: error %v, want one that names %s", tc.opt, err, tc.want)
		}
	}
	if _, err := New(nil, Options{}); err == nil {
		t.Error("a nil client was accepted")
	}
}

func TestNewRefusesAClientThatIgnoresDeadlines(t *testing.T) {
	m, _ := openMini(t)
	single := redis.NewClient(&redis.Options{Addr: m.Addr()})
	defer func() { _ = single.Close() }()
	cluster := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{m.Addr()}})
	defer func() { _ = cluster.Close() }()
	for _, c := range []redis.UniversalClient{single, cluster} {
		if _, err := New(c, Options{}); err == nil {
			t.Errorf("%T without ContextTimeoutEnabled was accepted", c)
		}
	}
}

func TestAnInvalidRequestIsRefusedWithoutQuotingIt(t *testing.T) {
	_, c := openMini(t)
	s, err := New(c, Options{MaxResult: 8})
	if err != nil {
		t.Fatal(err)
	}
	const word = "zzsentinelzz"
	long := strings.Repeat(word, 60)
	for _, r := range []Request{
		{}, {Key: "k"}, {Key: "k", Fingerprint: "f"}, {Key: "k", Owner: "o"}, {Fingerprint: "f", Owner: "o"},
		{Key: long, Fingerprint: "f", Owner: "o"}, {Key: "k", Fingerprint: long, Owner: "o"}, {Key: "k", Fingerprint: "f", Owner: long},
	} {
		_, err := s.Claim(t.Context(), r)
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), word) {
			t.Errorf("%.40v: error %.200v", r, err)
		}
	}
	for _, err := range []error{
		s.Complete(t.Context(), "k", "o", []byte(word)),
		s.Complete(t.Context(), "", "o", nil),
		s.Extend(t.Context(), long, "o"),
		s.Release(t.Context(), "k", ""),
	} {
		if !errors.Is(err, ErrInvalid) || strings.Contains(err.Error(), word) {
			t.Errorf("error %.200v", err)
		}
	}
}

func TestTheObserverCountsEveryRecordOnce(t *testing.T) {
	m, c := openMini(t)
	got := map[string]int{}
	s, err := New(c, Options{MaxResult: 4, Observe: func(outcome string, n int) { got[outcome] += n }})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, _ = s.ClaimBatch(ctx, []Request{req("a", "o"), req("b", "o"), req("c", "o"), {}})
	_, _ = s.ClaimBatch(ctx, []Request{req("a", "x"), {Key: "b", Fingerprint: "changed", Owner: "x"}})
	_, _ = s.CompleteBatch(ctx, []Completion{
		{"a", "o", []byte("r")}, {"b", "x", nil}, {"gone", "o", nil}, {"a", "o", []byte("r2")}, {"c", "o", []byte("too long")},
	})
	_, _ = s.Claim(ctx, req("a", "x"))
	_ = s.Extend(ctx, "b", "o")
	_ = s.Release(ctx, "b", "o")
	m.SetError("ERR away")
	_, _ = s.ClaimBatch(ctx, []Request{req("d", "o"), req("e", "o")})
	want := map[string]int{
		OutcomeAcquired: 3, OutcomeInvalid: 2, OutcomeInFlight: 1, OutcomeMismatch: 1,
		OutcomeCompleted: 1, OutcomeNotOwner: 1, OutcomeLeaseLost: 1, OutcomeConflict: 1,
		OutcomeReplay: 1, OutcomeExtended: 1, OutcomeReleased: 1, OutcomeUnavailable: 2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTransientIsWhatAnotherTryMayCure(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("report 7: %w", err) }
	for _, tc := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{unavailable(t.Context(), "claim", &net.OpError{Op: "read", Err: syscall.ECONNRESET}), true},
		{unavailable(t.Context(), "claim", context.DeadlineExceeded), true}, // the call's own
		{unavailable(t.Context(), "claim", fmt.Errorf("%w: password", rediserr.ErrRefused)), false},
		{context.DeadlineExceeded, true}, // that of the attempt
		{context.Canceled, false},
		{ErrNotOwner, false},
		{ErrLeaseLost, false},
		{ErrCompleted, false},
		{ErrInvalid, false},
		{ErrCorrupt, false},
	} {
		if got := Transient(tc.err); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.err, got, tc.want)
		}
		if tc.err != nil && Transient(wrap(tc.err)) != tc.want {
			t.Errorf("%v, wrapped: want %v", tc.err, tc.want)
		}
	}
}

// TestARetryRidesOutATransientFailureAndStopsAtOneThatLasts shows which Classify a
// policy needs: the default one of common/retry does not know errors of Redis.
func TestARetryRidesOutATransientFailureAndStopsAtOneThatLasts(t *testing.T) {
	m, c := openMini(t)
	s, err := New(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	policy := retry.Policy{MaxAttempts: 3, Backoff: retry.Backoff{Base: time.Millisecond, Cap: time.Millisecond},
		Classify: func(err error) retry.Class {
			if Transient(err) {
				return retry.Transient
			}
			return retry.Permanent
		}}
	tries := 0
	claim := func(ctx context.Context) (Claim, error) {
		if tries++; tries == 3 {
			m.SetError("")
		}
		return s.Claim(ctx, req("k", "a"))
	}
	m.SetError("LOADING Redis is loading the dataset in memory")
	if got, err := retry.DoValue(t.Context(), policy, claim); err != nil || got.Outcome != Acquired || tries != 3 {
		t.Errorf("%v, %v after %d attempts", got.Outcome, err, tries)
	}
	tries = 0
	m.SetError("WRONGPASS invalid username-password pair")
	if _, err := retry.DoValue(t.Context(), policy, claim); !errors.Is(err, rediserr.ErrRefused) || tries != 1 {
		t.Errorf("%v after %d attempts", err, tries)
	}
}

func TestNewOwnerIsDifferentEachTimeAndValid(t *testing.T) {
	a, b := NewOwner(), NewOwner()
	if a == b || checkText("owner", a, MaxOwnerLen) != nil {
		t.Errorf("owners %q and %q", a, b)
	}
}

func TestFingerprint(t *testing.T) {
	one, err := NewSecret([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	two, err := NewSecret([]byte("0123456789abcdeg"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for name, fp := range map[string]string{
		"ab,c": Fingerprint(one, "ab", "c"), "a,bc": Fingerprint(one, "a", "bc"), "abc": Fingerprint(one, "abc"),
		"abc,": Fingerprint(one, "abc", ""), "none": Fingerprint(one), "other secret": Fingerprint(two, "ab", "c"),
	} {
		if prev, dup := seen[fp]; dup {
			t.Errorf("%s and %s have the same fingerprint", name, prev)
		}
		seen[fp] = name
		if len(fp) != 43 {
			t.Errorf("%s: %d characters", name, len(fp))
		}
	}
	// HMAC-SHA-256 with key "0123456789abcdef" over eight bytes of length and
	// "abc", computed with openssl.
	if got, want := Fingerprint(one, "abc"), "Wf-m-7cz1k_KX4rrOzOcNzGro9DmCU2giLnNZhKKvbc"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if fp := Fingerprint(Secret{}, "abc"); fp != "" {
		t.Errorf("the zero secret gave %q", fp)
	}
}

func TestASecretIsLongEnoughAndNeverPrinted(t *testing.T) {
	if _, err := NewSecret([]byte("short")); err == nil {
		t.Error("a short installation key was accepted")
	}
	key := []byte("zzsentinelzz-key")
	s, err := NewSecret(key)
	if err != nil {
		t.Fatal(err)
	}
	before := Fingerprint(s, "x")
	clear(key)
	if Fingerprint(s, "x") != before {
		t.Error("the secret shares its caller's memory")
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if out := fmt.Sprintf(format, s); strings.Contains(out, "sentinel") || strings.Contains(out, "115") {
			t.Errorf("%s prints %s", format, out)
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	mine := inProgress(ownerToken("owner"), fingerprintToken("fingerprint"))
	f.Add(mine)
	f.Add("D" + mine[1:] + "result")
	f.Add("")
	f.Add("P\xff")
	f.Fuzz(func(t *testing.T, v string) {
		rec, err := decodeRecord(v)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		again := inProgress(rec.owner, rec.fingerprint)
		if rec.done {
			again = "D" + again[1:] + rec.result
		}
		if again != v {
			t.Fatalf("%q decodes to %+v, which encodes to %q", v, rec, again)
		}
	})
}

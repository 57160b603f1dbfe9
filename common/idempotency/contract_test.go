package idempotency

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// backend is a Redis that the contract is tested with.
type backend struct {
	client redis.UniversalClient
	// lease is so long that it does not end by itself during a test.
	lease time.Duration
	// advance moves the server's clock.
	advance func(time.Duration)
	// down makes the server unreachable.
	down func()
}

// contractSuite tests every rule of the package with one kind of Redis.
// open returns a fresh, empty server for each rule.
func contractSuite(t *testing.T, open func(t *testing.T) backend) {
	rules := []struct {
		name string
		rule func(t *testing.T, b backend, s *Store)
	}{
		{"a free key is acquired and a done one replays its result", ruleReplay},
		{"an empty result replays as an empty result", ruleEmptyResult},
		{"a crash between claim and complete frees the key when the lease ends", ruleCrash},
		{"a slow owner whose lease passed on can change nothing", ruleSlowOwner},
		{"a lost lease is reported", ruleLeaseLost},
		{"a key is acquired again only by re-reading, so a finished one replays", ruleReacquireRereads},
		{"a changed payload is a mismatch in flight and after completion", ruleMismatch},
		{"a non-owner can neither complete nor extend nor release", ruleNonOwner},
		{"release frees the key at once and keeps nothing", ruleRelease},
		{"release never removes a completed record", ruleReleaseAfterComplete},
		{"extend renews the lease and keeps fingerprint and owner", ruleExtend},
		{"extend never shortens the retention of a completed record", ruleExtendAfterComplete},
		{"every operation may be repeated by its owner", ruleRepeat},
		{"a second completion with another result is refused", ruleCompleteTwice},
		{"retention ends", ruleRetention},
		{"every record has an expiry at all times", ruleAlwaysExpires},
		{"FLUSHALL midway frees every key and completing reports the loss", ruleFlush},
		{"FLUSHALL after completion replays nothing, and the work may be done again", ruleFlushAfterComplete},
		{"SCRIPT FLUSH midway goes unnoticed", ruleScriptFlush},
		{"Redis down fails closed", ruleDown},
		{"the caller's cancellation is not an outage", ruleCancelled},
		{"a batch answers each item by itself", ruleMixedBatch},
		{"batches of none and of one work", ruleSmallBatches},
		{"a key twice in one batch is acquired once", ruleDuplicateClaims},
		{"duplicates in the owner's operations run in their order", ruleDuplicateCompletions},
		{"a batch beyond one round trip is cut into pieces", ruleLargeBatch},
		{"owners and keys of any bytes are told apart", ruleBinary},
		{"a foreign value is not taken for free", ruleForeignValue},
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			b := open(t)
			s, err := New(b.client, Options{Prefix: "t", Config: Config{Lease: b.lease, Retention: 10 * b.lease, CallTimeout: 5 * time.Second}})
			if err != nil {
				t.Fatal(err)
			}
			r.rule(t, b, s)
		})
	}
}

func req(key, owner string) Request {
	return Request{Key: key, Fingerprint: "fp-" + key, Owner: owner}
}

func wantClaim(t *testing.T, s *Store, r Request, want Outcome, result string) {
	t.Helper()
	c, err := s.Claim(t.Context(), r)
	if err != nil {
		t.Fatalf("claim %q by %q: %v", r.Key, r.Owner, err)
	}
	if c.Outcome != want || string(c.Result) != result {
		t.Fatalf("claim %q by %q: got %v %q, want %v %q", r.Key, r.Owner, c.Outcome, c.Result, want, result)
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("%s: got error %v, want %v", what, got, want)
	}
}

func ruleReplay(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantClaim(t, s, req("k", "b"), InFlight, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("coding-7")), nil)
	wantClaim(t, s, req("k", "b"), Replay, "coding-7")
	wantClaim(t, s, req("k", "a"), Replay, "coding-7")
}

func ruleEmptyResult(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", nil), nil)
	wantClaim(t, s, req("k", "b"), Replay, "")
}

func ruleCrash(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "crashed"), Acquired, "")
	b.advance(b.lease / 2)
	wantClaim(t, s, req("k", "next"), InFlight, "")
	b.advance(b.lease)
	wantClaim(t, s, req("k", "next"), Acquired, "")
}

func ruleSlowOwner(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "slow"), Acquired, "")
	b.advance(2 * b.lease)
	wantClaim(t, s, req("k", "next"), Acquired, "")
	wantErr(t, "slow completes", s.Complete(t.Context(), "k", "slow", []byte("late")), ErrNotOwner)
	wantErr(t, "slow extends", s.Extend(t.Context(), "k", "slow"), ErrNotOwner)
	wantErr(t, "slow releases", s.Release(t.Context(), "k", "slow"), ErrNotOwner)
	wantErr(t, "next completes", s.Complete(t.Context(), "k", "next", []byte("right")), nil)
	wantErr(t, "slow completes the done one", s.Complete(t.Context(), "k", "slow", []byte("late")), ErrNotOwner)
	wantClaim(t, s, req("k", "slow"), Replay, "right")
}

func ruleLeaseLost(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	b.advance(2 * b.lease)
	for what, err := range map[string]error{
		"complete": s.Complete(t.Context(), "k", "a", []byte("r")),
		"extend":   s.Extend(t.Context(), "k", "a"),
		"release":  s.Release(t.Context(), "k", "a"),
	} {
		wantErr(t, what, err, ErrLeaseLost)
		wantErr(t, what, err, ErrNotOwner)
	}
	// None of them brought the record back.
	wantClaim(t, s, req("k", "b"), Acquired, "")
}

func ruleReacquireRereads(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "slow"), Acquired, "")
	b.advance(2 * b.lease)
	wantClaim(t, s, req("k", "next"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "next", []byte("done")), nil)
	wantClaim(t, s, req("k", "slow"), Replay, "done")
}

func ruleMismatch(t *testing.T, _ backend, s *Store) {
	other := Request{Key: "k", Fingerprint: "changed", Owner: "b"}
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantClaim(t, s, other, Mismatch, "")
	sameOwner := other
	sameOwner.Owner = "a"
	wantClaim(t, s, sameOwner, Mismatch, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
	wantClaim(t, s, other, Mismatch, "")
	wantClaim(t, s, sameOwner, Mismatch, "")
	wantClaim(t, s, req("k", "b"), Replay, "r")
}

func ruleNonOwner(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("k", "owner"), Acquired, "")
	// A prefix of the owner, an extension of it and another one.
	for _, thief := range []string{"own", "owner2", "x"} {
		wantErr(t, "complete", s.Complete(t.Context(), "k", thief, []byte("stolen")), ErrNotOwner)
		wantErr(t, "extend", s.Extend(t.Context(), "k", thief), ErrNotOwner)
		err := s.Release(t.Context(), "k", thief)
		wantErr(t, "release", err, ErrNotOwner)
		if errors.Is(err, ErrLeaseLost) {
			t.Fatal("a held record was reported as lost")
		}
	}
	wantClaim(t, s, req("k", "x"), InFlight, "")
	wantErr(t, "owner completes", s.Complete(t.Context(), "k", "owner", []byte("r")), nil)
}

func ruleRelease(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "release", s.Release(t.Context(), "k", "a"), nil)
	changed := Request{Key: "k", Fingerprint: "another payload", Owner: "b"}
	wantClaim(t, s, changed, Acquired, "")
}

func ruleReleaseAfterComplete(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
	wantErr(t, "release", s.Release(t.Context(), "k", "a"), nil)
	wantErr(t, "foreign release", s.Release(t.Context(), "k", "b"), ErrNotOwner)
	wantClaim(t, s, req("k", "b"), Replay, "r")
}

func ruleExtend(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	for range 4 {
		b.advance(b.lease * 6 / 10)
		wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), nil)
	}
	wantClaim(t, s, req("k", "b"), InFlight, "")
	wantClaim(t, s, Request{Key: "k", Fingerprint: "changed", Owner: "b"}, Mismatch, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
}

func ruleExtendAfterComplete(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
	wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), nil)
	b.advance(2 * b.lease)
	wantClaim(t, s, req("k", "b"), Replay, "r")
}

func ruleRepeat(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	b.advance(b.lease * 6 / 10)
	wantClaim(t, s, req("k", "a"), Acquired, "") // with a fresh lease:
	b.advance(b.lease * 6 / 10)
	wantClaim(t, s, req("k", "b"), InFlight, "")
	for range 2 {
		wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), nil)
	}
	for range 2 {
		wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
	}
	wantClaim(t, s, req("k", "b"), Replay, "r")
}

func ruleCompleteTwice(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "first", s.Complete(t.Context(), "k", "a", []byte("one")), nil)
	wantErr(t, "second", s.Complete(t.Context(), "k", "a", []byte("two")), ErrCompleted)
	wantErr(t, "longer", s.Complete(t.Context(), "k", "a", []byte("one more")), ErrCompleted)
	wantClaim(t, s, req("k", "b"), Replay, "one")
}

func ruleRetention(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
	b.advance(9 * b.lease)
	wantClaim(t, s, req("k", "b"), Replay, "r")
	b.advance(2 * b.lease)
	wantClaim(t, s, req("k", "b"), Acquired, "")
}

func ruleAlwaysExpires(t *testing.T, b backend, s *Store) {
	full, _ := s.redisKey("k")
	check := func(after string) {
		t.Helper()
		ttl, err := b.client.PTTL(t.Context(), full).Result()
		if err != nil || ttl <= 0 {
			t.Fatalf("after %s: time to live %v, error %v", after, ttl, err)
		}
	}
	wantClaim(t, s, req("k", "a"), Acquired, "")
	check("claim")
	wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), nil)
	check("extend")
	wantClaim(t, s, req("k", "a"), Acquired, "")
	check("repeated claim")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
	check("complete")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), nil)
	wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), nil)
	check("repeats")
}

func ruleFlush(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	flushAll(t, b.client)
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), ErrLeaseLost)
	wantClaim(t, s, req("k", "b"), Acquired, "")
	wantErr(t, "complete by the old owner", s.Complete(t.Context(), "k", "a", []byte("r")), ErrNotOwner)
}

func ruleFlushAfterComplete(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("first")), nil)
	flushAll(t, b.client)
	wantErr(t, "repeated complete", s.Complete(t.Context(), "k", "a", []byte("first")), ErrLeaseLost)
	wantClaim(t, s, req("k", "b"), Acquired, "")
	wantErr(t, "complete by the next owner", s.Complete(t.Context(), "k", "b", []byte("second")), nil)
	wantClaim(t, s, req("k", "c"), Replay, "second")
}

func ruleScriptFlush(t *testing.T, b backend, s *Store) {
	keys := make([]Request, 40)
	done := make([]Completion, len(keys))
	for i := range keys {
		keys[i] = req(fmt.Sprint("k", i), "a")
		done[i] = Completion{Key: keys[i].Key, Owner: "a", Result: []byte{byte(i)}}
	}
	flush := func() {
		t.Helper()
		flushScripts(t, b.client)
	}
	flush()
	claims, err := s.ClaimBatch(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	flush()
	errs, err := s.CompleteBatch(t.Context(), done)
	if err != nil {
		t.Fatal(err)
	}
	for i := range keys {
		if claims[i].Outcome != Acquired || errs[i] != nil {
			t.Fatalf("item %d: %v, %v", i, claims[i].Outcome, errs[i])
		}
	}
	flush()
	wantClaim(t, s, req("k7", "b"), Replay, "\x07")
}

func ruleDown(t *testing.T, b backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	b.down()
	c, err := s.Claim(t.Context(), req("k", "a"))
	wantErr(t, "claim", err, ErrUnavailable)
	if !Transient(err) {
		t.Fatalf("Redis is down for good: %v", err)
	}
	if c.Outcome != 0 {
		t.Fatalf("claim answered %v while Redis is down", c.Outcome)
	}
	wantErr(t, "complete", s.Complete(t.Context(), "k", "a", []byte("r")), ErrUnavailable)
	wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), ErrUnavailable)
	wantErr(t, "release", s.Release(t.Context(), "k", "a"), ErrUnavailable)

	claims, err := s.ClaimBatch(t.Context(), slices.Repeat([]Request{req("x", "a"), req("y", "a")}, 600))
	wantErr(t, "batch", err, ErrUnavailable)
	for i, c := range claims {
		if c.Outcome != 0 || !errors.Is(c.Err, ErrUnavailable) {
			t.Fatalf("item %d: %v, %v", i, c.Outcome, c.Err)
		}
	}
}

func ruleCancelled(t *testing.T, _ backend, s *Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Claim(ctx, req("k", "a"))
	wantErr(t, "claim", err, context.Canceled)
	if errors.Is(err, ErrUnavailable) {
		t.Fatal("a cancelled caller was reported as an outage of Redis")
	}
	wantClaim(t, s, req("k", "b"), Acquired, "")
}

func ruleBinary(t *testing.T, _ backend, s *Store) {
	all := make([]byte, 120)
	for i := range all {
		all[i] = byte(i * 7)
	}
	owner, key, result := string(all), "{k}:\x00\r\n"+string(all), append([]byte("D\x00\xff"), all...)
	r := Request{Key: key, Fingerprint: string(all[:100]), Owner: owner}
	wantClaim(t, s, r, Acquired, "")
	wantErr(t, "other owner", s.Complete(t.Context(), key, owner[:119]+"x", nil), ErrNotOwner)
	wantErr(t, "complete", s.Complete(t.Context(), key, owner, result), nil)
	r.Owner = "b"
	wantClaim(t, s, r, Replay, string(result))
}

func ruleForeignValue(t *testing.T, b backend, s *Store) {
	full, _ := s.redisKey("k")
	whole := inProgress(ownerToken("a"), fingerprintToken("fp-k"))
	for _, v := range []string{"", "hello", "P", "D\x01", whole[:headWidth-1], "D" + whole[1:headWidth-1], whole + "x", "X" + whole[1:]} {
		if err := b.client.Set(t.Context(), full, v, time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
		_, err := s.Claim(t.Context(), req("k", "a"))
		wantErr(t, fmt.Sprintf("claim over %q", v), err, ErrCorrupt)
		for what, err := range map[string]error{
			"complete": s.Complete(t.Context(), "k", "b", []byte("r")),
			"extend":   s.Extend(t.Context(), "k", "b"),
			"release":  s.Release(t.Context(), "k", "b"),
		} {
			wantErr(t, fmt.Sprintf("%s over %q", what, v), err, ErrNotOwner)
		}
		if got := b.client.Get(t.Context(), full).Val(); got != v {
			t.Fatalf("%q was changed to %q", v, got)
		}
	}
}

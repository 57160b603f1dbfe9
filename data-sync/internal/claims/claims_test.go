package claims_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/claims"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func redisClaims(t *testing.T) (*claims.Redis, *miniredis.Miniredis) {
	t.Helper()
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1, DisableIdentity: true})
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	records, err := idempotency.New(client, idempotency.Options{Config: idempotency.Config{Lease: 15 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := idempotency.NewSecret([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := claims.New(records, secret, 15*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return c, server
}

// newest are the versions that a pass pins.
var newest = report.Versions{Dictionary: "29.0", SynonymVersion: "s1", EngineVersion: "e1"}

// items are n items to claim.
func items(n int) []run.Item {
	out := make([]run.Item, n)
	for i := range out {
		out[i] = run.Item{ReportID: int64(i + 1), VerbatimVersion: 1, Verbatim: fmt.Sprintf("verbatim %d", i+1), Language: "en"}
	}
	return out
}

func wantStates(t *testing.T, c *claims.Redis, pin report.Versions, owner string, items []run.Item, want ...run.ClaimState) {
	t.Helper()
	got, err := c.Claim(t.Context(), pin, owner, items)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Claim for %s = %v, %v; want %v", owner, got, err, want)
	}
}

func TestClaimsTellOwnOthersAndDoneWork(t *testing.T) {
	c, server := redisClaims(t)
	all := items(4)
	wantStates(t, c, newest, "a", all[:3], run.Acquired, run.Acquired, run.Acquired)
	wantStates(t, c, newest, "a", all[:1], run.Acquired) // a repeated call
	wantStates(t, c, newest, "b", all, run.InFlight, run.InFlight, run.InFlight, run.Acquired)

	if err := c.Complete(t.Context(), newest, "a", []run.Recorded{{Item: all[0], CodingID: 7}, {Item: all[3], CodingID: 8}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Release(t.Context(), newest, "a", all[1:]); err != nil {
		t.Fatal(err)
	}
	// Complete and Release touched nothing of b's.
	wantStates(t, c, newest, "c", all, run.Replay, run.Acquired, run.Acquired, run.InFlight)

	server.FastForward(10 * time.Second)
	if err := c.Extend(t.Context(), newest, "c", all[1:]); err != nil {
		t.Fatal(err)
	}
	server.FastForward(10 * time.Second)
	wantStates(t, c, newest, "d", all, run.Replay, run.InFlight, run.InFlight, run.Acquired)
}

func TestAnotherVersionIsOtherWork(t *testing.T) {
	c, _ := redisClaims(t)
	item := items(1)
	wantStates(t, c, newest, "a", item, run.Acquired)
	pin := newest
	pin.SynonymVersion = "s2"
	wantStates(t, c, pin, "b", item, run.Acquired)
	item[0].VerbatimVersion = 2
	wantStates(t, c, newest, "b", item, run.Acquired)
}

// After the database was restored, a version's number can stand for another
// verbatim than Redis remembers.
func TestARecordOfAnotherVerbatimOrNoneAtAllDoesNotBlockTheReport(t *testing.T) {
	c, server := redisClaims(t)
	item := items(1)
	wantStates(t, c, newest, "a", item, run.Acquired)
	item[0].Verbatim = "another"
	wantStates(t, c, newest, "b", item, run.Replay)
	for _, key := range server.Keys() {
		if err := server.Set(key, "rubbish"); err != nil {
			t.Fatal(err)
		}
	}
	wantStates(t, c, newest, "b", item, run.Replay)
}

func TestRedisHoldsNoVerbatim(t *testing.T) {
	c, server := redisClaims(t)
	item := items(1)
	item[0].Verbatim = "sentinel-verbatim"
	wantStates(t, c, newest, "a", item, run.Acquired)
	if err := c.Complete(t.Context(), newest, "a", []run.Recorded{{Item: item[0], CodingID: 7}}); err != nil {
		t.Fatal(err)
	}
	if dump := server.Dump(); strings.Contains(dump, "sentinel") {
		t.Errorf("Redis holds the verbatim: %s", dump)
	}
}

func TestClaimsFailClosedWithoutRedis(t *testing.T) {
	c, server := redisClaims(t)
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	server.Close()
	if states, err := c.Claim(t.Context(), newest, "a", items(2)); !errors.Is(err, idempotency.ErrUnavailable) || states != nil {
		t.Errorf("Claim = %v, %v", states, err)
	}
	if err := c.Ping(t.Context()); err == nil {
		t.Error("Ping succeeds without Redis")
	}
}

func TestClaimsRefuseALeaseShorterThanTheChunks(t *testing.T) {
	server := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: server.Addr(), ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	records, err := idempotency.New(client, idempotency.Options{Config: idempotency.Config{Lease: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := idempotency.NewSecret([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := claims.New(records, secret, 15*time.Second); err == nil {
		t.Error("a lease of 1 s was accepted for chunks of 15 s")
	}
	if _, err := claims.New(records, idempotency.Secret{}, time.Second); err == nil {
		t.Error("an empty secret was accepted")
	}
}

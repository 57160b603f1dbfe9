package idempotency

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

func openMini(t testing.TB) (*miniredis.Miniredis, *redis.Client) {
	m := miniredis.RunT(t)
	c := redis.NewClient(&redis.Options{
		Addr: m.Addr(), ContextTimeoutEnabled: true, DisableIdentity: true, MaxRetries: -1,
		PipelinePoolSize: -1, DialerRetries: 1,
	})
	t.Cleanup(func() { _ = c.Close() })
	return m, c
}

func TestContractOnEmbeddedRedis(t *testing.T) {
	contractSuite(t, func(t *testing.T) backend {
		m, c := openMini(t)
		return backend{client: c, lease: 15 * time.Second, advance: m.FastForward, down: m.Close}
	})
}

func TestContractThroughAClusterClient(t *testing.T) {
	contractSuite(t, func(t *testing.T) backend {
		m := miniredis.RunT(t)
		c := redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: []string{m.Addr()}, ContextTimeoutEnabled: true, DisableIdentity: true,
			MaxRedirects: 1, DialerRetries: 1, PipelinePoolSize: -1,
		})
		t.Cleanup(func() { _ = c.Close() })
		return backend{client: c, lease: 15 * time.Second, advance: m.FastForward, down: m.Close}
	})
}

func TestLeaseHoldsToItsLastMillisecondAndNotLonger(t *testing.T) {
	m, c := openMini(t)
	s, err := New(c, Options{Config: Config{Lease: 500 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	wantClaim(t, s, req("k", "a"), Acquired, "")
	m.FastForward(499 * time.Millisecond)
	wantClaim(t, s, req("k", "b"), InFlight, "")
	// With one millisecond left an extension still gives a whole lease.
	wantErr(t, "extend", s.Extend(t.Context(), "k", "a"), nil)
	m.FastForward(499 * time.Millisecond)
	wantClaim(t, s, req("k", "b"), InFlight, "")
	m.FastForward(time.Millisecond)
	wantErr(t, "extend at 0 ms left", s.Extend(t.Context(), "k", "a"), ErrLeaseLost)
	wantClaim(t, s, req("k", "b"), Acquired, "")
}

func TestALeaseIsRoundedUpToWholeMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]int64{
		0: 1, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, 1999 * time.Microsecond: 2, time.Second: 1000,
	} {
		if got := millis(d); got != want {
			t.Errorf("millis(%v) = %d, want %d", d, got, want)
		}
	}
}

// tripCounter counts pipelines and the commands in them.
type tripCounter struct{ trips, cmds atomic.Int64 }

func (h *tripCounter) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (h *tripCounter) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (h *tripCounter) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h.trips.Add(1)
		h.cmds.Add(int64(len(cmds)))
		return next(ctx, cmds)
	}
}

func TestABatchTakesOneRoundTrip(t *testing.T) {
	_, c := openMini(t)
	s, err := New(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	reqs, done, holds := load(500, 0)
	if _, err := s.ClaimBatch(t.Context(), reqs); err != nil { // loads the script
		t.Fatal(err)
	}
	if _, err := s.ExtendBatch(t.Context(), holds); err != nil {
		t.Fatal(err)
	}
	var n tripCounter
	c.AddHook(&n)
	reqs, _, holds = load(500, 1)
	if _, err := s.ClaimBatch(t.Context(), reqs); err != nil {
		t.Fatal(err)
	}
	if trips, cmds := n.trips.Load(), n.cmds.Load(); trips != 1 || cmds != hashTags {
		t.Errorf("claiming 500 took %d round trips of %d scripts, want 1 of %d", trips, cmds, hashTags)
	}
	if _, err := s.ExtendBatch(t.Context(), holds); err != nil {
		t.Fatal(err)
	}
	if trips := n.trips.Load(); trips != 2 {
		t.Errorf("extending 500 took %d round trips, want 1", trips-1)
	}
	// A script the server lost costs one more.
	if err := c.ScriptFlush(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if errs, err := s.CompleteBatch(t.Context(), done); err != nil || errors.Join(errs...) != nil {
		t.Fatal(err, errors.Join(errs...))
	}
	if trips := n.trips.Load(); trips != 4 {
		t.Errorf("completing after SCRIPT FLUSH took %d round trips, want 2", trips-2)
	}
}

func TestAllKeysOfOneScriptShareAClusterSlot(t *testing.T) {
	_, c := openMini(t)
	s, err := New(c, Options{Prefix: "p"})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"{a}1", "{a}2", "}{", "{", "a{b}c"}
	for i := range 300 {
		keys = append(keys, fmt.Sprint("report/", i))
	}
	index := make([]int, len(keys))
	for i := range index {
		index[i] = i
	}
	pieces := s.plan(index, func(i int) string { return keys[i] })
	if len(pieces) != hashTags {
		t.Fatalf("%d pieces, want %d", len(pieces), hashTags)
	}
	for _, p := range pieces {
		want := c.ClusterKeySlot(t.Context(), p.keys[0]).Val()
		for _, k := range p.keys {
			if got := c.ClusterKeySlot(t.Context(), k).Val(); got != want {
				t.Errorf("key %q is in slot %d, its script in %d", k, got, want)
			}
		}
		if len(p.keys) < 40 {
			t.Errorf("a hash tag got %d of 300 keys: uneven", len(p.keys))
		}
	}
}

func TestACallToASilentServerEndsAtItsOwnDeadline(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c := redis.NewClient(&redis.Options{Addr: l.Addr().String(), ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1})
	defer func() { _ = c.Close() }()
	s, err := New(c, Options{Config: Config{CallTimeout: 50 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = s.Claim(t.Context(), req("k", "a"))
	wantErr(t, "claim", err, ErrUnavailable)
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("took %v with a call timeout of 50ms", d)
	}
}

func TestAnErrorReplyFromRedisFailsClosed(t *testing.T) {
	m, c := openMini(t)
	s, err := New(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.SetError("LOADING Redis is loading the dataset in memory")
	_, err = s.Claim(t.Context(), req("k", "a"))
	wantErr(t, "claim", err, ErrUnavailable)
	m.SetError("")
	wantClaim(t, s, req("k", "a"), Acquired, "")
}

func TestABatchThatFailsHalfWayKeepsWhatItAcquired(t *testing.T) {
	m, c := openMini(t)
	s, err := New(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	c.AddHook(hookFunc(func() {
		if n++; n == 3 { // EVALSHA, EVAL with source, then the second piece
			m.SetError("ERR gone")
		}
	}))
	reqs, _, _ := load(maxKeysPerTrip+10, 0)
	claims, err := s.ClaimBatch(t.Context(), reqs)
	wantErr(t, "batch", err, ErrUnavailable)
	for i, c := range claims {
		if i < maxKeysPerTrip && c.Outcome != Acquired {
			t.Fatalf("claim %d of the piece that succeeded: %v, %v", i, c.Outcome, c.Err)
		}
		if i >= maxKeysPerTrip && !errors.Is(c.Err, ErrUnavailable) {
			t.Fatalf("claim %d of the piece that failed: %v, %v", i, c.Outcome, c.Err)
		}
	}
}

type hookFunc func()

func (h hookFunc) DialHook(next redis.DialHook) redis.DialHook          { return next }
func (h hookFunc) ProcessHook(next redis.ProcessHook) redis.ProcessHook { return next }
func (h hookFunc) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		h()
		return next(ctx, cmds)
	}
}

// load makes n distinct requests of a round, with their completions and holds.
func load(n, round int) ([]Request, []Completion, []Hold) {
	reqs, done, holds := make([]Request, n), make([]Completion, n), make([]Hold, n)
	for i := range n {
		key := fmt.Sprintf("STUDY-01/report/%04d-%08d", round, i)
		reqs[i] = Request{Key: key, Fingerprint: "0123456789012345678901234567890123456789abc", Owner: "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
		done[i] = Completion{Key: key, Owner: reqs[i].Owner, Result: []byte("coding/00000000-0000")}
		holds[i] = Hold{Key: key, Owner: reqs[i].Owner}
	}
	return reqs, done, holds
}

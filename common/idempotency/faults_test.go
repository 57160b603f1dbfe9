package idempotency

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"aecode/common/redisconn"
	"aecode/common/testsupport/localserver"
)

// slack is how much longer than promised something may take on a busy machine.
const slack = 4 * time.Second

// recovery is how soon after the return of Redis the work must continue.
const recovery = 5 * time.Second

func newStore(t *testing.T, c redis.UniversalClient, opt Options) *Store {
	t.Helper()
	s, err := New(c, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// untilAcquired claims until it succeeds and returns how long that took.
func untilAcquired(t *testing.T, s *Store, r Request, limit time.Duration, bad func(Claim, error)) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		claim, err := s.Claim(t.Context(), r)
		took := time.Since(began)
		if claim.Outcome == Acquired {
			return took
		}
		if bad != nil {
			bad(claim, err)
		}
		if took > limit {
			t.Fatalf("not acquired after %v: %v, %v", took, claim.Outcome, err)
		}
		<-tick.C
	}
}

func TestWhatACrashedOwnerHeldIsFreeWhenItsLeaseEnds(t *testing.T) {
	server := startRedis(t)
	conf := redisconn.Config{Addrs: []string{server.Addr()}}
	opt := Options{Config: Config{Lease: 400 * time.Millisecond}}
	crashed, err := redisconn.Open(conf)
	if err != nil {
		t.Fatal(err)
	}
	reqs, _, holds := load(100, 0)
	began := time.Now()
	if _, err := newStore(t, crashed, opt).ClaimBatch(t.Context(), reqs); err != nil {
		t.Fatal(err)
	}
	_ = crashed.Close() // it sends nothing more
	s := newStore(t, dial(t, conf), opt)
	next := reqs[0]
	next.Owner = "next"
	untilAcquired(t, s, next, opt.Lease+slack, func(c Claim, err error) {
		if c.Outcome != InFlight {
			t.Fatalf("while the lease holds: %v, %v", c.Outcome, err)
		}
	})
	if took := time.Since(began); took < opt.Lease {
		t.Errorf("acquired after %v, within the lease of %v", took, opt.Lease)
	}
	// The whole batch had the same lease, and the old owner comes back too late.
	for i := range reqs {
		reqs[i].Owner = "next"
	}
	claims, err := s.ClaimBatch(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range claims {
		if c.Outcome != Acquired {
			t.Fatalf("record %d is stuck: %v", i, c.Outcome)
		}
	}
	errs, err := s.ExtendBatch(t.Context(), holds)
	if err != nil {
		t.Fatal(err)
	}
	for i := range errs {
		wantErr(t, "the old owner extends", errs[i], ErrNotOwner)
	}
}

func TestTheClientsClockChangesNothing(t *testing.T) {
	server := startRedis(t)
	conf := redisconn.Config{Addrs: []string{server.Addr()}}
	const lease = 20 * time.Second
	var at time.Time
	// A bubble's clock begins in the year 2000.
	synctest.Test(t, func(t *testing.T) {
		at = time.Now()
		c, err := redisconn.Open(conf)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s := newStore(t, c, Options{Config: Config{Lease: lease, Retention: time.Hour}})
		wantClaim(t, s, req("held", "past"), Acquired, "")
		wantErr(t, "extend", s.Extend(t.Context(), "held", "past"), nil)
		wantClaim(t, s, req("done", "past"), Acquired, "")
		wantErr(t, "complete", s.Complete(t.Context(), "done", "past", []byte("r")), nil)
	})
	if off := time.Since(at); off < 24*time.Hour {
		t.Fatalf("the client's clock was only %v off", off)
	}
	c := dial(t, conf)
	s := newStore(t, c, Options{Config: Config{Lease: lease}})
	wantClaim(t, s, req("held", "now"), InFlight, "")
	wantClaim(t, s, req("done", "now"), Replay, "r")
	for key, want := range map[string]time.Duration{"held": lease, "done": time.Hour} {
		full, _ := s.redisKey(key)
		if left := c.PTTL(t.Context(), full).Val(); left > want || left < want-10*time.Second {
			t.Errorf("%s has %v left of %v", key, left, want)
		}
	}
}

// The server goes away in two ways: killed, so that it refuses connections, and
// stopped, so that it accepts connections and does not answer.
func TestRedisThatIsAwayFailsClosedInTimeAndIsUsedAgainWhenBack(t *testing.T) {
	t.Parallel()
	const callTimeout = time.Second
	for _, tc := range []struct {
		name       string
		away, back func(t *testing.T, server *localserver.Redis)
	}{
		{"killed", func(t *testing.T, server *localserver.Redis) {
			if err := server.Kill(); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, server *localserver.Redis) { restart(t, server) }},
		{"silent", func(t *testing.T, server *localserver.Redis) {
			if err := server.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
		}, func(t *testing.T, server *localserver.Redis) {
			if err := server.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			// These timeouts of the connection would be too late.
			c := dial(t, redisconn.Config{Addrs: []string{server.Addr()}, ReadTimeout: time.Minute, PoolTimeout: time.Minute})
			s := newStore(t, c, Options{Config: Config{CallTimeout: callTimeout}})
			reqs, done, _ := load(20, 0)
			if _, err := s.ClaimBatch(t.Context(), reqs); err != nil {
				t.Fatal(err)
			}
			before := runtime.NumGoroutine()
			tc.away(t, server)
			var callers sync.WaitGroup
			for range 20 { // more than the pool has connections
				callers.Go(func() {
					for range 3 {
						began := time.Now()
						claims, err := s.ClaimBatch(t.Context(), reqs)
						took := time.Since(began)
						if !errors.Is(err, ErrUnavailable) || !Transient(err) {
							t.Errorf("claim while Redis is away: %v", err)
						}
						for _, claim := range claims {
							if claim.Outcome != 0 || !errors.Is(claim.Err, ErrUnavailable) {
								t.Errorf("a claim was answered %v, %v while Redis is away", claim.Outcome, claim.Err)
							}
						}
						if took > callTimeout+slack {
							t.Errorf("took %v with a call timeout of %v", took, callTimeout)
						}
					}
				})
			}
			callers.Wait()
			if errs, err := s.CompleteBatch(t.Context(), done); !Transient(err) || !errors.Is(errs[0], ErrUnavailable) {
				t.Errorf("complete while Redis is away: %v", err)
			}
			// The tests beside this one have goroutines too, but fewer than its calls.
			if now := runtime.NumGoroutine(); now > before+60 {
				t.Errorf("%d goroutines, %d before", now, before)
			}
			tc.back(t, server)
			took := untilAcquired(t, s, req("new", "a"), recovery, func(c Claim, err error) {
				if c.Outcome != 0 || !Transient(err) {
					t.Errorf("while Redis comes back: %v, %v", c.Outcome, err)
				}
			})
			t.Logf("acquired %v after Redis was back", took)
		})
	}
}

func TestASilentNetworkIsUsedAgainWhenItHeals(t *testing.T) {
	p := startProxy(t, realRedis.use(t).Addr())
	s := newStore(t, dial(t, redisconn.Config{Addrs: []string{p.addr()}}), Options{Prefix: "silent", Config: Config{CallTimeout: time.Second}})
	var before, during sync.WaitGroup
	for i := range 16 { // a whole pool of connections
		before.Go(func() {
			if _, err := s.Claim(t.Context(), req(fmt.Sprint("k", i), "a")); err != nil {
				t.Error(err)
			}
		})
	}
	before.Wait()
	p.silent.Store(true)
	for range 3 {
		during.Go(func() {
			if _, err := s.Claim(t.Context(), req("k", "a")); !Transient(err) {
				t.Errorf("through a silent network: %v", err)
			}
		})
	}
	during.Wait()
	p.silent.Store(false)
	t.Logf("acquired %v after the network healed", untilAcquired(t, s, req("new", "a"), recovery, nil))
}

func TestDeadlinesHoldOnASlowNetworkAndABatchIsOneRoundTrip(t *testing.T) {
	t.Parallel()
	p := startProxy(t, realRedis.use(t).Addr())
	c := dial(t, redisconn.Config{Addrs: []string{p.addr()}})
	const callTimeout = 3 * time.Second
	s := newStore(t, c, Options{Prefix: "slow", Config: Config{CallTimeout: callTimeout}})
	reqs, done, _ := load(500, 0)
	if _, err := s.ClaimBatch(t.Context(), reqs); err != nil { // connects and loads the scripts
		t.Fatal(err)
	}
	if _, err := s.CompleteBatch(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	var n tripCounter
	c.AddHook(&n)
	for round, latency := range []time.Duration{50 * time.Millisecond, 400 * time.Millisecond} {
		p.delay(latency)
		reqs, done, _ := load(500, round+1)
		began := time.Now()
		if _, err := s.ClaimBatch(t.Context(), reqs); err != nil {
			t.Fatalf("at %v: %v", latency, err)
		}
		claimed := time.Since(began)
		if errs, err := s.CompleteBatch(t.Context(), done); err != nil || errors.Join(errs...) != nil {
			t.Fatalf("at %v: %v", latency, err)
		}
		if trips := n.trips.Swap(0); trips != 2 {
			t.Errorf("claiming and completing took %d round trips, want 2", trips)
		}
		if scripts := n.cmds.Swap(0); scripts != 2*hashTags {
			t.Errorf("claiming and completing ran %d scripts, want %d", scripts, 2*hashTags)
		}
		if claimed < latency {
			t.Errorf("a claim took %v over a line of %v", claimed, latency)
		}
	}
	p.delay(8 * time.Second)
	for _, within := range []time.Duration{callTimeout, 100 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		began := time.Now()
		reqs, _, _ := load(500, 9)
		_, err := s.ClaimBatch(ctx, reqs)
		took := time.Since(began)
		cancel()
		if !Transient(err) {
			t.Errorf("claim: %v", err)
		}
		if took > within+slack {
			t.Errorf("took %v, allowed were %v", took, within)
		}
	}
	p.delay(0)
	t.Logf("acquired %v after the line was fast again", untilAcquired(t, s, req("new", "a"), recovery, nil))
}

func TestARestartedRedisIsSentTheScriptsAgain(t *testing.T) {
	server := startRedis(t)
	s := newStore(t, dial(t, redisconn.Config{Addrs: []string{server.Addr()}}), Options{})
	reqs, done, _ := load(100, 0)
	for range 3 {
		untilAcquired(t, s, req("first", NewOwner()), recovery, nil)
		claims, err := s.ClaimBatch(t.Context(), reqs)
		if err != nil || claims[99].Outcome != Acquired {
			t.Fatalf("%v, %v", claims[99].Outcome, err)
		}
		if errs, err := s.CompleteBatch(t.Context(), done); err != nil || errors.Join(errs...) != nil {
			t.Fatal(err, errors.Join(errs...))
		}
		if err := server.Kill(); err != nil {
			t.Fatal(err)
		}
		restart(t, server)
	}
}

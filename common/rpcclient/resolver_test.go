package rpcclient

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	"aecode/common/retry"
)

// patience is how long a test waits for an event. promised is how soon a new
// replica must be used.
const (
	patience = 30 * time.Second
	promised = 15 * time.Second
)

// await polls a condition and returns how long it took.
func await(t *testing.T, what string, done func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !done() {
		if time.Since(began) > patience {
			t.Fatalf("%s: not within %v", what, patience)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return time.Since(began)
}

func TestANewReplicaGetsCallsSoonAndADeadOneCostsNone(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	dns := startNames(t, "127.0.0.2", "127.0.0.3")
	first, second := serve(t, "127.0.0.2:"+port), serve(t, "127.0.0.3:"+port)
	conn := connect(t, fmt.Sprintf("dns://%s/terminology.test:%s", dns.Addr(), port))
	untilServed(t, conn, recovery)

	var calls, failures atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var load sync.WaitGroup
	defer load.Wait()
	defer stop()
	for range 4 {
		load.Go(func() {
			for ctx.Err() == nil {
				err := retry.Do(ctx, attempts, func(ctx context.Context) error { return say(ctx, conn) })
				if ctx.Err() != nil {
					return
				}
				calls.Add(1)
				if err != nil {
					failures.Add(1)
					t.Errorf("a call was lost: %v", err)
				}
				time.Sleep(2 * time.Millisecond)
			}
		})
	}
	// One of them is connected first. Once both are, they are used in turn.
	await(t, "calls of both", func() bool { return first.calls.Load() > 0 && second.calls.Load() > 0 })
	a, b := first.calls.Load(), second.calls.Load()
	await(t, "hundred calls more", func() bool { return first.calls.Load()+second.calls.Load() > a+b+100 })
	if a, b := first.calls.Load()-a, second.calls.Load()-b; a < b/2 || b < a/2 {
		t.Errorf("the replicas got %d and %d calls", a, b)
	}

	third := serve(t, "127.0.0.4:"+port)
	dns.Set("127.0.0.2", "127.0.0.3", "127.0.0.4")
	took := await(t, "calls of the new replica", func() bool { return third.calls.Load() > 0 })
	t.Logf("the new replica got its first call after %v", took)
	// 15 s are promised. Names are looked up more often.
	if took > promised {
		t.Errorf("the new replica got no call within %v", promised)
	}

	// The replica dies before its address leaves the DNS.
	before := calls.Load()
	second.server.Stop()
	await(t, "calls while it is dead", func() bool { return calls.Load() > before+200 })
	dns.Set("127.0.0.2", "127.0.0.4")
	asked := dns.Asked()
	await(t, "another look-up", func() bool { return dns.Asked() >= asked+2 }) // for IPv4 and IPv6
	after := calls.Load()
	await(t, "calls of the others", func() bool { return calls.Load() > after+200 })
	t.Logf("%d calls since it died, %d lost", calls.Load()-before, failures.Load())
}

func TestAReplicaThatDoesNotServeGetsNoCall(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	first, second := serve(t, "127.0.0.2:"+port), serve(t, "127.0.0.3:"+port)
	second.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	conn := connect(t, "127.0.0.2:"+port+", 127.0.0.3:"+port)
	untilServed(t, conn, recovery)
	for range 50 {
		if err := say(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	if n := second.calls.Load(); n != 0 {
		t.Errorf("it got %d calls", n)
	}
	// The other one drains, this one has come up.
	second.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING)
	first.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	// It takes a moment until the client knows, and no call is lost meanwhile.
	last, served := first.calls.Load(), 0
	await(t, "fifty calls in a row that the drained one does not get", func() bool {
		if err := say(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
		served++
		if now := first.calls.Load(); now != last {
			last, served = now, 0
		}
		return served >= 50
	})
	if n := second.calls.Load(); n < 50 {
		t.Errorf("the one that has come up got %d calls", n)
	}
}

func TestANameThatCannotBeLookedUpKeepsItsReplicasAndIsFoundAgainSoon(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	dns := startNames(t) // no such name yet
	serve(t, "127.0.0.2:"+port)
	conn := connect(t, fmt.Sprintf("dns://%s/terminology.test:%s", dns.Addr(), port))
	for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
		if say(t.Context(), conn) == nil {
			t.Fatal("served under a name that is not there")
		}
		time.Sleep(100 * time.Millisecond)
	}
	dns.Set("127.0.0.2")
	took := untilServed(t, conn, 2*recovery)
	if took > recovery+time.Second {
		t.Errorf("found after %v, want about %v", took, lookupEvery)
	}
	t.Logf("found after %v", took)
	dns.Silence() // the DNS server is away
	for end := time.Now().Add(lookupEvery + 2*lookupTimeout); time.Now().Before(end); {
		if err := say(t.Context(), conn); err != nil {
			t.Fatalf("a replica that answers was left: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestATargetIsOneOrSeveralAddresses(t *testing.T) {
	t.Parallel()
	for addresses, faulty := range map[string]bool{
		"127.0.0.1:9102":                      false,
		"a:1,b:2":                             false,
		"a:1, dns:///b:2":                     false,
		"dns://127.0.0.1:53/terminology:9101": false,
		"[::1]:9102":                          false,
		"":                                    true,
		"a":                                   true,
		"a:1,":                                true,
		":9102":                               true,
		"a:0":                                 true,
		"a:65536":                             true,
		"dns:///a":                            true,
		"dns://a":                             true,
		"dns://server/a:1":                    true,
		"unix:///run/data-sync.sock":          true,
		"https://data-sync:9102":              true,
		"dns:///a:1 b:2":                      true,
		"a:1;b:2":                             true,
	} {
		if _, err := Target(addresses); (err != nil) != faulty {
			t.Errorf("%q: %v, faulty %t", addresses, err, faulty)
		}
	}
}

package idempotency

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aecode/common/redisconn"
	"aecode/common/testsupport/localserver"
)

func TestAfterAFailoverTheNewMasterIsUsed(t *testing.T) {
	t.Parallel()
	sentinel, err := localserver.StartSentinel(t.Context(), localserver.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sentinel.Stop(); err != nil {
			t.Error(err)
		}
	})
	c := dial(t, redisconn.Config{Addrs: sentinel.Addrs(), MasterName: localserver.SentinelMaster})
	s := newStore(t, c, Options{Config: Config{CallTimeout: 2 * time.Second}})
	wantClaim(t, s, req("done", "a"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "done", "a", []byte("r")), nil)
	wantErr(t, "wait for the replica", c.Do(t.Context(), "wait", 1, 5000).Err(), nil)
	if err := sentinel.Master.Kill(); err != nil {
		t.Fatal(err)
	}
	// The Sentinel of these tests waits 0.5 s before it acts.
	took := untilAcquired(t, s, req("new", "a"), 15*time.Second, func(c Claim, err error) {
		if c.Outcome != 0 || !Transient(err) {
			t.Fatalf("in the failover: %v, %v", c.Outcome, err)
		}
	})
	t.Logf("acquired %v after the master's end", took)
	wantClaim(t, s, req("done", "b"), Replay, "r")
	// The old master comes back as a replica and does not mislead clients.
	restart(t, sentinel.Master)
	for i := range 200 {
		wantClaim(t, s, req(fmt.Sprint("later", i), "a"), Acquired, "")
	}
}

func TestAClusterThatLostANodeServesAgainWhenItIsBack(t *testing.T) {
	cluster := realCluster.use(t)
	c := dial(t, redisconn.Config{Addrs: cluster.Addrs()})
	flushAll(t, c)
	s := newStore(t, c, Options{Config: Config{CallTimeout: 2 * time.Second}})
	reqs, done, _ := load(500, 0)
	if _, err := s.ClaimBatch(t.Context(), reqs); err != nil {
		t.Fatal(err)
	}
	lost := cluster.Nodes[rand.IntN(len(cluster.Nodes))]
	if err := lost.Kill(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	errs, err := s.CompleteBatch(t.Context(), done)
	if took := time.Since(began); took > 2*s.opt.CallTimeout+slack {
		t.Errorf("took %v", took)
	}
	if !Transient(err) {
		t.Errorf("complete without a node: %v", err)
	}
	kept := 0
	for _, err := range errs {
		if err == nil {
			kept++
		} else if !errors.Is(err, ErrUnavailable) {
			t.Fatalf("a record of the lost node: %v", err)
		}
	}
	t.Logf("%d of %d completed on the other nodes", kept, len(done))
	restart(t, lost)
	if err := cluster.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	for {
		// The keys of the lost node are free again. The others are replayed.
		claims, err := s.ClaimBatch(t.Context(), reqs)
		if err == nil {
			replayed := 0
			for i, claim := range claims {
				switch {
				case claim.Outcome == Replay && errs[i] == nil:
					replayed++
				case claim.Outcome != Acquired || errs[i] == nil:
					t.Fatalf("record %d, completed before with %v: %v", i, errs[i], claim.Outcome)
				}
			}
			if replayed != kept {
				t.Errorf("%d replayed, %d were completed", replayed, kept)
			}
			t.Logf("served again %v after the cluster was", time.Since(began))
			return
		}
		if !Transient(err) || time.Since(began) > recovery {
			t.Fatal(err)
		}
	}
}

func TestAClientOfOneNodeIsToldThatThisIsACluster(t *testing.T) {
	s := newStore(t, dial(t, redisconn.Config{Addrs: realCluster.use(t).Addrs()[:1]}), Options{})
	reqs, _, _ := load(100, 0)
	_, err := s.ClaimBatch(t.Context(), reqs)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "set Cluster to true") {
		t.Errorf("%v", err)
	}
}

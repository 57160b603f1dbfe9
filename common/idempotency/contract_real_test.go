package idempotency

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"aecode/common/redisconn"
	"aecode/common/testsupport/localserver"
)

// contractLease is longer than any rule takes on a busy machine.
const contractLease = time.Minute

func TestContractOnARealRedis(t *testing.T) {
	contractSuite(t, func(t *testing.T) backend {
		server := realRedis.use(t)
		c := dial(t, redisconn.Config{Addrs: []string{server.Addr()}})
		flushAll(t, c)
		return backend{
			client: c, lease: contractLease,
			advance: func(d time.Duration) { age(t, c, d) },
			down: func() {
				if err := server.Kill(); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { restart(t, server) })
			},
		}
	})
}

func TestContractBehindASentinel(t *testing.T) {
	contractSuite(t, func(t *testing.T) backend {
		var g gate
		c := dial(t, redisconn.Config{Addrs: realSentinel.use(t).Addrs(), MasterName: localserver.SentinelMaster}, g.through)
		flushAll(t, c)
		return backend{client: c, lease: contractLease, advance: func(d time.Duration) { age(t, c, d) }, down: g.cut}
	})
}

func TestContractOnARealCluster(t *testing.T) {
	contractSuite(t, func(t *testing.T) backend {
		var g gate
		c := dial(t, redisconn.Config{Addrs: realCluster.use(t).Addrs()}, g.through)
		if _, ok := c.(*redis.ClusterClient); !ok {
			t.Fatalf("%T is no cluster's client", c)
		}
		flushAll(t, c)
		return backend{client: c, lease: contractLease, advance: func(d time.Duration) { age(t, c, d) }, down: g.cut}
	})
}

func TestABatchSpansTheNodesOfACluster(t *testing.T) {
	cluster := realCluster.use(t)
	c := dial(t, redisconn.Config{Addrs: cluster.Addrs()})
	flushAll(t, c)
	s, err := New(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 500
	reqs, done, _ := load(n, 0)
	if _, err := s.ClaimBatch(t.Context(), reqs); err != nil { // finds the nodes and loads the script
		t.Fatal(err)
	}
	if _, err := s.CompleteBatch(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, node := range cluster.Nodes {
		size, err := dial(t, redisconn.Config{Addrs: []string{node.Addr()}}).DBSize(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		if size == 0 {
			t.Error("a node holds nothing of the batch")
		}
		held += int(size)
	}
	if held != n {
		t.Errorf("the nodes hold %d records of %d", held, n)
	}
}

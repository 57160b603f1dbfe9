package localserver

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestSentinelMakesTheReplicaTheMaster(t *testing.T) {
	t.Parallel()
	s, err := StartSentinel(t.Context(), RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Master.Kill(); err != nil {
		t.Fatal(err)
	}
	client := redis.NewSentinelClient(&redis.Options{Addr: s.Addrs()[0]})
	defer client.Close()
	if err := s.sentinel.process.await(t.Context(), func(ctx context.Context) error {
		addr, err := client.GetMasterAddrByName(ctx, SentinelMaster).Result()
		if err == nil && net.JoinHostPort(addr[0], addr[1]) != s.Replica.Addr() {
			return errors.New("not yet")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestAClusterServesAllSlotsAndComesBackAfterANodesEnd(t *testing.T) {
	t.Parallel()
	c, err := StartCluster(t.Context(), 3, RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs()})
	defer client.Close()
	write := func() {
		t.Helper()
		for i := range 100 {
			if err := client.Set(t.Context(), strconv.Itoa(i), "x", 0).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	write()
	for _, r := range c.Nodes {
		if err := r.with(func(node *redis.Client) error {
			if n := node.DBSize(t.Context()).Val(); n < 20 {
				t.Errorf("a node holds %d of 100 keys", n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Nodes[1].Kill(); err != nil {
		t.Fatal(err)
	}
	if err := c.Nodes[1].Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Await(t.Context()); err != nil {
		t.Fatal(err)
	}
	write()
}

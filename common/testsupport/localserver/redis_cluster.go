package localserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// clusterSlots is the number of hash slots of every Redis Cluster.
const clusterSlots = 16384

// Cluster is a Redis Cluster of masters without replicas. Except for Addrs, its
// methods are not safe for concurrent use.
type Cluster struct {
	// Nodes are the nodes in the order of their slots. Each has an equal share of
	// the slots.
	Nodes []*Redis
}

// StartCluster starts a cluster of nodes nodes, at least 3. When it returns, every
// node knows the others and all slots are served. It needs Redis 7.0.
func StartCluster(ctx context.Context, nodes int, opts RedisOptions) (*Cluster, error) {
	c := &Cluster{}
	if err := c.start(ctx, nodes, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("start redis cluster: %w", err), c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, nodes int, opts RedisOptions) error {
	for range nodes {
		r, err := newRedis(opts)
		if err != nil {
			return err
		}
		r.bus = true
		r.args = append(r.args, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-node-timeout", "2000")
		if err := r.launch(ctx); err != nil {
			return err
		}
		c.Nodes = append(c.Nodes, r)
	}
	for i, r := range c.Nodes {
		first, last := i*clusterSlots/nodes, (i+1)*clusterSlots/nodes-1
		if err := r.with(func(client *redis.Client) error {
			// Nodes with the same epoch would first have to resolve the conflict.
			return errors.Join(
				client.Do(ctx, "cluster", "set-config-epoch", i+1).Err(),
				client.Do(ctx, "cluster", "addslotsrange", first, last).Err(),
				client.Do(ctx, "cluster", "meet", "127.0.0.1", c.Nodes[0].port, c.Nodes[0].busPort).Err())
		}); err != nil {
			return err
		}
	}
	return c.Await(ctx)
}

// Await waits until every node knows all others and reports that all slots are
// served.
func (c *Cluster) Await(ctx context.Context) error {
	for _, r := range c.Nodes {
		if err := r.await(ctx, func(ctx context.Context, client *redis.Client) error {
			return expect(client.ClusterInfo(ctx), "cluster_state:ok", "cluster_known_nodes:"+strconv.Itoa(len(c.Nodes)))
		}); err != nil {
			return fmt.Errorf("redis cluster: %w", err)
		}
	}
	return nil
}

// Addrs returns the host:port of each node.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.Nodes))
	for i, r := range c.Nodes {
		addrs[i] = r.Addr()
	}
	return addrs
}

// Stop stops all nodes and removes their data.
func (c *Cluster) Stop() error {
	errs := make([]error, len(c.Nodes))
	for i, r := range c.Nodes {
		errs[i] = r.Stop()
	}
	return errors.Join(errs...)
}

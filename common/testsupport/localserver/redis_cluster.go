package localserver

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// clusterSlots is how many hash slots every Redis Cluster has.
const clusterSlots = 16384

// Cluster is a Redis Cluster of masters without replicas. Its methods are not
// safe for concurrent use, Addrs apart.
type Cluster struct {
	// Nodes hold equal shares of the slots, in their order.
	Nodes []*Redis
}

// StartCluster starts nodes, at least 3, and joins them. When it returns, every
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
			// Nodes that meet under one epoch would have to settle it first.
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

// Await waits until every node knows all others and says that all slots are
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

// Addrs are the nodes' addresses.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.Nodes))
	for i, r := range c.Nodes {
		addrs[i] = r.Addr()
	}
	return addrs
}

// Stop ends all nodes and removes their data.
func (c *Cluster) Stop() error {
	errs := make([]error, len(c.Nodes))
	for i, r := range c.Nodes {
		errs[i] = r.Stop()
	}
	return errors.Join(errs...)
}

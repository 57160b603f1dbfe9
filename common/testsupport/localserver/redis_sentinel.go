package localserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/redis/go-redis/v9"
)

// SentinelMaster is the name of the master in the configuration of the Sentinel.
const SentinelMaster = "aecode"

// sentinelDownAfter is how long the master may be silent before the failover
// begins, in milliseconds. It is short so that tests are short.
const sentinelDownAfter = 500

// Sentinel is a master, its replica and one Sentinel. The Sentinel makes the
// replica the master if the master is gone. Except for Addrs, its methods are not
// safe for concurrent use.
type Sentinel struct {
	// Master and Replica are the servers in the roles that they had at the start.
	Master, Replica *Redis
	sentinel        *Redis
}

// StartSentinel starts the three servers. When it returns, the replica has the
// master's data and the Sentinel knows both. opts.Args apply to the master and the
// replica, opts.TLS to all three.
func StartSentinel(ctx context.Context, opts RedisOptions) (*Sentinel, error) {
	s := &Sentinel{}
	if err := s.start(ctx, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("start sentinel: %w", err), s.Stop())
	}
	return s, nil
}

func (s *Sentinel) start(ctx context.Context, opts RedisOptions) (err error) {
	// The master sends its data at once: it does not wait for more replicas.
	args := append([]string{"--repl-diskless-sync-delay", "0"}, opts.Args...)
	if s.Master, err = StartRedis(ctx, RedisOptions{Args: args, TLS: opts.TLS}); err != nil {
		return err
	}
	host, port, _ := strings.Cut(s.Master.Addr(), ":") // it always has both
	if s.Replica, err = StartRedis(ctx, RedisOptions{Args: append(args, "--replicaof", host, port), TLS: opts.TLS}); err != nil {
		return err
	}
	if err := s.Replica.await(ctx, func(ctx context.Context, c *redis.Client) error {
		return expect(c.Info(ctx, "replication"), "master_link_status:up")
	}); err != nil {
		return err
	}
	watch, err := newRedis(RedisOptions{TLS: opts.TLS})
	if err != nil {
		return err
	}
	// Sentinel writes what it learns to its configuration file.
	watch.config = filepath.Join(watch.dir, "sentinel.conf")
	conf := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 1\nsentinel down-after-milliseconds %[1]s %[4]d\nsentinel failover-timeout %[1]s 5000\n",
		SentinelMaster, host, port, sentinelDownAfter)
	if err := watch.runAs.writeFile(watch.config, conf); err != nil {
		return errors.Join(err, os.RemoveAll(watch.dir))
	}
	watch.args = append(watch.args, "--sentinel")
	if err := watch.launch(ctx); err != nil {
		return err
	}
	s.sentinel = watch
	return watch.await(ctx, func(ctx context.Context, c *redis.Client) error {
		known := redis.NewMapStringStringSliceCmd(ctx, "sentinel", "replicas", SentinelMaster)
		if err := c.Process(ctx, known); err != nil {
			return err
		}
		for _, replica := range known.Val() {
			if replica["master-link-status"] == "ok" {
				return nil
			}
		}
		return errors.New("the Sentinel knows no replica that has the master's data yet")
	})
}

// Addrs returns the host:port of the Sentinel.
func (s *Sentinel) Addrs() []string { return []string{s.sentinel.Addr()} }

// Stop stops all three servers and removes their data.
func (s *Sentinel) Stop() error {
	var errs []error
	for _, r := range []*Redis{s.sentinel, s.Replica, s.Master} {
		if r != nil {
			errs = append(errs, r.Stop())
		}
	}
	return errors.Join(errs...)
}

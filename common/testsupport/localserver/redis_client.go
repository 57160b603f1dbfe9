package localserver

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// with calls use with a client of this server, and closes the client.
func (r *Redis) with(use func(*redis.Client) error) error {
	opts := &redis.Options{Addr: r.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1}
	if r.tls != nil {
		conf, err := r.tls.client()
		if err != nil {
			return err
		}
		opts.TLSConfig = conf
	}
	client := redis.NewClient(opts)
	defer client.Close()
	return use(client)
}

// await calls ready with a client until it returns nil. It returns an error if the
// server ends or startTimeout is over.
func (r *Redis) await(ctx context.Context, ready func(context.Context, *redis.Client) error) error {
	return r.with(func(client *redis.Client) error {
		return r.process.await(ctx, func(ctx context.Context) error { return ready(ctx, client) })
	})
}

// expect returns an error unless the answer to an INFO contains all lines.
func expect(info *redis.StringCmd, lines ...string) error {
	text, err := info.Result()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if !strings.Contains(text, line) {
			return fmt.Errorf("its INFO does not contain %s yet", line)
		}
	}
	return nil
}

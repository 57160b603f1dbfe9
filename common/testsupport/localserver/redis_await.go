package localserver

import (
	"context"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// with lends a client of this server.
func (r *Redis) with(use func(*redis.Client) error) error {
	conf, err := r.tls.client()
	if err != nil {
		return err
	}
	client := redis.NewClient(&redis.Options{Addr: r.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1, TLSConfig: conf})
	defer client.Close()
	return use(client)
}

// await asks ready until it succeeds, the server ends or the time is over.
func (r *Redis) await(ctx context.Context, ready func(context.Context, *redis.Client) error) error {
	return r.with(func(client *redis.Client) error {
		return r.process.await(ctx, func(ctx context.Context) error { return ready(ctx, client) })
	})
}

// own writes a file that the server may read and write.
func (r *Redis) own(path, text string) error { return r.run.own(path, text) }

// expect says which of the lines an INFO lacks.
func expect(info *redis.StringCmd, lines ...string) error {
	text, err := info.Result()
	if err != nil {
		return err
	}
	for _, line := range lines {
		if !strings.Contains(text, line) {
			return fmt.Errorf("it does not say %s yet", line)
		}
	}
	return nil
}

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// patience is the limit for a container to become healthy, also on a busy machine.
const patience = 5 * time.Minute

// eventually calls cond twice a second until it gives nil. Its error names the limit
// that was exceeded, and has cond's last error.
func (s *stack) eventually(ctx context.Context, limit time.Duration, cond func(context.Context) error) error {
	ctx, cancel := s.within(ctx, limit, "waiting")
	defer cancel()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	var last error // what cond said before the limit ended its own commands
	for {
		err := cond(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), last)
		case <-tick.C:
		}
	}
}

// healthy waits until each service has this number of healthy containers.
func (s *stack) healthy(ctx context.Context, limit time.Duration, want map[string]int) error {
	return s.eventually(ctx, limit, func(ctx context.Context) error {
		all, err := s.containers(ctx)
		if err != nil {
			return err
		}
		well := map[string]int{}
		for _, c := range all {
			if c.State.Health.Status == "healthy" {
				well[c.Service]++
			}
		}
		for service, n := range want {
			if well[service] != n {
				return fmt.Errorf("%s: %d healthy, want %d", service, well[service], n)
			}
		}
		return nil
	})
}

func get(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %.300s", url, answer.Status, body)
	}
	return string(body), nil
}

// metrics gives the container's /metrics.
func (c container) metrics(ctx context.Context, port string) (string, error) {
	at, err := c.address(port)
	if err != nil {
		return "", err
	}
	return get(ctx, "http://"+at+"/metrics")
}

// value gives the value of a series in metrics; series is its name and labels as printed.
func value(metrics, series string) (string, bool) {
	for line := range strings.Lines(metrics) {
		if rest, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}

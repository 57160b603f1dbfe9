package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// query asks the project's Prometheus, and gives the values of the series.
func (s *stack) query(ctx context.Context, promql string) ([]string, error) {
	at, err := s.prometheus(ctx)
	if err != nil {
		return nil, err
	}
	body, err := get(ctx, at+"/api/v1/query?query="+url.QueryEscape(promql))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return nil, fmt.Errorf("prometheus: %w", err)
	}
	var values []string
	for _, r := range answer.Data.Result {
		values = append(values, fmt.Sprint(r.Value[1]))
	}
	return values, nil
}

func (s *stack) prometheus(ctx context.Context) (string, error) {
	all, err := s.containers(ctx, "prometheus")
	if err != nil {
		return "", err
	}
	if len(all) != 1 {
		return "", fmt.Errorf("%d containers of prometheus", len(all))
	}
	at, err := all[0].address("9090")
	return "http://" + at, err
}

// isObserved checks that Prometheus has the metrics of what has happened.
func isObserved(ctx context.Context, s *stack) (string, error) {
	// Each is PromQL that gives a series only if the fact is true.
	facts := []string{
		`count(up{job="data-sync"} == 1) == 2`,
		`count(up{job="terminology"} == 1) == 3`,
		`up{job="nightly"} == 1`,
		`max(aecode_last_run_state{state="COMPLETED"}) == 1`,
		`max(aecode_reports_pending) == 0`,
		`sum(aecode_nightly_runs_total{outcome="ok"}) >= 1`,
		`aecode_nightly_last_exit_code == 0`,
		`count(aecode_build_info{version="` + s.version + `",commit="` + s.commit + `"}) >= 5`,
		`count(aecode_certificate_expiry_timestamp_seconds{certificate="own"} > time() + 86400) >= 5`,
		`sum(aecode_tls_refused_total) > 0`,
	}
	for _, fact := range facts {
		err := s.eventually(ctx, patience, func(ctx context.Context) error {
			values, err := s.query(ctx, fact)
			if err == nil && len(values) == 0 {
				err = errors.New("not true")
			}
			return err
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", fact, err)
		}
	}
	at, err := s.prometheus(ctx)
	if err != nil {
		return "", err
	}
	rules, err := get(ctx, at+"/api/v1/rules")
	if err != nil {
		return "", err
	}
	if n := strings.Count(rules, `"health":"ok"`); n == 0 || strings.Contains(rules, `"health":"err"`) {
		return "", fmt.Errorf("%d rules of Prometheus are healthy, and not all are", n)
	}
	out, err := s.exec(ctx, 10*time.Minute, nil, "go", "run", "./deploy/dev/grafanacheck", "-prometheus", at, "-wait", s.scaled(3*time.Minute).String())
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d facts, %d rules, %d queries", len(facts), strings.Count(rules, `"health":"ok"`), strings.Count(out, "\n")), nil
}

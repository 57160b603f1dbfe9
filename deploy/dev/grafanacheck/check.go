package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Finding is what became of one question.
type Finding struct {
	OK bool
	// What was asked after: a panel's query, a metric or a rule.
	What string
	// Saw is what there is, or what is missing.
	Saw string
}

// String is one line.
func (f Finding) String() string {
	word := "ok  "
	if !f.OK {
		word = "MISS"
	}
	return fmt.Sprintf("%s  %s: %s", word, f.What, f.Saw)
}

// Await checks until all is there, patience has passed or ctx has ended, and gives
// what it found last.
func Await(ctx context.Context, s *Server, queries []Query, patience time.Duration) []Finding {
	until := time.Now().Add(patience)
	for {
		findings := Check(ctx, s, queries)
		missing := slices.ContainsFunc(findings, func(f Finding) bool { return !f.OK })
		if !missing || time.Now().Add(pollEvery).After(until) {
			return findings
		}
		select {
		case <-ctx.Done():
			return findings
		case <-time.After(pollEvery):
		}
	}
}

// Check evaluates each query once, and looks for each metric that they and the
// server's rules name.
func Check(ctx context.Context, s *Server, queries []Query) []Finding {
	var findings []Finding
	// Who names each metric.
	namedBy := map[string][]string{}
	note := func(expr, by string) {
		for _, name := range MetricNames(expr) {
			if !slices.Contains(namedBy[name], by) {
				namedBy[name] = append(namedBy[name], by)
			}
		}
	}
	for _, q := range queries {
		f := Finding{What: fmt.Sprintf("panel %s, query %s", q.Panel, q.Ref)}
		n, err := s.Series(ctx, q.Expr)
		switch {
		case err != nil:
			f.Saw = err.Error()
		case n == 0:
			f.Saw = "no data: " + q.Expr
		default:
			f.OK, f.Saw = true, fmt.Sprintf("%d series", n)
		}
		findings = append(findings, f)
		note(q.Expr, "panel "+q.Panel)
	}

	rules, err := s.Rules(ctx)
	if err != nil || len(rules) == 0 {
		return append(findings, Finding{What: "rules", Saw: fmt.Sprintf("%d, %v", len(rules), err)})
	}
	// Made by Prometheus itself, once an alert is.
	known := map[string]bool{"ALERTS": true, "ALERTS_FOR_STATE": true}
	for _, r := range rules {
		if r.Recording {
			known[r.Name] = true
		}
		f := Finding{OK: r.Fault == "", What: "rule " + r.Name, Saw: "evaluated"}
		if !f.OK {
			f.Saw = r.Fault
		}
		findings = append(findings, f)
		note(r.Expr, "rule "+r.Name)
	}
	metrics, err := s.Metrics(ctx)
	if err != nil {
		return append(findings, Finding{What: "metrics", Saw: err.Error()})
	}
	for _, name := range slices.Sorted(maps.Keys(namedBy)) {
		f := Finding{OK: known[name] || metrics[name], What: "metric " + name, Saw: "there"}
		if !f.OK {
			f.Saw = "does not exist; named by " + strings.Join(namedBy[name], ", ")
		}
		findings = append(findings, f)
	}
	return findings
}

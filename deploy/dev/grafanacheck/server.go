package main

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// askTimeout bounds one question.
const askTimeout = 30 * time.Second

// Server is a Prometheus that is asked.
type Server struct {
	api  v1.API
	http *http.Transport
}

// Rule is a rule that a Prometheus evaluates.
type Rule struct {
	// Name is the alert's, or the recorded metric's.
	Name      string
	Recording bool
	Expr      string
	// Fault is why it cannot be evaluated; empty where it can.
	Fault string
}

// Connect gives the Prometheus at address, such as http://127.0.0.1:9090. It asks
// nothing yet.
func Connect(address string) (*Server, error) {
	transport := &http.Transport{}
	client, err := api.NewClient(api.Config{Address: address, RoundTripper: transport})
	if err != nil {
		return nil, fmt.Errorf("prometheus at %s: %w", address, err)
	}
	return &Server{api: v1.NewAPI(client), http: transport}, nil
}

// Close ends its connections.
func (s *Server) Close() { s.http.CloseIdleConnections() }

// Series evaluates an expression now, and gives how many of its series have a
// number.
func (s *Server) Series(ctx context.Context, expr string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	value, _, err := s.api.Query(ctx, expr, time.Now())
	if err != nil {
		return 0, err
	}
	switch v := value.(type) {
	case model.Vector:
		n := 0
		for _, sample := range v {
			if !math.IsNaN(float64(sample.Value)) {
				n++
			}
		}
		return n, nil
	case *model.Scalar:
		return 1, nil
	}
	return 0, fmt.Errorf("it gives a %s, which no panel shows", value.Type())
}

// Metrics are the names of all metrics that have a series.
func (s *Server) Metrics(ctx context.Context) (map[string]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	values, _, err := s.api.LabelValues(ctx, model.MetricNameLabel, nil, time.Now().Add(-24*time.Hour), time.Now().Add(time.Minute))
	if err != nil {
		return nil, fmt.Errorf("list the metrics: %w", err)
	}
	names := make(map[string]bool, len(values))
	for _, name := range values {
		names[string(name)] = true
	}
	return names, nil
}

// Rules are those that it evaluates.
func (s *Server) Rules(ctx context.Context) ([]Rule, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	result, err := s.api.Rules(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the rules: %w", err)
	}
	var list []Rule
	for _, group := range result.Groups {
		for _, rule := range group.Rules {
			switch r := rule.(type) {
			case v1.AlertingRule:
				list = append(list, Rule{Name: r.Name, Expr: r.Query, Fault: fault(r.Health, r.LastError)})
			case v1.RecordingRule:
				list = append(list, Rule{Name: r.Name, Recording: true, Expr: r.Query, Fault: fault(r.Health, r.LastError)})
			}
		}
	}
	return list, nil
}

func fault(health v1.RuleHealth, why string) string {
	if health == v1.RuleHealthGood {
		return ""
	}
	if why == "" {
		return "not evaluated yet"
	}
	return why
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"
)

// Query is one query of a panel, its variables filled in.
type Query struct {
	// Panel is the panel's title.
	Panel string
	// Ref tells the queries of a panel apart: A, B, ...
	Ref  string
	Expr string
}

// dashboard is what matters here of Grafana's JSON.
type dashboard struct {
	Title  string
	UID    string
	Panels []panel
}

type panel struct {
	ID          int
	Type        string
	Title       string
	Description string
	Datasource  datasource
	GridPos     struct{ X, Y, W, H int }
	FieldConfig struct {
		Defaults struct{ Unit string }
	}
	Targets []struct {
		Datasource datasource
		RefID      string `json:"refId"`
		Expr       string
	}
	// Panels are those of a row that is collapsed.
	Panels []panel
}

type datasource struct{ Type, UID string }

// Queries reads the queries of a dashboard's file. Each variable of spans stands for
// a duration; one that is not there is an error.
func Queries(path string, spans map[string]time.Duration) ([]Query, error) {
	d, err := readDashboard(path)
	if err != nil {
		return nil, err
	}
	var list []Query
	for _, p := range d.all() {
		for _, target := range p.Targets {
			expr, err := fill(target.Expr, spans)
			if err != nil {
				return nil, fmt.Errorf("%s: panel %q: %w", path, p.Title, err)
			}
			list = append(list, Query{Panel: p.Title, Ref: target.RefID, Expr: expr})
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: it has no query", path)
	}
	return list, nil
}

func readDashboard(path string) (d dashboard, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// all gives the panels, those within rows too.
func (d dashboard) all() []panel {
	var list []panel
	var add func([]panel)
	add = func(panels []panel) {
		for _, p := range panels {
			list = append(list, p)
			add(p.Panels)
		}
	}
	add(d.Panels)
	return list
}

var variable = regexp.MustCompile(`\$(\w+|\{\w+\})`)

func fill(expr string, spans map[string]time.Duration) (string, error) {
	var unknown error
	filled := variable.ReplaceAllStringFunc(expr, func(found string) string {
		span, ok := spans[strings.Trim(found, "${}")]
		if !ok {
			unknown = fmt.Errorf("nothing stands for %s in %s", found, expr)
		}
		return fmt.Sprintf("%ds", int(span.Seconds()))
	})
	return filled, unknown
}

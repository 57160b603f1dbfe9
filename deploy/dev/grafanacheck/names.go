package main

import (
	"regexp"
	"slices"
	"strings"
)

// words are what an expression says beside metrics, functions, labels and numbers.
var words = []string{"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "offset", "bool", "atan2", "inf", "nan"}

var (
	// What can hold words that are no metrics: strings, comments, matchers, windows.
	quoted   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|` + "`[^`]*`" + `|#[^\n]*`)
	matchers = regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\]`)
	// The labels of an aggregation or of a match.
	labels = regexp.MustCompile(`(?i)\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`)
	offset = regexp.MustCompile(`(?i)\boffset\s+-?\w+`)
	// A name that no ( follows is a metric's, if it is no word.
	named  = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*\s*\(?`)
	number = regexp.MustCompile(`\b\d[\w.]*`)
)

// MetricNames gives the metrics that an expression names, each once, in the order
// of their names.
func MetricNames(expr string) []string {
	for _, skip := range []*regexp.Regexp{quoted, matchers, labels, offset, number} {
		expr = skip.ReplaceAllString(expr, " ")
	}
	var names []string
	for _, name := range named.FindAllString(expr, -1) {
		if name = strings.TrimSpace(name); strings.HasSuffix(name, "(") || slices.Contains(words, strings.ToLower(name)) {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

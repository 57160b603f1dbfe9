package main

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"aecode/terminology/internal/meddra"
)

// gold is one line of a gold file: a wording and the PTs that are right.
type gold struct {
	verbatim string
	codes    []meddra.Code // none: nothing fits
	rows     float64       // reports with this wording
}

// readGold reads lines of a verbatim, its PT codes joined by |, and optionally
// the number of rows behind it (1 if absent), tabs between. Lines that begin
// with # are comments.
func readGold(path string) ([]gold, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gold file: %w", err)
	}
	defer f.Close()
	var all []gold
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20)
	for line := 1; scanner.Scan(); line++ {
		text := strings.TrimSuffix(scanner.Text(), "\r")
		if line == 1 {
			text = strings.TrimPrefix(text, "\uFEFF")
		}
		if text == "" || text[0] == '#' {
			continue
		}
		g, err := parseGold(text)
		if err != nil {
			return nil, fmt.Errorf("gold file %s:%d: %w", path, line, err)
		}
		all = append(all, g)
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("gold file %s: %w", path, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("gold file %s has no lines", path)
	}
	return all, nil
}

func parseGold(line string) (gold, error) {
	f := strings.Split(line, "\t")
	if len(f) < 2 || len(f) > 3 {
		return gold{}, fmt.Errorf("%d fields, want verbatim, PT codes and rows with tabs between", len(f))
	}
	g := gold{verbatim: f[0], rows: 1}
	for c := range strings.SplitSeq(f[1], "|") {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		code, err := meddra.ParseCode(c)
		if err != nil {
			return gold{}, fmt.Errorf("PT code: %w", err)
		}
		if !slices.Contains(g.codes, code) {
			g.codes = append(g.codes, code)
		}
	}
	if len(f) == 3 {
		n, err := strconv.ParseFloat(strings.TrimSpace(f[2]), 64)
		if err != nil || !(n > 0) || n > 1e12 {
			return gold{}, fmt.Errorf("rows %q: want a number above 0", f[2])
		}
		g.rows = n
	}
	return g, nil
}

// right tells whether a PT is one of the right ones.
func (g gold) right(pt meddra.Code) bool { return slices.Contains(g.codes, pt) }

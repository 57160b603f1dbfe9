// Command compare holds what aecode coded in the sample reports against what a
// medical coder gave for the same verbatims.
//
// CTCAE, the demo dictionary, and MedDRA, which the coder used, name many
// concepts differently, and CTCAE has no links from a term to its preferred
// term. So each pair of names that differs has been judged by hand, in a table
// beside the reports:
//
//	verbatim <tab> coded PT <tab> expected PT <tab> same | wrong <tab> why
//
// same means the same concept on another level or in another spelling. The
// command fails when a difference has no judgement or a judgement no difference.
package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	coded := flag.String("coded", "out/ae_coded.csv", "coded reports, as `syncctl export --coded` writes them")
	expected := flag.String("expected", "deploy/demo/reports/statin_expected.tsv", "verbatim, PT name, SOC name")
	judged := flag.String("judged", "deploy/demo/reports/statin_differences.tsv", "the judged differences")
	flag.Parse()
	if err := run(os.Stdout, *coded, *expected, *judged); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// difference is one verbatim whose coded PT is not the expected one.
type difference struct{ verbatim, coded, expected string }

// tally counts reports and distinct verbatims.
type tally struct{ reports, verbatims int }

func (t *tally) add(n int) { t.reports += n; t.verbatims++ }

func run(w io.Writer, codedPath, expectedPath, judgedPath string) error {
	decided, all, err := readCoded(codedPath)
	if err != nil {
		return err
	}
	wanted, err := readTable(expectedPath, 3)
	if err != nil {
		return err
	}
	judgements, err := readJudged(judgedPath)
	if err != nil {
		return err
	}
	want := make(map[string]string, len(wanted))
	for _, row := range wanted {
		want[row[0]] = row[1]
	}
	var auto, equal, same, wrong, unknown tally
	var faults []error
	seen := map[difference]bool{}
	for _, verbatim := range sortedKeys(decided) {
		d := decided[verbatim]
		auto.add(d.reports)
		expected, ok := want[verbatim]
		diff := difference{verbatim, d.pt, expected}
		switch {
		case !ok:
			unknown.add(d.reports)
		case strings.EqualFold(d.pt, expected):
			equal.add(d.reports)
		case judgements[diff] == "same":
			same.add(d.reports)
			seen[diff] = true
		case judgements[diff] == "wrong":
			wrong.add(d.reports)
			seen[diff] = true
		default:
			faults = append(faults, fmt.Errorf("no judgement: %s\t%s\t%s", verbatim, d.pt, expected))
		}
	}
	for diff := range judgements {
		if !seen[diff] {
			faults = append(faults, fmt.Errorf("judged, but no longer a difference: %s\t%s\t%s", diff.verbatim, diff.coded, diff.expected))
		}
	}
	row := func(label string, t tally) {
		fmt.Fprintf(w, "%-44s%8d%11d\n", label, t.reports, t.verbatims)
	}
	fmt.Fprintf(w, "%-44s%8s%11s\n", "", "reports", "verbatims")
	row("all", all)
	row("coded by the machine", auto)
	row("  the coder's preferred term", equal)
	row("  same concept, other level or spelling", same)
	row("  wrong", wrong)
	row("  not among the coder's", unknown)
	return errors.Join(faults...)
}

type decision struct {
	pt      string
	reports int
}

// readCoded gives the coded PT of each distinct verbatim, and how many reports
// and verbatims there are in all.
func readCoded(path string) (map[string]decision, tally, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, tally{}, err
	}
	defer file.Close()
	r := csv.NewReader(file)
	header, err := r.Read()
	if err != nil {
		return nil, tally{}, fmt.Errorf("%s: %w", path, err)
	}
	term, pt := slices.Index(header, "AETERM"), slices.Index(header, "AEDECOD")
	if term < 0 || pt < 0 {
		return nil, tally{}, fmt.Errorf("%s: needs the columns AETERM and AEDECOD", path)
	}
	decided, verbatims := map[string]decision{}, map[string]bool{}
	var all tally
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			all.verbatims = len(verbatims)
			return decided, all, nil
		}
		if err != nil {
			return nil, all, fmt.Errorf("%s: %w", path, err)
		}
		all.reports++
		verbatims[row[term]] = true
		if row[pt] != "" {
			d := decided[row[term]]
			decided[row[term]] = decision{pt: row[pt], reports: d.reports + 1}
		}
	}
}

func readJudged(path string) (map[difference]string, error) {
	rows, err := readTable(path, 5)
	if err != nil {
		return nil, err
	}
	judgements := make(map[difference]string, len(rows))
	for i, row := range rows {
		if row[3] != "same" && row[3] != "wrong" {
			return nil, fmt.Errorf("%s:%d: the judgement must be same or wrong", path, i+2)
		}
		judgements[difference{row[0], row[1], row[2]}] = row[3]
	}
	return judgements, nil
}

// readTable reads a tab-separated file with a header line.
func readTable(path string, columns int) ([][]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var rows [][]string
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != columns {
			return nil, fmt.Errorf("%s:%d: %d columns instead of %d", path, n, len(cells), columns)
		}
		if n > 1 {
			rows = append(rows, cells)
		}
	}
	return rows, lines.Err()
}

func sortedKeys(m map[string]decision) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

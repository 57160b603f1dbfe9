// Package releasecheck shows an operator the content and the faults of a release, before
// a service serves it.
package releasecheck

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"aecode/terminology/internal/meddra"
)

// Usage is the help of the flag.
const Usage = "check the release in `DIR|ZIP`, print its content and faults, and exit; it is a version folder (en/, zh/), one language's folder or MedAscii, or a zip"

// Run validates the release in path. It prints the content and every warning to stdout,
// or every problem to stderr. It returns the exit code: 0 the release can be served, 1 it
// cannot, 2 no path was given.
func Run(path string, stdout, stderr io.Writer) int {
	if path == "" {
		fmt.Fprintln(stderr, "check-release: give the release's folder or zip")
		return 2
	}
	began := time.Now()
	v, err := meddra.CheckVersion(path)
	took := time.Since(began).Round(time.Millisecond)
	if err != nil {
		fmt.Fprintln(stderr, err)
		var faulty *meddra.ValidationError
		if errors.As(err, &faulty) {
			fmt.Fprintf(stderr, "%s: refused, %s, in %v\n", path, counted(faulty.Total, "problem"), took)
		}
		return 1
	}
	report(stdout, v)
	fmt.Fprintf(stdout, "%s: ok, in %v\n", path, took)
	return 0
}

func report(w io.Writer, v *meddra.Version) {
	fmt.Fprintf(w, "version %s\n", v.Label)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "language\tLLT\tcurrent\tPT\tHLT\tHLGT\tSOC\tpaths\tSMQ\tSMQ terms\t")
	for _, language := range v.Languages() {
		c := v.Releases[language].Counts()
		fmt.Fprintf(table, "%s\t", language)
		for _, n := range []int{c.LLT, c.CurrentLLT, c.PT, c.HLT, c.HLGT, c.SOC, c.Hierarchy, c.SMQ, c.SMQMembers} {
			fmt.Fprintf(table, "%s\t", grouped(n))
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush() // an error of stdout cannot be reported
	for _, language := range v.Languages() {
		r := v.Releases[language]
		fmt.Fprintf(w, "%s: %s\n", language, counted(r.WarningCount(), "warning"))
		for _, warning := range r.Warnings() {
			fmt.Fprintf(w, "  %s\n", warning.Error())
		}
	}
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes a number with commas between its thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

package main

import (
	"fmt"
	"strings"

	"aecode/terminology/internal/meddra"
)

// mistakesHeader names the columns of the -errors file.
const mistakesHeader = "line\tverbatim\trows\tright\trank\tfirst_three\tstatus\tmethod\treason\tscore\tmargin\n"

// mistakes lists the lines whose first PT is wrong, separated by tabs: the rank of the
// first right PT (0: none), what was offered, and the score and lead of the first PT,
// which are what a study's opt-in has thresholds for.
func mistakes(v *meddra.Version, all []judged) string {
	var b strings.Builder
	b.WriteString(mistakesHeader)
	for _, j := range all {
		if j.rank == 1 {
			continue
		}
		fmt.Fprintf(&b, "%d\t%s\t%g\t%s\t%d\t%s\t%s\t%s\t%s\t%.4f\t%.4f\n",
			j.Number, j.Verbatim, j.Rows, strings.Join(shownAll(v, j.Codes), " | "), j.rank,
			strings.Join(shownAll(v, j.pts[:min(3, len(j.pts))]), " | "),
			j.result.Status, j.result.Method, j.result.Reason, j.score(), j.margin())
	}
	return b.String()
}

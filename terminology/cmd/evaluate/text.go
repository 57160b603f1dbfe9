package main

import (
	"fmt"
	"strings"
)

// String is the report for a person.
func (r report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "release %s (%s), %d synonyms\n\n", r.Release, join(r.Languages, ", "), r.Synonyms)
	r.writeMeasures(&b)
	r.writeMethods(&b)
	fmt.Fprintf(&b, "\n%-34s %15s %15s %15s\n", "coverage", "held out", "its precision", "oracle")
	writeCoverages(&b, "", r.Coverage)
	writeCoverages(&b, "by likeness ", r.ByLikeness)
	r.writeFalse(&b)
	return b.String()
}

func (r report) writeMeasures(b *strings.Builder) {
	fmt.Fprintf(b, "%-24s %12s %12s\n", "", "distinct", "rows")
	fmt.Fprintf(b, "%-24s %12.0f %12.0f\n", "gold lines", r.Distinct.N, r.Rows.N)
	share := func(name string, of byWeight, value func(measures) float64) {
		fmt.Fprintf(b, "%-24s %10.2f %% %10.2f %%\n", name, 100*value(of.Distinct), 100*value(of.Rows))
	}
	all := byWeight{r.Distinct, r.Rows}
	ranks := func(of byWeight) {
		share("accuracy@1", of, func(m measures) float64 { return m.Accuracy1 })
		share("recall@5", of, func(m measures) float64 { return m.Recall5 })
		share("recall@20", of, func(m measures) float64 { return m.Recall20 })
	}
	ranks(all)
	share("auto-coded", all, func(m measures) float64 { return m.AutoCoded })
	share("  precision", all, func(m measures) float64 { return m.AutoPrecision })
	fmt.Fprintf(b, "\n%-24s %12.0f %12.0f\n", "answerable lines alone", r.Answerable.Distinct.N, r.Answerable.Rows.N)
	share("  of all", all, func(m measures) float64 { return m.Answerable })
	ranks(r.Answerable)
	fmt.Fprintf(b, "\n%-24s %12.0f %12.0f\n", "not answerable", r.Not.Distinct.N, r.Not.Rows.N)
	share("auto-coded, so wrongly", r.Not, func(m measures) float64 { return m.AutoCoded })
	fmt.Fprintf(b, "%-24s %12d\n", "nothing fits", r.NothingFits)
	fmt.Fprintf(b, "%-24s %12d\n", "refused as verbatims", r.Refused)
}

func (r report) writeMethods(b *strings.Builder) {
	fmt.Fprintf(b, "\n%-24s %8s %8s %10s %12s %10s %12s\n", "auto-coded by", "lines", "right", "of lines", "precision", "of rows", "precision")
	for _, m := range r.Methods {
		fmt.Fprintf(b, "%-24s %8d %8d %8.2f %% %10.2f %% %8.2f %% %10.2f %%\n",
			m.Method, m.Coded, m.Right, 100*m.Share, 100*m.Precision, 100*m.RowsShare, 100*m.RowsPrecision)
	}
}

func writeCoverages(b *strings.Builder, kind string, c coverages) {
	for i := range c.Distinct {
		for _, by := range []struct {
			name string
			coverage
		}{{"distinct", c.Distinct[i]}, {"rows", c.Rows[i]}} {
			fmt.Fprintf(b, "%-34s %13.2f %% %13.2f %% %13.2f %%  thresholds %.4f, %.4f\n",
				fmt.Sprintf("%sat %.0f %%, %s", kind, 100*by.Wanted, by.name),
				100*by.HeldOut.Coverage, 100*by.HeldOut.Precision, 100*by.Oracle.Coverage, by.HeldOut.Threshold, by.Oracle.Threshold)
		}
	}
}

func (r report) writeFalse(b *strings.Builder) {
	fmt.Fprintf(b, "\nfalse auto-codes: %d\n", len(r.False))
	for _, f := range r.False {
		right := strings.Join(f.Right, " | ")
		if right == "" {
			right = "nothing"
		}
		fmt.Fprintf(b, "  line %d: %q by %s as %s, right: %s\n", f.Line, f.Verbatim, f.Method, f.Coded, right)
	}
}

func join[T ~string](parts []T, between string) string {
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = string(p)
	}
	return strings.Join(all, between)
}

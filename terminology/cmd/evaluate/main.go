// Command evaluate measures the coder on a gold file: how often the right PT
// comes first, among five, among twenty; what is coded without a person and how
// rightly; what a threshold could add.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/synonym"
)

const usage = `usage: evaluate -release DIR -gold FILE [-synonyms FILE] [-language en|zh] [-json] [-errors FILE] [-plot FILE.png]

DIR is a version folder (en/, zh/) or one language's folder. A gold line is
verbatim TAB pt_codes joined by | TAB rows; an empty code list says that nothing
fits. Every line is in the denominator.
`

// options are the command line.
type options struct {
	release, gold, synonyms, language, errors, plot string
	json                                            bool
}

func main() {
	var o options
	flag.StringVar(&o.release, "release", "", "folder of a release")
	flag.StringVar(&o.gold, "gold", "", "gold file")
	flag.StringVar(&o.synonyms, "synonyms", "", "synonym list: past decisions")
	flag.StringVar(&o.language, "language", "", "language of all wordings; empty: detected")
	flag.BoolVar(&o.json, "json", false, "print one JSON object")
	flag.StringVar(&o.errors, "errors", "", "write the wordings whose first PT is wrong to this file")
	flag.StringVar(&o.plot, "plot", "", "write a risk-coverage plot to this PNG file")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if o.release == "" || o.gold == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "evaluate:", err)
		os.Exit(1)
	}
}

func run(o options, out io.Writer) error {
	version, err := meddra.LoadVersion(o.release)
	if err != nil {
		return fmt.Errorf("release %s: %w", o.release, err)
	}
	lines, err := readGold(o.gold)
	if err != nil {
		return err
	}
	list := synonym.Empty()
	if o.synonyms != "" {
		dictionaries := make(synonym.Dictionaries)
		for language, r := range version.Releases {
			dictionaries[language] = r
		}
		if list, err = synonym.Load(o.synonyms, dictionaries); err != nil {
			return fmt.Errorf("synonym list: %w", err)
		}
	}
	c, err := coder.New(version.Releases, list, nil, coder.Options{})
	if err != nil {
		return err
	}
	all := judge(c, lines, meddra.Language(o.language))
	r := newReport(all, version)
	if o.errors != "" {
		if err := os.WriteFile(o.errors, []byte(mistakes(all, version)), 0o600); err != nil {
			return err
		}
	}
	if o.json {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(r)
	}
	_, err = io.WriteString(out, r.String())
	return err
}

// report is everything measured.
type report struct {
	Distinct  measures      `json:"distinct"`
	Rows      measures      `json:"rows"`
	Methods   []methodTally `json:"auto_coded_by_method"`
	False     []falseCode   `json:"false_auto_codes"`
	Coverages []coverage    `json:"coverage"`
}

// falseCode is a verbatim that the machine coded wrongly.
type falseCode struct {
	Verbatim string   `json:"verbatim"`
	Method   string   `json:"method"`
	Coded    string   `json:"coded"`
	Right    []string `json:"right"`
}

func newReport(all []judged, v *meddra.Version) report {
	held := func(j judged) bool {
		return slices.ContainsFunc(j.codes, func(c meddra.Code) bool { return ptName(v, c) != "" })
	}
	r := report{
		Distinct: measure(all, func(judged) float64 { return 1 }, held),
		Rows:     measure(all, func(j judged) float64 { return j.rows }, held),
		Methods:  byMethod(all),
	}
	for _, j := range all {
		if j.coded() && !j.within(1) {
			r.False = append(r.False, falseCode{j.verbatim, string(j.result.Method), shown(v, j.result.Choice.Path.PT.Code), names(v, j.codes)})
		}
	}
	for _, p := range []float64{0.99, 0.95} {
		r.Coverages = append(r.Coverages, coverageAt(all, p))
	}
	return r
}

// String is the report for a person.
func (r report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-22s %10s %10s\n", "", "distinct", "rows")
	row := func(name string, distinct, rows float64) {
		fmt.Fprintf(&b, "%-22s %8.1f %% %8.1f %%\n", name, 100*distinct, 100*rows)
	}
	fmt.Fprintf(&b, "%-22s %10.0f %10.0f\n", "verbatims", r.Distinct.N, r.Rows.N)
	row("answerable", r.Distinct.Answerable, r.Rows.Answerable)
	row("accuracy@1", r.Distinct.Accuracy1, r.Rows.Accuracy1)
	row("recall@5", r.Distinct.Recall5, r.Rows.Recall5)
	row("recall@20", r.Distinct.Recall20, r.Rows.Recall20)
	row("auto-coded", r.Distinct.AutoCoded, r.Rows.AutoCoded)
	row("  of which right", r.Distinct.AutoPrecise, r.Rows.AutoPrecise)
	for _, m := range r.Methods {
		fmt.Fprintf(&b, "  %-20s %8.1f %%  %d of %d right, %.2f %%\n", m.Method, 100*m.Share, m.Right, m.Coded, 100*float64(m.Right)/float64(m.Coded))
	}
	for _, c := range r.Coverages {
		fmt.Fprintf(&b, "at %.0f %% precision: %.1f %% covered (held out: %.2f %% right, threshold %.4f); oracle %.1f %%\n",
			100*c.Wanted, 100*c.Held.Coverage, 100*c.Held.Precision, c.Held.Threshold, 100*c.Oracle.Coverage)
	}
	for _, f := range r.False {
		fmt.Fprintf(&b, "false: %q by %s as %s, right: %s\n", f.Verbatim, f.Method, f.Coded, strings.Join(f.Right, " | "))
	}
	return b.String()
}

// mistakes lists the wordings whose first PT is wrong: rank, verbatim, what is
// right, the first three, tabs between.
func mistakes(all []judged, v *meddra.Version) string {
	var b strings.Builder
	for _, j := range all {
		if j.rank != 1 {
			fmt.Fprintf(&b, "%d\t%s\t%s\t%s\t%s\t%.3f\n", j.rank, j.verbatim, strings.Join(names(v, j.codes), " | "),
				strings.Join(names(v, j.pts[:min(3, len(j.pts))]), " | "), j.result.Method, j.confidence())
		}
	}
	return b.String()
}

func names(v *meddra.Version, codes []meddra.Code) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = shown(v, c)
	}
	return out
}

func shown(v *meddra.Version, pt meddra.Code) string {
	if name := ptName(v, pt); name != "" {
		return pt.String() + " " + name
	}
	return pt.String()
}

func ptName(v *meddra.Version, pt meddra.Code) string {
	for _, language := range v.Languages() {
		if path, ok := v.Releases[language].PrimaryPath(pt); ok {
			return path.PT.Name
		}
	}
	return ""
}

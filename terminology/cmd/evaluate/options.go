package main

import (
	"errors"
	"flag"
	"io"
	"strings"

	"aecode/terminology/cmd/internal/command"
	"aecode/terminology/internal/meddra"
)

const usage = `evaluate -release DIR -gold FILE [-synonyms FILE] [-json] [-errors FILE] [-plot FILE.png]

Measures the coder on wordings whose right codes are known.

A gold line, in UTF-8, is

  verbatim TAB pt_codes TAB rows

with the right PT codes separated by |, or none if nothing fits, and the number of
reports with this wording, 1 if it is left out.

distinct      every gold line counts once
rows          every gold line counts as often as its rows
accuracy@1    share of lines with a right PT first
recall@5, 20  share of lines with a right PT among the first 5, 20
answerable    share of lines with a right PT that the release has
auto-coded    share of lines that are coded without a person
precision     share of those coded that is right

Every gold line is in the denominator, also those that cannot be right: nothing
fits, the release has none of the codes, or the coder refuses the verbatim. Ranks
count distinct PTs, whatever the status of the answer: first the choice, then its
rivals or the candidates.

coverage at a precision: the share of lines whose confidence reaches a threshold,
where the threshold is the lowest one with that precision. It is chosen on one half
of the lines and applied to the other half, both ways ("held out"). The oracle
chooses it on all lines, which is an upper bound. The confidence is 1 for a synonym,
else the probability that ranking gives the first PT, also if another step coded it.
Lines that a person decides whatever the score are never covered: wordings on the
do-not-autocode list, ambiguous names, and names of non-current LLTs. "by likeness"
is the same for the lines that the safe steps leave: what a study's opt-in could add.

Exit codes: 0 measured; 1 an input is faulty or a file cannot be written; 2 wrong
usage.

Flags:
`

// options are the command line.
type options struct {
	command.Input
	synonyms, study, errors, plot string

	json bool
}

// parseFlags reads the command line; help, if asked for, goes to stdout.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("evaluate", flag.ContinueOnError)
	o.Register(flags, "language", "`language` of all verbatims, en or zh (default: the release's if it has one, else detected)")
	flags.StringVar(&o.synonyms, "synonyms", "", "synonym list, a CSV `file`")
	flags.StringVar(&o.study, "study", "", "`study` whose synonyms come before the sponsor's")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	flags.StringVar(&o.errors, "errors", "", "`file` to write the lines to whose first PT is wrong")
	flags.StringVar(&o.plot, "plot", "", "PNG `file` to plot precision against coverage in")
	if err := command.Parse(flags, args, usage, stdout); err != nil {
		return o, err
	}
	if o.plot != "" && !strings.HasSuffix(strings.ToLower(o.plot), ".png") {
		return o, errors.New("-plot must name a .png file")
	}
	return o, o.Check()
}

// stated is the language that requests state: the one given, or that of a release
// with one language; empty for several, so that it is detected.
func (o options) stated(v *meddra.Version) meddra.Language {
	if languages := v.Languages(); o.Language == "" && len(languages) == 1 {
		return languages[0]
	}
	return o.Language
}

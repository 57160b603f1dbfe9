package main

import (
	"flag"
	"fmt"
	"io"
	"math"

	"aecode/terminology/cmd/internal/command"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking/training"
)

const usage = `train -release DIR -lang en|zh -gold FILE -out FILE [flags]

Fits the ranking model to the wordings of a gold file. A gold line is

  verbatim TAB pt_codes TAB rows

with the right PT codes separated by |. Every line counts once, whatever its rows.
The model also learns, with little weight, from synthetic wordings: names of the
release that the other names of their PT must find, entries of the lexicon, and
misspelt and qualified names.

It prints the cross-validated accuracy@1, recall@5 and recall@20 of ranking alone,
for all lines and for those whose exact words no name has, and then the features
that the model uses. The same input, flags and seed give the same bytes.

Exit codes: 0 trained; 1 an input is faulty or the model cannot be written; 2 wrong
usage.

Flags. The defaults of the flags for fitting are given for en and for zh:
`

// share is the share of the wordings that each tree is grown on.
const share = 0.8

// options are the command line.
type options struct {
	command.Input
	out string

	folds       int
	trees       int
	depth       int
	rate, ridge float64
	self        float64
	seed        uint64
}

// defaults are the values that the compiled models were fitted with. Chinese has a
// tenth of the lines, and so fewer and flatter trees, and smaller folds.
var defaults = map[meddra.Language]options{
	meddra.English: {folds: 4, trees: 80, depth: 4, rate: 0.15, ridge: 3, self: 0.15, seed: 1},
	meddra.Chinese: {folds: 8, trees: 60, depth: 2, rate: 0.15, ridge: 3, self: 0.02, seed: 1},
}

// parseFlags reads the command line; help, if asked for, goes to stdout.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	o.Register(flags, "lang", "`language` of the wordings and of the model, en or zh")
	flags.StringVar(&o.out, "out", "", "`file` to write the model to")
	flags.IntVar(&o.folds, "folds", 0, "`number` of folds of the cross-validation (4; 8)")
	flags.IntVar(&o.trees, "trees", 0, "`number` of trees (80; 60)")
	flags.IntVar(&o.depth, "depth", 0, "`levels` of each tree, 1 to 8 (4; 2)")
	flags.Float64Var(&o.rate, "rate", 0, "learning `rate`, above 0, at most 1 (0.15; 0.15)")
	flags.Float64Var(&o.ridge, "ridge", 0, "ridge `penalty` on the values of leaves, 0 or more (3; 3)")
	flags.Float64Var(&o.self, "self", 0, "`weight` of a synthetic wording, 0: use none (0.15; 0.02)")
	flags.Uint64Var(&o.seed, "seed", 0, "`seed` of all random draws (1; 1)")
	if err := command.Parse(flags, args, usage, stdout); err != nil {
		return o, err
	}
	o.complete(flags)
	return o, o.check()
}

// complete sets the flags that were not given to the language's defaults.
func (o *options) complete(flags *flag.FlagSet) {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	d := defaults[o.Language]
	unless(given["folds"], &o.folds, d.folds)
	unless(given["trees"], &o.trees, d.trees)
	unless(given["depth"], &o.depth, d.depth)
	unless(given["rate"], &o.rate, d.rate)
	unless(given["ridge"], &o.ridge, d.ridge)
	unless(given["self"], &o.self, d.self)
	unless(given["seed"], &o.seed, d.seed)
}

func unless[T any](given bool, value *T, d T) {
	if !given {
		*value = d
	}
}

// within reports whether a number is 0 to most; NaN is not.
func within(v, most float64) bool { return v >= 0 && v <= most }

func (o *options) check() error {
	if err := o.Check(); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		bad  bool
		want string
	}{
		{"lang", o.Language == "", "must be en or zh; -h explains"},
		{"out", o.out == "", "must name a file; -h explains"},
		{"folds", o.folds < 2, "must be 2 or more"},
		{"trees", o.trees < 1, "must be 1 or more"},
		{"depth", o.depth < 1 || o.depth > 8, "must be 1 to 8"},
		{"rate", o.rate == 0 || !within(o.rate, 1), "must be above 0, at most 1"},
		{"ridge", !within(o.ridge, math.MaxFloat64), "must be 0 or more"},
		{"self", !within(o.self, math.MaxFloat64), "must be 0 or more"},
	} {
		if f.bad {
			return fmt.Errorf("-%s %s", f.name, f.want)
		}
	}
	return nil
}

func (o *options) fitting() training.Options {
	return training.Options{Trees: o.trees, Depth: o.depth, Rate: o.rate, Ridge: o.ridge, Share: share, Seed: o.seed}
}

// foldSeed and syntheticSeed differ from the seed of the fitting, so that the draws
// are independent. For the compiled models, with seed 1, they are 7 and 3.

func (o *options) foldSeed() uint64 { return o.seed + 6 }

func (o *options) syntheticSeed() uint64 { return o.seed + 2 }

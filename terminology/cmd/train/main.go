// Command train fits the ranking model of one language to a gold file and a release.
// Package ranking compiles the model file in.
//
//	go run ./terminology/cmd/train -release DIR -lang en|zh -gold FILE -out FILE
//
// It prints the cross-validated accuracy and which features the fitted model uses. The
// same input gives the same bytes.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"aecode/terminology/cmd/internal/command"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/ranking/training"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	return command.Run("train", args, stdout, stderr, parseFlags, train)
}

// train fits the model, prints its accuracy, and writes it.
func train(o options, stdout io.Writer) error {
	version, lines, err := o.Load()
	if err != nil {
		return err
	}
	l := newLesson(version.Releases[o.Language], lines, o)
	if l.retrieved() == 0 {
		return fmt.Errorf("-gold %s: ranking finds a right PT of none of its %d lines in %s (%s): is it of another release or language?",
			o.Gold, len(lines), o.Release, o.Language)
	}
	l.describe(stdout)
	outcomes := training.Validate(l.wordings, l.synthetic, o.folds, o.fitting(), o.foldSeed())
	l.validated(stdout, outcomes)
	trees, loss := training.Fit(append(l.wordings, l.synthetic...), o.fitting())
	fitted(stdout, trees, loss)
	model, err := json.Marshal(ranking.Model{Trees: trees, Calibration: training.Calibrate(training.Cases(outcomes))})
	if err != nil {
		return fmt.Errorf("encode the model: %w", err)
	}
	if err := os.WriteFile(o.out, model, 0o644); err != nil { //nolint:gosec // part of the program
		return fmt.Errorf("-out: %w", err)
	}
	return nil
}

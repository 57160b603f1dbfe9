// Command evaluate measures the coder on a gold file: how often a right PT is first,
// among the first five and among the first twenty; what each step codes without a
// person, and with which precision; and what could be coded at a given precision.
//
//	go run ./terminology/cmd/evaluate -release DIR -gold FILE [flags]
//
// -h explains the gold file, the measures and the exit codes.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"aecode/terminology/cmd/internal/command"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	return command.Run("evaluate", args, stdout, stderr, parseFlags, evaluate)
}

// evaluate measures the coder and writes the outputs that the options name.
func evaluate(o options, stdout io.Writer) error {
	version, lines, err := o.Load()
	if err != nil {
		return err
	}
	synonyms, err := loadSynonyms(o.synonyms, version)
	if err != nil {
		return err
	}
	c, err := coder.New(version.Releases, synonyms, nil, coder.Options{})
	if err != nil {
		return err
	}
	all := judgeAll(c, version, lines, coder.Request{Language: o.stated(version), Study: o.study})
	r := newReport(version, len(synonyms.Entries()), all)
	if o.errors != "" {
		if err := os.WriteFile(o.errors, []byte(mistakes(version, all)), 0o600); err != nil { // it holds verbatims
			return fmt.Errorf("-errors: %w", err)
		}
	}
	if o.plot != "" {
		if err := writePlot(o.plot, r); err != nil {
			return fmt.Errorf("-plot: %w", err)
		}
	}
	if o.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(r)
	} else {
		_, err = io.WriteString(stdout, r.String())
	}
	if err != nil {
		return fmt.Errorf("print the measures: %w", err)
	}
	return nil
}

// loadSynonyms reads the synonym list; an empty path gives the empty list.
func loadSynonyms(path string, version *meddra.Version) (*lists.Synonyms, error) {
	if path == "" {
		return lists.NoSynonyms(), nil
	}
	list, err := lists.LoadSynonyms(path, version.Releases)
	var faults *lists.ValidationError
	if errors.As(err, &faults) {
		return nil, fmt.Errorf("-synonyms %s is refused:\n  %s", path, strings.ReplaceAll(err.Error(), "\n", "\n  "))
	}
	return list, err
}

// Command genload writes made-up adverse-event reports for load runs: a CSV file
// of SDTM AE columns whose verbatims are worded from the demo release and its
// sample synonyms. None of it is about a person.
//
// From the root of the repository:
//
//	go run ./deploy/dev/demo/genload -n 50000 -seed 1 -out load.csv
//
// The same n, seed, release and synonyms give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	n := flag.Int("n", 50_000, "number of reports")
	seed := flag.Uint64("seed", 1, "seed of everything that is drawn")
	out := flag.String("out", "", "file to write; standard output if empty")
	release := flag.String("release", filepath.FromSlash("deploy/demo/release/ctcae-5.0"), "release folder, with en/MedAscii and zh/MedAscii")
	synonyms := flag.String("synonyms", filepath.FromSlash("deploy/demo/synonyms.csv"), "synonym list")
	flag.Parse()
	if err := run(*n, *seed, *out, *release, *synonyms); err != nil {
		fmt.Fprintln(os.Stderr, "genload:", err)
		os.Exit(1)
	}
}

func run(n int, seed uint64, out, release, synonyms string) error {
	v, err := readVocabulary(release, synonyms)
	if err != nil {
		return err
	}
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return fmt.Errorf("create the load file: %w", err)
		}
		return errors.Join(generate(f, v, n, seed), f.Close())
	}
	return generate(os.Stdout, v, n, seed)
}

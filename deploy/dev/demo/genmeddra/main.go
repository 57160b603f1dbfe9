// Command genmeddra writes a composed release of the size of MedDRA 29.0, in
// English and Chinese, and verbatims to code with it, for tests and measurements.
// None of its names is from a licensed release.
//
// From the root of the repository:
//
//	go run ./deploy/dev/demo/genmeddra -out out/99.0 -queries out/queries.csv -n 20000
//
// The release's version is the name of the folder -out where that is a version, such
// as 99.0, which is what terminology expects of such a folder. -version sets another.
// The same seed, sizes and version give the same bytes.
package main

import (
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"aecode/deploy/dev/demo/fullsize"
)

type options struct {
	out, queries, version string
	n                     int
	seed                  uint64
	size                  fullsize.Size
}

func main() {
	full := fullsize.Full()
	var o options
	flag.StringVar(&o.out, "out", "", "version folder to write, as <out>/{en,zh}/MedAscii")
	flag.StringVar(&o.version, "version", "", "version of the release; default: the name of -out if that is a version, else "+fullsize.Label)
	flag.StringVar(&o.queries, "queries", "", "CSV file of verbatims to write")
	flag.IntVar(&o.n, "n", 20_000, "number of verbatims")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of everything that is drawn")
	flag.IntVar(&o.size.LLT, "llt", full.LLT, "number of LLTs")
	flag.IntVar(&o.size.PT, "pt", full.PT, "number of PTs")
	flag.IntVar(&o.size.HLT, "hlt", full.HLT, "number of HLTs")
	flag.IntVar(&o.size.HLGT, "hlgt", full.HLGT, "number of HLGTs")
	flag.IntVar(&o.size.Paths, "paths", full.Paths, "number of paths, the rows of mdhier.asc")
	flag.Parse()
	if o.out == "" && o.queries == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "genmeddra: give -out, -queries or both, see -h")
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "genmeddra:", err)
		os.Exit(1)
	}
}

// aVersion is what MedDRA calls its versions; label is what terminology accepts as
// the name of one.
var (
	aVersion = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)
	label    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)
)

// versionOf gives the version of the release to write.
func versionOf(o options) (string, error) {
	folder := filepath.Base(o.out)
	named := aVersion.MatchString(folder)
	switch {
	case o.version == "" && named:
		return folder, nil
	case o.version == "":
		return fullsize.Label, nil
	case !label.MatchString(o.version):
		return "", fmt.Errorf("-version %q: must be 1 to 64 letters, digits and ._+-, a letter or digit first", o.version)
	case named && o.version != folder:
		return "", fmt.Errorf("-version %s: terminology refuses it in a folder named %s; rename the folder or the version", o.version, folder)
	}
	return o.version, nil
}

func run(o options) error {
	version, err := versionOf(o)
	if err != nil {
		return err
	}
	r, err := fullsize.Compose(o.seed, o.size)
	if err != nil {
		return err
	}
	r.Version = version
	if o.out != "" {
		if err := r.Write(o.out); err != nil {
			return err
		}
	}
	if o.queries == "" {
		return nil
	}
	return writeQueries(o.queries, r.Queries(o.n, o.seed))
}

func writeQueries(path string, queries []fullsize.Query) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("create the file of verbatims: %w", err)
	}
	w := csv.NewWriter(f)
	// What the writer could not write it says at the end.
	_ = w.Write([]string{"verbatim", "language", "kind", "llt_code", "pt_code"})
	for _, q := range queries {
		_ = w.Write([]string{q.Verbatim, q.Language, string(q.Kind), q.LLT, q.PT})
	}
	w.Flush()
	if err := errors.Join(w.Error(), f.Close()); err != nil {
		return fmt.Errorf("write the verbatims: %w", err)
	}
	return nil
}

// Command genrelease writes the demo release: the CTCAE v5.0 terms that the US
// National Cancer Institute publishes, in the file layout of a MedDRA release,
// in English and in Chinese.
//
// From the root of the repository:
//
//	go run ./deploy/dev/demo/genrelease
//
// reads deploy/demo/source and writes deploy/demo/release. The same source gives
// the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	source := flag.String("source", filepath.FromSlash("deploy/demo/source"), "folder with ctcae_v5.0.tsv, zh_names.tsv and socs.tsv")
	out := flag.String("out", filepath.FromSlash("deploy/demo/release"), "folder that the release is written to, as <out>/"+version+"/{en,zh}/MedAscii")
	flag.Parse()
	if err := run(*source, *out); err != nil {
		fmt.Fprintln(os.Stderr, "genrelease:", err)
		os.Exit(1)
	}
}

func run(source, out string) error {
	t, err := readTable(os.DirFS(source))
	if err != nil {
		return fmt.Errorf("read the source in %s: %w", source, err)
	}
	for _, l := range languages {
		dir := filepath.Join(out, version, l.code, "MedAscii")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make the folder of the %s release: %w", l.label, err)
		}
		for name, content := range medAscii(t, l) {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
				return fmt.Errorf("write the %s release: %w", l.label, err)
			}
		}
	}
	return nil
}

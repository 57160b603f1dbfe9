package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// soon is the remaining lifetime of a certificate below which check warns.
const soon = 14 * 24 * time.Hour

// check verifies the operator's files: each is there and not empty, each certificate
// matches its key, is valid now and for its identity's name, and is signed by the CA of
// each identity that must trust it.
func check(root string, now time.Time, log io.Writer) error {
	var problems []error
	add := func(path string, err error) { problems = append(problems, fmt.Errorf("%s: %w", path, err)) }
	whole := map[string]bool{}
	for _, id := range identities {
		for _, p := range id.passwords {
			path := filepath.Join(root, id.name, p.file)
			if err := filled(path); err != nil {
				add(path, err)
			}
			if id.name == "grafana" {
				for _, name := range []string{filepath.Dir(path), path} {
					if err := readByGrafana(name); err != nil {
						add(name, err)
					}
				}
			}
		}
		if !id.certified {
			continue
		}
		path := filepath.Join(root, id.name, certFile)
		leaf, err := load(path, filepath.Join(root, id.name, keyFile))
		if err != nil {
			add(path, err)
			continue
		}
		whole[id.name] = true
		if left := leaf.NotAfter.Sub(now); left > 0 && left < soon {
			fmt.Fprintf(log, "secrets: warning: %s expires on %s\n", path, leaf.NotAfter.UTC().Format(time.DateOnly))
		}
	}
	for _, id := range identities {
		if !id.trusts {
			continue
		}
		path := filepath.Join(root, id.name, caFile)
		caPEM, err := os.ReadFile(path)
		if err != nil {
			add(path, err)
			continue
		}
		for _, other := range peers[id.name] {
			if !whole[other] {
				continue // its error is in the list already
			}
			if err := signed(filepath.Join(root, other, certFile), caPEM, other, now); err != nil {
				add(path, fmt.Errorf("is not the CA of %s: %w", other, err))
			}
		}
	}
	if len(problems) == 0 {
		fmt.Fprintln(log, "secrets: the files given are complete and match")
	}
	return errors.Join(problems...)
}

// peers lists whom each identity must trust: the servers that it calls, and its callers.
var peers = map[string][]string{
	"terminology": {"data-sync"},
	"data-sync":   {"terminology", "nightly", "operator", "postgres", "redis"},
	"nightly":     {"data-sync"},
	"operator":    {"data-sync"},
	"auditor":     {"postgres"},
}

func filled(path string) error {
	content, err := os.ReadFile(path)
	if err == nil && len(content) == 0 {
		return errors.New("is empty")
	}
	return err
}

// readByGrafana gives an error if Grafana's user 472 cannot read a file or folder.
// Grafana would start nevertheless, with the password admin.
func readByGrafana(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // its error is in the list already
	}
	owner := uint32(0)
	if at, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = at.Uid
	}
	need := fs.FileMode(0o004)
	if info.IsDir() {
		need = 0o005
	}
	if owner != 472 && info.Mode().Perm()&need != need {
		return errors.New("Grafana, user 472, cannot read it: give a folder the mode 0755 and a file 0444, or make user 472 the owner")
	}
	return nil
}

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

// soon is when a certificate's end is worth a word at the start.
const soon = 14 * 24 * time.Hour

// check looks whether the operator's files are whole: every file there, not empty,
// each certificate with its key, in force, for its identity's name, and known to
// each identity that trusts.
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
			fmt.Fprintf(log, "secrets: warning: %s ends on %s\n", path, leaf.NotAfter.UTC().Format(time.DateOnly))
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
				continue // it is named already
			}
			if err := signed(filepath.Join(root, other, certFile), caPEM, other, now); err != nil {
				add(path, fmt.Errorf("does not vouch for %s: %w", other, err))
			}
		}
	}
	if len(problems) == 0 {
		fmt.Fprintln(log, "secrets: the files given are whole")
	}
	return errors.Join(problems...)
}

// peers are whom each identity must know: the servers it calls and its callers.
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

// readByGrafana says whether Grafana's user 472 may read a file or folder. Where it
// cannot, Grafana starts all the same, with the password admin.
func readByGrafana(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // it is named already
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
		return errors.New("cannot be read by Grafana, user 472: make it 0755 if a folder and 0444 if a file, or give it to that user")
	}
	return nil
}

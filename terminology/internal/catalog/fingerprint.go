package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The maximum depth and number of files of a release's folder.
const (
	maxDepth = 4
	maxFiles = 10_000
)

// fingerprint describes files without their content. It changes whenever a file changes.
type fingerprint []file

type file struct {
	path string
	info os.FileInfo
}

// same reports whether two fingerprints are of the same files, unchanged. A file that
// replaced another one is different, even with the same size and time.
func (f fingerprint) same(g fingerprint) bool {
	return slices.EqualFunc(f, g, func(a, b file) bool {
		return a.path == b.path && a.info.Size() == b.info.Size() && a.info.ModTime().Equal(b.info.ModTime()) && os.SameFile(a.info, b.info)
	})
}

// fingerprintOf gives the fingerprint of a release's folder or zip. It follows symbolic
// links, since mounted volumes consist of them.
func fingerprintOf(path string) (fingerprint, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("look at release: %w", err)
	}
	if !info.IsDir() {
		return fingerprint{{path, info}}, nil
	}
	var found fingerprint
	err = found.add(path, maxDepth)
	return found, err
}

// fingerprintOfList gives the fingerprint of a list; an empty path means no list.
func fingerprintOfList(path string) (fingerprint, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("look at list: %w", err)
	}
	return fingerprint{{path, info}}, nil
}

func (f *fingerprint) add(dir string, depth int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look at release: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue // removed since it was listed, or a dangling link
		case err != nil:
			return fmt.Errorf("look at release: %w", err)
		case info.IsDir() && depth > 1:
			if err := f.add(path, depth-1); err != nil {
				return err
			}
		case !info.IsDir() && mayBelong(e.Name()):
			*f = append(*f, file{path, info})
		}
		if len(*f) > maxFiles {
			return fmt.Errorf("look at release: more than %d files in %s", maxFiles, dir)
		}
	}
	return nil
}

// mayBelong reports whether a file of this name may be part of a release.
func mayBelong(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".asc" || ext == ".zip"
}

// watched is a set of files that is read again when it has changed.
type watched struct {
	seen  fingerprint // at the last look
	tried fingerprint // at the last read, whether that succeeded or not
}

// look records the current fingerprint. changed reports whether the files have changed
// since they were read, and still whether they are the same as at the last look. Files
// that are still being copied are not still, and must not be read yet.
func (w *watched) look(now fingerprint) (changed, still bool) {
	changed, still = !w.tried.same(now), w.seen.same(now)
	w.seen = now
	return changed, still
}

package catalog

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds on what of a release's folder is looked at.
const (
	maxDepth = 4
	maxFiles = 10_000
)

// fingerprint is what can be told of files without reading them: whoever changes
// one changes its fingerprint.
type fingerprint []file

type file struct {
	path string
	info os.FileInfo
}

// same tells whether two fingerprints are of the same files, unchanged. A file
// that took another's place is another, however old and long it is.
func (f fingerprint) same(g fingerprint) bool {
	return slices.EqualFunc(f, g, func(a, b file) bool {
		return a.path == b.path && a.info.Size() == b.info.Size() && a.info.ModTime().Equal(b.info.ModTime()) && os.SameFile(a.info, b.info)
	})
}

// fingerprintOf looks at a release's folder or zip. Links are followed: mounted
// volumes are made of them.
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

// fingerprintOfList looks at a list; an empty path stands for no list.
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
			continue // gone meanwhile, or a link to nowhere
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

// mayBelong tells whether a file of this name may be part of a release.
func mayBelong(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".asc" || ext == ".zip"
}

// watched is something on disk that is read again when it has changed.
type watched struct {
	seen  fingerprint // at the last look
	tried fingerprint // when it was read last, well or not
}

// look notes what is there now. What has changed since it was read is read again
// once it has stood still between two looks: what is still being copied has not.
func (w *watched) look(now fingerprint) (changed, still bool) {
	changed, still = !w.tried.same(now), w.seen.same(now)
	w.seen = now
	return changed, still
}

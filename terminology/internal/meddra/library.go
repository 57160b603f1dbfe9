package meddra

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Places lists the versions of a library by name: its folders and zips. Other
// files, and names that begin with a dot, are ignored. A library without one is
// an error that is [os.ErrNotExist].
func Places(library string) ([]string, error) {
	entries, err := os.ReadDir(library)
	if err != nil {
		return nil, fmt.Errorf("read MedDRA library: %w", err)
	}
	var places []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && (isFolder(library, e) || isArchive(e.Name())) {
			places = append(places, filepath.Join(library, e.Name()))
		}
	}
	if len(places) == 0 {
		return nil, fmt.Errorf("no MedDRA version folder or zip in %s: %w", library, os.ErrNotExist)
	}
	return places, nil
}

// LoadLibrary loads every version in dir, see [Places], the newest first in the
// order of [CompareLabels].
//
// A faulty version does not keep out the others: LoadLibrary returns all that are
// good together with an error that joins those of the rest, so the caller must
// look at both. A second one with a label that an earlier one, by name, has
// already is such a fault.
func LoadLibrary(dir string) ([]*Version, error) {
	places, err := Places(dir)
	if err != nil {
		return nil, err
	}
	var (
		versions []*Version
		errs     []error
		folder   = make(map[string]string) // by label
	)
	for _, path := range places {
		v, err := LoadVersion(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other, ok := folder[v.Label]; ok {
			errs = append(errs, fmt.Errorf("MedDRA release in %s: version %s is already in %s: remove one, or put two languages of one version into one folder", path, v.Label, other))
			continue
		}
		folder[v.Label] = path
		versions = append(versions, v)
	}
	slices.SortFunc(versions, func(a, b *Version) int { return CompareLabels(b.Label, a.Label) })
	return versions, errors.Join(errs...)
}

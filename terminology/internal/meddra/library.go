package meddra

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Places lists the paths of the versions in a library, its folders and zips, by name. It
// ignores other files and names that begin with a dot. A library without a version is an
// error that wraps [os.ErrNotExist].
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

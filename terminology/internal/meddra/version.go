package meddra

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Version is one release in all the languages that stand in its folder. The
// languages have the same label, codes and hierarchy. It is immutable.
type Version struct {
	Label    string
	Releases map[Language]*Release
}

// Languages returns the languages of the version, in a fixed order.
func (v *Version) Languages() []Language {
	return slices.DeleteFunc(Languages(), func(l Language) bool { return v.Releases[l] == nil })
}

// LoadVersion reads and validates the release in dir, which is one of
//
//   - a version folder that holds en, zh or both, each of them a language folder;
//   - a language folder: it holds MedAscii, or the .asc files themselves;
//   - a MedAscii folder.
//
// The last two are a version of one language. Several languages must agree in
// label, codes and hierarchy. The label in meddra_release.asc decides; a folder
// whose name looks like a version, such as 29.0, must have that label.
//
// Files in errors and warnings are named from dir on. The error is a
// [*ValidationError] for a faulty release, and any other error when dir holds
// none or could not be read.
func LoadVersion(dir string) (*Version, error) {
	folders, err := languageFolders(dir)
	if err != nil {
		return nil, err
	}
	var (
		problems problemList
		loaded   []*loader
	)
	for _, f := range folders {
		l := &loader{fsys: os.DirFS(filepath.Join(dir, f.path)), prefix: f.prefix()}
		if _, err := l.load(f.want); err != nil {
			return nil, fmt.Errorf("load MedDRA release in %s: %w", dir, err)
		}
		if l.problems.total == 0 {
			checkFolderName(l, dir)
		}
		problems.merge(&l.problems)
		loaded = append(loaded, l)
	}
	if problems.total == 0 && len(loaded) > 1 {
		for _, other := range loaded[1:] {
			compareLanguages(&problems, loaded[0], other)
		}
	}
	if err := problems.err(dir); err != nil {
		return nil, err
	}
	v := &Version{Label: loaded[0].r.version, Releases: make(map[Language]*Release)}
	for _, l := range loaded {
		v.Releases[l.r.language] = l.r
	}
	return v, nil
}

var versionName = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)

// checkFolderName refuses a folder named like another version than it holds.
func checkFolderName(l *loader, dir string) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return // only where the working directory is gone
	}
	if name := filepath.Base(abs); versionName.MatchString(name) && name != l.r.version {
		l.problemf(releaseFile, 1, "version is %s, but its folder is named %s", l.r.version, name)
	}
}

// languageFolder is where the .asc files of one language are, from the version
// folder on.
type languageFolder struct {
	path string
	want Language // empty: whatever the release says
}

func (f languageFolder) prefix() string {
	if f.path == "." {
		return ""
	}
	return filepath.ToSlash(f.path) + "/"
}

// languageFolders finds the folders with .asc files in dir, see LoadVersion.
func languageFolders(dir string) ([]languageFolder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find MedDRA release in %s: %w", dir, err)
	}
	want, _ := ParseLanguage(filepath.Base(abs))
	path, subfolders, err := ascFolder(dir)
	if err != nil {
		return nil, err
	}
	byLanguage := make(map[Language]string)
	for _, name := range subfolders {
		l, err := ParseLanguage(name)
		if err != nil {
			continue // SeqAscii, documentation, languages not served
		}
		if other, ok := byLanguage[l]; ok {
			return nil, fmt.Errorf("MedDRA release in %s: folders %s and %s are both %s: remove one", dir, other, name, l)
		}
		byLanguage[l] = name
	}
	switch {
	case path != "" && len(byLanguage) > 0:
		return nil, fmt.Errorf("MedDRA release in %s: both release files and language folders: keep one", dir)
	case path != "":
		return []languageFolder{{path: path, want: want}}, nil
	case len(byLanguage) == 0:
		return nil, fmt.Errorf("no MedDRA release in %s: want en/MedAscii or zh/MedAscii, MedAscii or .asc files: %w", dir, os.ErrNotExist)
	}
	var folders []languageFolder
	for _, l := range Languages() {
		name, ok := byLanguage[l]
		if !ok {
			continue
		}
		sub := filepath.Join(dir, name)
		path, _, err := ascFolder(sub)
		if err != nil {
			return nil, err
		}
		if path == "" {
			return nil, fmt.Errorf("no MedDRA release in %s: want MedAscii or .asc files: %w", sub, os.ErrNotExist)
		}
		folders = append(folders, languageFolder{path: filepath.Join(name, path), want: l})
	}
	return folders, nil
}

// ascFolder finds the .asc files of one language: in dir itself (".") or in its
// MedAscii folder, in any case; empty for neither. It also names dir's folders.
func ascFolder(dir string) (path string, subfolders []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", nil, fmt.Errorf("find MedDRA release: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		found := ""
		switch folder := isFolder(dir, e); {
		case folder && strings.EqualFold(name, "MedAscii"):
			found = name
		case folder:
			subfolders = append(subfolders, name)
		case slices.Contains(requiredFiles, strings.ToLower(name)):
			found = "."
		}
		if found != "" && path != "" && found != path {
			return "", nil, fmt.Errorf("MedDRA release in %s: .asc files or MedAscii folder are here twice: keep one", dir)
		}
		if found != "" {
			path = found
		}
	}
	return path, subfolders, nil
}

// isFolder follows links: mounted volumes are made of them.
func isFolder(dir string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(filepath.Join(dir, e.Name()))
	return err == nil && info.IsDir()
}

// LoadLibrary loads every version folder in dir, the newest first in the order of
// [CompareLabels]. Plain files and folders whose name begins with a dot are
// ignored.
//
// A faulty version does not keep out the others: LoadLibrary returns all that are
// good together with an error that joins those of the rest, so the caller must
// look at both. A second folder with a label that an earlier folder, by name, has
// already is such a fault. A library without a version folder is an error that is
// [os.ErrNotExist].
func LoadLibrary(dir string) ([]*Version, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read MedDRA library: %w", err)
	}
	var (
		versions []*Version
		errs     []error
		folder   = make(map[string]string) // by label
	)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || !isFolder(dir, e) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		v, err := LoadVersion(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if other, ok := folder[v.Label]; ok {
			errs = append(errs, fmt.Errorf("MedDRA release in %s: version %s is already in %s: remove one", path, v.Label, other))
			continue
		}
		folder[v.Label] = path
		versions = append(versions, v)
	}
	if len(versions) == 0 && len(errs) == 0 {
		return nil, fmt.Errorf("no MedDRA version folder in %s: %w", dir, os.ErrNotExist)
	}
	slices.SortFunc(versions, func(a, b *Version) int { return CompareLabels(b.Label, a.Label) })
	return versions, errors.Join(errs...)
}

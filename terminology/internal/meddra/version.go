package meddra

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
)

// Version is one release in all the languages of its folder or zip. The languages have
// the same label, codes and hierarchy. It is immutable.
type Version struct {
	Label    string
	Releases map[Language]*Release
}

// Languages returns the languages of the version, in a fixed order.
func (v *Version) Languages() []Language {
	return slices.DeleteFunc(Languages(), func(l Language) bool { return v.Releases[l] == nil })
}

// LoadVersion reads and validates the release in path, which is one of
//
//   - a version folder that holds en, zh or both, each of them a language's
//     folder or zip;
//   - a language's folder: it holds MedAscii, or the .asc files themselves;
//   - a MedAscii folder;
//   - a zip of any of these, in any folder of the zip.
//
// Text is UTF-8, with or without a byte order mark, and in a Chinese release also
// GB18030. Lines end with `$` and LF or CRLF; the last one may lack these.
//
// The second and third are a version of one language. Several languages must
// agree in label, codes and hierarchy. The label in meddra_release.asc decides; a
// folder or zip whose name looks like a version, such as 29.0, must have that
// label.
//
// Files in errors and warnings are named from path on. The error is a
// [*ValidationError] for a faulty release, and any other error when path holds
// none or could not be read.
func LoadVersion(path string) (*Version, error) { return loadVersion(path, listed) }

// CheckVersion is [LoadVersion] for a person who repairs a release: its error and the
// warnings of its releases list all findings, not only the first.
func CheckVersion(path string) (*Version, error) { return loadVersion(path, listedToCheck) }

func loadVersion(path string, list bounds) (*Version, error) {
	found, err := findSources(path)
	if err != nil {
		return nil, err
	}
	defer found.close()
	var (
		problems = problemList{bounds: list}
		loaded   []*loader
	)
	for _, s := range found.list {
		l := newLoader(s.fsys, s.prefix(), list)
		if err := l.load(s.want); err != nil {
			return nil, fmt.Errorf("load MedDRA release in %s: %w", path, err)
		}
		if l.problems.total == 0 {
			checkName(l, path)
		}
		problems.merge(&l.problems)
		loaded = append(loaded, l)
	}
	if problems.total == 0 && len(loaded) > 1 {
		for _, other := range loaded[1:] {
			compareLanguages(&problems, loaded[0], other)
		}
	}
	if err := problems.err(path); err != nil {
		return nil, err
	}
	v := &Version{Label: loaded[0].r.version, Releases: make(map[Language]*Release)}
	for _, l := range loaded {
		v.Releases[l.r.language] = l.r
	}
	return v, nil
}

var versionName = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)

// checkName refuses a folder or zip whose name is another version than it holds.
func checkName(l *loader, path string) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return // only where the working directory is gone
	}
	base := filepath.Base(abs)
	name, kind := base, "folder"
	if isArchive(base) {
		name, kind = base[:len(base)-len(archiveExt)], "zip"
	}
	if versionName.MatchString(name) && name != l.r.version {
		l.problemf(releaseFile, 1, "version is %s, but its %s is named %s", l.r.version, kind, base)
	}
}

package meddra

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is the place of the .asc files of one language.
type source struct {
	fsys fs.FS
	path string   // relative to the release; empty for the release itself
	want Language // the language it must have; empty: any
}

func (s source) prefix() string {
	if s.path == "" || s.path == "." {
		return ""
	}
	return filepath.ToSlash(s.path) + "/"
}

// sources are the languages of one release, with the archives that must stay
// open while they are read.
type sources struct {
	name string // the release's folder or zip
	list []source
	// skipped are sources in languages that are not supported.
	skipped []source
	open    []*archive
}

func (s *sources) close() {
	for _, a := range s.open {
		a.close()
	}
}

// findSources finds the languages of the release in a folder or zip, see [LoadVersion].
// The caller must close them.
func findSources(name string) (*sources, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("find MedDRA release: %w", err)
	}
	s := &sources{name: name}
	if info.IsDir() {
		err = s.addFolder()
	} else {
		err = s.addArchive("")
	}
	if len(s.list) == 0 {
		s.list = s.skipped // loading them refuses them with the reason
	}
	if err == nil {
		err = s.sort()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// addArchive adds the languages of a zip: of the release itself (base is empty), or of
// the zip base in the release's folder. A zip in the folder without a release is ignored.
func (s *sources) addArchive(base string) error {
	full := s.name
	if base != "" {
		full = filepath.Join(s.name, base)
	}
	a, err := openArchive(full)
	if err != nil {
		return err
	}
	s.open = append(s.open, a)
	if len(a.folders) == 0 && base == "" {
		return fmt.Errorf("no MedDRA release in %s: want a MedAscii folder with .asc files: %w", full, os.ErrNotExist)
	}
	for _, folder := range a.folders {
		if folder.encrypted() {
			return fmt.Errorf("MedDRA release in %s: the archive is encrypted: unpack it with its release's password and put the folder in its place", full)
		}
		found := source{fsys: folder, path: strings.Trim(base+"/"+folder.shown(), "/"), want: languageOf(base)}
		if found.want == "" {
			stated, served, err := statedLanguage(folder)
			if err != nil {
				return fmt.Errorf("MedDRA release in %s: %w", full, err)
			}
			if !served {
				s.skipped = append(s.skipped, found)
				continue
			}
			found.want = stated
		}
		s.list = append(s.list, found)
	}
	return nil
}

// statedLanguage returns the language that meddra_release.asc states, and whether it is
// supported. If the language cannot be read, loading the release reports why.
func statedLanguage(fsys fs.FS) (language Language, served bool, err error) {
	l := newLoader(fsys, "", listed)
	if err := errors.Join(l.list(), l.readRelease("")); err != nil {
		return "", false, err
	}
	return l.r.language, l.r.language != "" || l.stated == "", nil
}

// addFolder adds the languages of a folder.
func (s *sources) addFolder() error {
	abs, err := filepath.Abs(s.name)
	if err != nil {
		return fmt.Errorf("find MedDRA release in %s: %w", s.name, err)
	}
	found, err := lookInto(s.name)
	if err != nil {
		return err
	}
	if found.asc != "" {
		s.add(found.asc, languageOf(filepath.Base(abs)))
	}
	for _, name := range found.folders {
		want := languageOf(name)
		if want == "" {
			continue // SeqAscii, documentation, languages not served
		}
		below, err := lookInto(filepath.Join(s.name, name))
		if err != nil {
			return err
		}
		switch {
		case found.asc != "":
			return fmt.Errorf("MedDRA release in %s: both release files and language folders: keep one", s.name)
		case below.asc != "":
			s.add(filepath.Join(name, below.asc), want)
		case len(below.archives) == 0:
			return fmt.Errorf("no MedDRA release in %s: want MedAscii, .asc files or a zip: %w", filepath.Join(s.name, name), os.ErrNotExist)
		}
		for _, zip := range below.archives {
			if err := s.addArchive(filepath.Join(name, zip)); err != nil {
				return err
			}
		}
	}
	for _, name := range found.archives {
		before := len(s.list)
		if err := s.addArchive(name); err != nil {
			return err
		}
		if found.asc != "" && len(s.list) > before {
			return fmt.Errorf("MedDRA release in %s: both release files and the zip %s: keep one", s.name, name)
		}
	}
	if len(s.list)+len(s.skipped) == 0 {
		return fmt.Errorf("no MedDRA release in %s: want en/MedAscii or zh/MedAscii, MedAscii, .asc files or a zip: %w", s.name, os.ErrNotExist)
	}
	return nil
}

func (s *sources) add(path string, want Language) {
	s.list = append(s.list, source{fsys: os.DirFS(filepath.Join(s.name, path)), path: path, want: want})
}

// sort puts the languages in their fixed order. A language that is present twice is an
// error.
func (s *sources) sort() error {
	for i, a := range s.list {
		for _, b := range s.list[:i] {
			if a.want != "" && a.want == b.want {
				return fmt.Errorf("MedDRA release in %s: %s and %s are both %s: remove one", s.name, top(b.path), top(a.path), a.want)
			}
		}
	}
	slices.SortStableFunc(s.list, func(a, b source) int {
		return slices.Index(Languages(), a.want) - slices.Index(Languages(), b.want)
	})
	return nil
}

// top is the folder or zip that a person should remove.
func top(path string) string {
	first, rest, _ := strings.Cut(filepath.ToSlash(path), "/")
	if strings.EqualFold(filepath.Ext(first), archiveExt) || strings.EqualFold(rest, "MedAscii") || rest == "." || rest == "" {
		return first
	}
	return path
}

// languageOf is the language in the name of a folder or zip: "zh", "English", or a
// vendor's "MedDRA_29_0_Chinese.zip"; empty for none.
func languageOf(name string) Language {
	name = filepath.Base(name)
	if strings.EqualFold(filepath.Ext(name), archiveExt) {
		name = name[:len(name)-len(archiveExt)]
	}
	if l, err := ParseLanguage(name); err == nil {
		return l
	}
	if i := strings.LastIndexAny(name, "_- "); i > 0 && strings.HasPrefix(strings.ToLower(name), "meddra") {
		if l, err := ParseLanguage(name[i+1:]); err == nil {
			return l
		}
	}
	return ""
}

const archiveExt = ".zip"

// folderContent is the content of a folder that may be part of a release.
type folderContent struct {
	asc      string   // where .asc files are: "." or the MedAscii folder, empty for neither
	folders  []string // other folders than MedAscii
	archives []string
}

// lookInto finds the .asc files of one language in dir, in any letter case, and the
// folders and zips that may hold some.
func lookInto(dir string) (folderContent, error) {
	var found folderContent
	entries, err := os.ReadDir(dir)
	if err != nil {
		return found, fmt.Errorf("find MedDRA release: %w", err)
	}
	for _, e := range entries {
		name := e.Name()
		asc := ""
		switch folder := isFolder(dir, e); {
		case folder && strings.EqualFold(name, "MedAscii"):
			asc = name
		case folder:
			found.folders = append(found.folders, name)
		case slices.Contains(requiredFiles, strings.ToLower(name)):
			asc = "."
		case isArchive(name):
			found.archives = append(found.archives, name)
		}
		if asc != "" && found.asc != "" && asc != found.asc {
			return found, fmt.Errorf("MedDRA release in %s: .asc files or MedAscii folder are present twice: keep one", dir)
		}
		if asc != "" {
			found.asc = asc
		}
	}
	return found, nil
}

func isArchive(name string) bool {
	return strings.EqualFold(filepath.Ext(name), archiveExt) && !strings.HasPrefix(name, ".")
}

// isFolder reports whether an entry is a folder. It follows symbolic links, since mounted
// volumes consist of them.
func isFolder(dir string, e os.DirEntry) bool {
	if e.Type()&os.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(filepath.Join(dir, e.Name()))
	return err == nil && info.IsDir()
}

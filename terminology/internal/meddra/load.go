package meddra

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// maxFile is the maximum size of a file in bytes, about eight times that of the largest
// file of release 29.0. The size that the file system states is only a hint.
const maxFile = 64 << 20

// The files of a release, in lower case. Old releases write them in mixed case.
const (
	releaseFile    = "meddra_release.asc"
	lltFile        = "llt.asc"
	ptFile         = "pt.asc"
	hltFile        = "hlt.asc"
	hlgtFile       = "hlgt.asc"
	socFile        = "soc.asc"
	hltPTFile      = "hlt_pt.asc"
	hlgtHLTFile    = "hlgt_hlt.asc"
	socHLGTFile    = "soc_hlgt.asc"
	hierarchyFile  = "mdhier.asc"
	intlOrdFile    = "intl_ord.asc"
	smqListFile    = "smq_list.asc"
	smqContentFile = "smq_content.asc"
)

var (
	requiredFiles = []string{
		releaseFile, lltFile, ptFile, hltFile, hlgtFile, socFile,
		hltPTFile, hlgtHLTFile, socHLGTFile, hierarchyFile,
	}
	optionalFiles = []string{intlOrdFile, smqListFile, smqContentFile}
)

// isReleaseFile reports whether a file name, in any letter case, is one of a release.
func isReleaseFile(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(requiredFiles, name) || slices.Contains(optionalFiles, name)
}

// loader reads and validates one release in one language from fsys, a MedAscii
// folder. Other files in it are ignored, and so is the case of file names.
//
// When a single line of a file cannot be read, rules between files are not
// checked: they would only blame the wrong line.
type loader struct {
	fsys   fs.FS
	prefix string            // put before file names in problems
	names  map[string]string // lower-case name -> name in fsys
	stated string            // the language as meddra_release.asc writes it

	problems, warnings problemList

	buf      bytes.Buffer      // one file at a time
	interned map[string]string // LLT and PT names are mostly the same
	r        *Release
	ptSOC    []Code // primary SOC by pt.asc, parallel to r.pts

	hltPT, hlgtHLT, socHLGT links
}

func newLoader(fsys fs.FS, prefix string, list bounds) *loader {
	return &loader{
		fsys: fsys, prefix: prefix, r: &Release{}, interned: make(map[string]string),
		problems: problemList{bounds: list}, warnings: problemList{bounds: list},
	}
}

// load reads the release into l.r, which is valid if l.problems stays empty. With want
// set, a release in another language is a problem; with want empty the language is the
// one that meddra_release.asc states. The error is for what could not be read at all.
func (l *loader) load(want Language) error {
	if err := l.list(); err != nil {
		return err
	}
	if err := l.readRelease(want); err != nil {
		return err
	}
	for _, read := range []func() error{
		l.readSOCs, l.readHLGTs, l.readHLTs, l.readPTs, l.readLLTs, l.readLinks,
	} {
		if err := read(); err != nil {
			return err
		}
	}
	cross := l.problems.total == 0
	if cross {
		l.checkTerms()
	}
	if err := l.readHierarchy(cross); err != nil {
		return err
	}
	if cross {
		l.checkLinks()
	}
	if l.problems.total > 0 {
		return nil
	}
	l.warnOfSharedCodes()
	l.warnOfUnused()
	if err := l.readOptional(); err != nil {
		return err
	}
	l.r.groupLLTs()
	l.r.warnings, l.r.warningCount = l.warnings.sorted(), l.warnings.total
	return nil
}

// list finds the files of the release. It ignores the letter case of their names.
func (l *loader) list() error {
	entries, err := fs.ReadDir(l.fsys, ".")
	if err != nil {
		return fmt.Errorf("list release folder: %w", err)
	}
	l.names = make(map[string]string)
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if e.IsDir() || !isReleaseFile(name) {
			continue
		}
		if other, ok := l.names[name]; ok {
			l.problems.addf(l.prefix+e.Name(), 0, "is present twice, also as %s: remove one", other)
			continue
		}
		l.names[name] = e.Name()
	}
	for _, name := range requiredFiles {
		if _, ok := l.names[name]; !ok {
			l.problems.addf(l.prefix+name, 0, "file is missing")
		}
	}
	return nil
}

// show is a file's name as problems give it.
func (l *loader) show(file string) string {
	if name, ok := l.names[file]; ok {
		return l.prefix + name
	}
	return l.prefix + file
}

func (l *loader) problemf(file string, line int, format string, args ...any) {
	l.problems.addf(l.show(file), line, format, args...)
}

func (l *loader) warnf(file string, line int, format string, args ...any) {
	l.warnings.addf(l.show(file), line, format, args...)
}

// rows reads a file and calls row for each whole line. A missing file has no
// rows.
func (l *loader) rows(r lineReader, row func(line int, f [][]byte)) error {
	name, ok := l.names[r.file]
	if !ok {
		return nil
	}
	r.file = l.prefix + name
	if r.sink == nil {
		r.sink = &l.problems
	}
	// This is checked before opening, since opening a named pipe waits for its writer.
	info, err := fs.Stat(l.fsys, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", r.file, err)
	}
	if !info.Mode().IsRegular() {
		r.sink.addf(r.file, 0, "is not a regular file")
		return nil
	}
	f, err := l.fsys.Open(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", r.file, err)
	}
	l.buf.Reset()
	l.buf.Grow(int(min(max(info.Size(), 0), maxFile)) + bytes.MinRead)
	_, err = l.buf.ReadFrom(io.LimitReader(f, maxFile+1))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", r.file, err)
	}
	if l.buf.Len() > maxFile {
		r.sink.addf(r.file, 0, "file is larger than %d MiB", maxFile>>20)
		return nil
	}
	r.read(l.buf.Bytes(), row)
	return nil
}

// intern returns b as a string, the same one for equal names.
func (l *loader) intern(b []byte) string {
	if s, ok := l.interned[string(b)]; ok {
		return s
	}
	s := string(b)
	l.interned[s] = s
	return s
}

package meddra

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Limits for a vendor's zip. One language of release 29.0 has about 25 MiB in its .asc
// files, some dozens of other files, and compresses to a tenth. The sizes that an
// archive states are only hints: the unpacked bytes are counted.
const (
	maxArchiveEntries   = 10_000
	maxArchiveDirectory = 4 << 20   // bytes read to list the entries
	maxArchiveBytes     = 512 << 20 // of .asc files, unpacked, in one archive
	maxArchiveRatio     = 200       // unpacked to packed, of one file
	ratioFrom           = 1 << 20   // smaller files may have any ratio
	maxArchiveName      = 512
)

// The flag of an encrypted entry, and the method of AES encryption, which some programs
// write without the flag.
const (
	flagEncrypted = 0x1
	methodAES     = 99
)

// archive is an open zip. Nothing of it is ever unpacked to disk.
type archive struct {
	from    io.ReaderAt
	size    int64
	folders []*archiveFolder // those with release files, by path
	left    int64            // bytes that may still be unpacked
}

// openArchive opens a zip and finds every folder in it that holds release files.
func openArchive(name string) (*archive, error) {
	// This is checked before opening, since opening a named pipe waits for its writer.
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("find MedDRA release: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("MedDRA release in %s: neither a folder nor a zip archive", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open MedDRA release: %w", err)
	}
	a, err := newArchive(f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("MedDRA release in %s: %w", name, err), f.Close())
	}
	return a, nil
}

func newArchive(from io.ReaderAt, size int64) (*archive, error) {
	a := &archive{from: from, size: size, left: maxArchiveBytes}
	return a, a.list()
}

func (a *archive) close() {
	if f, ok := a.from.(io.Closer); ok {
		_ = f.Close() // it was only read
	}
}

// errDirectory says that an archive's list of entries is out of bounds.
var errDirectory = fmt.Errorf("refused: its list of entries is larger than %d MiB, as in a zip bomb", maxArchiveDirectory>>20)

func (a *archive) list() error {
	metered := &meteredReader{from: a.from, left: maxArchiveDirectory}
	r, err := zip.NewReader(metered, a.size)
	switch {
	case metered.left < 0:
		return errDirectory
	case err != nil:
		return fmt.Errorf("is not a whole zip archive (still being copied?): %w", err)
	case len(r.File) > maxArchiveEntries:
		return fmt.Errorf("refused: %d entries, at most %d are read, as in a zip bomb", len(r.File), maxArchiveEntries)
	}
	metered.unlimited = true // from here on entries are read, which have their own limits
	byPath := make(map[string]*archiveFolder)
	for _, e := range r.File {
		// Old programs write a backslash.
		name := path.Clean(strings.ReplaceAll(e.Name, `\`, "/"))
		if len(name) > maxArchiveName || e.Mode().IsDir() || !isReleaseFile(path.Base(name)) {
			continue
		}
		dir := path.Dir(name)
		if byPath[dir] == nil {
			byPath[dir] = &archiveFolder{archive: a, path: dir}
			a.folders = append(a.folders, byPath[dir])
		}
		byPath[dir].files = append(byPath[dir].files, e)
	}
	slices.SortFunc(a.folders, func(x, y *archiveFolder) int { return strings.Compare(x.path, y.path) })
	return nil
}

// meteredReader fails after a number of bytes, unless it is unlimited. It limits the list
// of entries by the bytes that are read, whatever the archive states.
type meteredReader struct {
	from      io.ReaderAt
	left      int64
	unlimited bool
}

func (m *meteredReader) ReadAt(p []byte, off int64) (int, error) {
	if !m.unlimited {
		if m.left -= int64(len(p)); m.left < 0 {
			return 0, errDirectory
		}
	}
	return m.from.ReadAt(p, off)
}

// archiveFolder is a folder with release files in a zip, as a file system of
// these files alone.
type archiveFolder struct {
	archive *archive
	path    string // "." for the archive itself
	files   []*zip.File
}

// shown is the folder's path as it may appear in a message. The names in an archive are
// not trusted: characters that are not printable are replaced.
func (d *archiveFolder) shown() string {
	if d.path == "." {
		return ""
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, d.path)
}

// encrypted reports whether a file can be read only with a password.
func (d *archiveFolder) encrypted() bool {
	return slices.ContainsFunc(d.files, func(f *zip.File) bool { return f.Flags&flagEncrypted != 0 || f.Method == methodAES })
}

// ReadDir lists the release files. A name appears as often as the archive has it.
func (d *archiveFolder) ReadDir(string) ([]fs.DirEntry, error) {
	entries := make([]fs.DirEntry, len(d.files))
	for i, f := range d.files {
		entries[i] = fs.FileInfoToDirEntry(archiveInfo{f, d.archive.size})
	}
	return entries, nil
}

// Stat describes a file by its base name.
func (d *archiveFolder) Stat(name string) (fs.FileInfo, error) {
	f, err := d.find("stat", name)
	if err != nil {
		return nil, err
	}
	return archiveInfo{f, d.archive.size}, nil
}

// Open opens a file by its base name.
func (d *archiveFolder) Open(name string) (fs.File, error) {
	f, err := d.find("open", name)
	if err != nil {
		return nil, err
	}
	content, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return &archiveFile{ReadCloser: content, entry: f, archive: d.archive}, nil
}

func (d *archiveFolder) find(op, name string) (*zip.File, error) {
	for _, f := range d.files {
		if baseName(f) == name {
			return f, nil
		}
	}
	return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

func baseName(f *zip.File) string { return path.Base(strings.ReplaceAll(f.Name, `\`, "/")) }

// archiveInfo describes an entry by its base name.
type archiveInfo struct {
	entry *zip.File
	all   int64 // the archive's own size
}

func (i archiveInfo) Name() string       { return baseName(i.entry) }
func (i archiveInfo) Mode() fs.FileMode  { return i.entry.Mode() }
func (i archiveInfo) ModTime() time.Time { return i.entry.Modified }
func (i archiveInfo) IsDir() bool        { return false }
func (i archiveInfo) Sys() any           { return nil }

// Size is the expected size: the one that is stated, but not more than is plausible for
// the archive's own size.
func (i archiveInfo) Size() int64 {
	const usual = 16                                       // unpacked to packed
	packed := min(i.entry.CompressedSize64, uint64(i.all)) //nolint:gosec // not negative
	return int64(min(i.entry.UncompressedSize64, usual*packed, uint64(maxFile)))
}

// archiveFile is an entry being unpacked. It counts what comes out.
type archiveFile struct {
	io.ReadCloser
	entry   *zip.File
	archive *archive
	out     int64
}

func (f *archiveFile) Stat() (fs.FileInfo, error) { return archiveInfo{f.entry, f.archive.size}, nil }

func (f *archiveFile) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	f.out += int64(n)
	f.archive.left -= int64(n)
	switch packed := f.entry.CompressedSize64; {
	case f.archive.left < 0:
		return 0, fmt.Errorf("refused: more than %d MiB of release files in the archive, as in a zip bomb", maxArchiveBytes>>20)
	case f.out > ratioFrom && uint64(f.out)/maxArchiveRatio > packed:
		return 0, fmt.Errorf("refused: unpacks to more than %d times its %d bytes, as in a zip bomb", maxArchiveRatio, packed)
	}
	return n, err
}

package rules_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	largeFiles = ".ci/large-files"
	large      = 1_000_000 // bytes; a larger file must be in the list
	tooLarge   = 4_000_000 // bytes; no larger file is tracked, listed or not
)

// executable names the format of a compiled program; empty: it is none.
func executable(content []byte) string {
	if len(content) < 8 {
		return ""
	}
	switch magic := binary.BigEndian.Uint32(content); magic {
	case 0x7f454c46:
		return "ELF"
	case 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe:
		return "Mach-O"
	case 0xcafebabe, 0xcafebabf:
		// A Java class begins with the same four bytes; then comes its version, from
		// 45 on, where a universal Mach-O has the number of its programs.
		if binary.BigEndian.Uint32(content[4:]) < 45 {
			return "Mach-O"
		}
	}
	if bytes.HasPrefix(content, []byte("MZ")) && len(content) >= 0x40 {
		// 64 bits: the sum cannot overflow.
		at := int64(binary.LittleEndian.Uint32(content[0x3c:]))
		if at+4 <= int64(len(content)) && string(content[at:at+4]) == "PE\x00\x00" {
			return "PE"
		}
	}
	return ""
}

// ofOneMachine is a path that only one person's machine has.
var ofOneMachine = regexp.MustCompile(`(?:/home/|/Users/|[A-Za-z]:\\+Users\\+)[A-Za-z0-9_.-]+[/\\]|/root/g[o]/`)

// refused lists what may not be tracked, with its path, of files below root.
// listed are the paths that may be larger than 1 MB.
func refused(root string, files, listed []string) ([]string, error) {
	var faults []string
	for _, path := range listed {
		if !slices.Contains(files, path) {
			faults = append(faults, fmt.Sprintf("%s names %s, which is not tracked", largeFiles, path))
		}
	}
	for _, path := range files {
		name := filepath.Join(root, filepath.FromSlash(path))
		info, err := os.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not yet so for git
		}
		if err != nil {
			return nil, err
		}
		if !info.Mode().IsRegular() {
			continue // a link or a submodule
		}
		inList := slices.Contains(listed, path)
		switch size := info.Size(); {
		case size > tooLarge:
			faults = append(faults, fmt.Sprintf("%s has %d bytes: a tracked file has at most %d", path, size, tooLarge))
		case size > large && !inList:
			faults = append(faults, fmt.Sprintf("%s has %d bytes: make it smaller than %d, or list it in %s", path, size, large, largeFiles))
		case size <= large && inList:
			faults = append(faults, fmt.Sprintf("%s names %s, which has no more than %d bytes: remove the line", largeFiles, path, large))
		}
		content, err := head(name, tooLarge)
		if err != nil {
			return nil, err
		}
		if format := executable(content); format != "" {
			faults = append(faults, fmt.Sprintf("%s is a compiled program (%s): remove it from git, and have it built", path, format))
		} else if found := ofOneMachine.Find(content); found != nil && !bytes.ContainsRune(content, 0) {
			faults = append(faults, fmt.Sprintf("%s has the path %s, which only one machine has", path, found))
		}
	}
	return faults, nil
}

func head(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, limit))
	return content, errors.Join(err, f.Close())
}

func TestNoProgramLargeFileOrPathOfOneMachineIsTracked(t *testing.T) {
	list, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(largeFiles)))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			listed = append(listed, line)
		}
	}
	// go test keeps a result until a file changes that the test has read: git's index
	// is one, so that a new file is seen.
	if _, err := os.Stat(output(t, "", "git", "rev-parse", "--path-format=absolute", "--git-path", "index")); err != nil {
		t.Fatal(err)
	}
	files := strings.Split(strings.TrimSuffix(output(t, "", "git", "ls-files", "-z"), "\x00"), "\x00")
	if len(files) < 100 {
		t.Fatalf("git lists only %d files: the search is broken", len(files))
	}
	faults, err := refused(root, files, listed)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

func TestEachKindOfFileThatMayNotBeTrackedIsFound(t *testing.T) {
	pe := make([]byte, 0x100)
	copy(pe, "MZ")
	binary.LittleEndian.PutUint32(pe[0x3c:], 0x80)
	copy(pe[0x80:], "PE\x00\x00")
	dos := slices.Clone(pe)
	binary.LittleEndian.PutUint32(dos[0x3c:], 0xfffffffe)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	real, err := head(self, 4096) // the program of this test
	if err != nil {
		t.Fatal(err)
	}
	person := "/home/" + "someone/aecode" // in two parts: this file is tracked too
	for _, tc := range []struct {
		name, content string
		listed        bool
		want          string // what the message says; empty: none is due
	}{
		{"elf", "\x7fELF\x02\x01\x01\x00 and more", false, "(ELF)"},
		{"own", string(real), false, "is a compiled program"},
		{"macho64", "\xcf\xfa\xed\xfe\x07\x00\x00\x01", false, "(Mach-O)"},
		{"macho32", "\xce\xfa\xed\xfe\x07\x00\x00\x00", false, "(Mach-O)"},
		{"macho-big-endian-64", "\xfe\xed\xfa\xcf\x00\x00\x00\x07", false, "(Mach-O)"},
		{"macho-big-endian-32", "\xfe\xed\xfa\xce\x00\x00\x00\x07", false, "(Mach-O)"},
		{"macho-fat", "\xca\xfe\xba\xbe\x00\x00\x00\x02", false, "(Mach-O)"},
		{"macho-fat-64", "\xca\xfe\xba\xbf\x00\x00\x00\x02", false, "(Mach-O)"},
		{"pe.exe", string(pe), false, "(PE)"},
		{"large", strings.Repeat("x", large+1), false, "has 1000001 bytes"},
		{"listed-and-too-large", strings.Repeat("x", tooLarge+1), true, "has 4000001 bytes"},
		{"listed-elf", "\x7fELF" + strings.Repeat("x", large), true, "(ELF)"},
		{"listed-and-small", "x", true, "remove the line"},
		{"home", "see " + person, false, "only one machine has"},
		{"windows-home", `cd C:\` + `Users\someone\aecode`, false, "only one machine has"},

		{"listed-and-large", strings.Repeat("x", large+1), true, ""},
		{"limit", strings.Repeat("x", large), false, ""},
		{"java.class", "\xca\xfe\xba\xbe\x00\x00\x00\x41", false, ""},
		{"dos-without-pe", string(dos), false, ""},
		{"text", "MZ is no program, nor is \x7fELF", false, ""},
		{"empty", "", false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			folder := t.TempDir()
			path := "some/" + tc.name
			if err := os.Mkdir(filepath.Join(folder, "some"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, "some", tc.name), []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			var listed []string
			if tc.listed {
				listed = []string{path}
			}
			faults, err := refused(folder, []string{path, "some/deleted"}, listed)
			if err != nil {
				t.Fatal(err)
			}
			if tc.want == "" {
				if len(faults) > 0 {
					t.Errorf("it is refused: %q", faults)
				}
				return
			}
			if len(faults) != 1 || !strings.Contains(faults[0], path) || !strings.Contains(faults[0], tc.want) {
				t.Errorf("%q, want one message with %s and %q", faults, path, tc.want)
			}
		})
	}
	t.Run("listed and not tracked", func(t *testing.T) {
		faults, err := refused(t.TempDir(), nil, []string{"some/absent"})
		if err != nil || len(faults) != 1 || !strings.Contains(faults[0], "some/absent, which is not tracked") {
			t.Errorf("%q, %v", faults, err)
		}
	})
}

package rules_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// imported lists the imports of every package of the repository, its tests
// left out, by folder.
func imported(t *testing.T) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if strings.HasPrefix(entry.Name(), ".") && file != root || entry.Name() == "testdata" || nestedModule(file) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		folder = filepath.ToSlash(folder)
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			packages[folder] = append(packages[folder], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages found: the walk is broken", len(packages))
	}
	return packages
}

func nestedModule(folder string) bool {
	if folder == root {
		return false
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

func under(folder, prefix string) bool {
	return folder == prefix || strings.HasPrefix(folder, prefix+"/")
}

func TestServicesImportProtoAndCommonAndNeverEachOther(t *testing.T) {
	for folder, names := range imported(t) {
		for _, name := range names {
			inside, ours := strings.CutPrefix(name, "aecode/")
			if !ours {
				continue
			}
			for _, service := range []string{"terminology", "data-sync"} {
				if under(folder, service) && !under(inside, service) && !under(inside, "proto") && !under(inside, "common") {
					t.Errorf("%s imports %s: a service imports only proto, common and itself", folder, name)
				}
				if under(folder, "common") && under(inside, service) {
					t.Errorf("%s imports %s: common imports no service", folder, name)
				}
			}
		}
	}
}

// Folders that are the services' frame, or the seam to the other service.
func framework(folder string) bool {
	switch path.Base(folder) {
	case "config", "logic", "server", "svc":
		return true
	}
	for _, frame := range []string{"data-sync/cmd", "data-sync/internal/coding"} {
		if under(folder, frame) {
			return true
		}
	}
	return folder == "terminology" || folder == "data-sync"
}

func TestDomainPackagesKnowNeitherGoZeroNorGRPC(t *testing.T) {
	for folder, names := range imported(t) {
		if !under(folder, "terminology") && !under(folder, "data-sync") || framework(folder) {
			continue
		}
		for _, name := range names {
			for _, banned := range []string{"github.com/zeromicro/go-zero", "google.golang.org/grpc", "aecode/proto"} {
				if strings.HasPrefix(name, banned) {
					t.Errorf("%s imports %s: a domain package knows no framework and no wire format", folder, name)
				}
			}
		}
	}
}

func TestNoPackageIsCalledUtilOrHelper(t *testing.T) {
	for folder := range imported(t) {
		switch path.Base(folder) {
		case "util", "utils", "helper", "helpers", "manager", "misc":
			t.Errorf("%s: a package's name says what it is for", folder)
		}
	}
}

func TestEveryCommandOfSyncctlSpeaksOnlyGRPC(t *testing.T) {
	for folder, names := range imported(t) {
		if !under(folder, "data-sync/cmd/syncctl") {
			continue
		}
		for _, name := range names {
			if under(strings.TrimPrefix(name, "aecode/"), "data-sync/internal/store") || name == "database/sql" {
				t.Errorf("%s imports %s: syncctl never opens the database", folder, name)
			}
		}
	}
}

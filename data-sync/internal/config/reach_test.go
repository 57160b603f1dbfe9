package config_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"aecode/data-sync/internal/config"
)

const module = "aecode/"

// reads gives the names of the fields that the programs of a folder use, apart from what
// checks them. Tests are left out.
func reads(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../..", folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				return n.Name.Name != "Validate" && n.Name.Name != "validate" && n.Name.Name != "checkBetween"
			case *ast.SelectorExpr:
				used[n.Sel.Name] = true
			}
			return true
		})
	}
	return used
}

// unread lists the settings below a section that neither the package that declares the
// section reads, nor svc or the program, which connect the packages.
func unread(t *testing.T, path string, section reflect.Type) []string {
	t.Helper()
	folders := []string{strings.TrimPrefix(section.PkgPath(), module), "data-sync", "data-sync/internal/svc"}
	if section == reflect.TypeFor[config.Config]() {
		folders = append(folders, "data-sync/internal/logic")
	}
	used := map[string]bool{}
	for _, folder := range folders {
		for name := range reads(t, folder) {
			used[name] = true
		}
	}
	var missed []string
	for field := range section.Fields() {
		at := strings.TrimPrefix(path+"."+field.Name, ".")
		switch ours := strings.HasPrefix(field.Type.PkgPath(), module); {
		case field.Anonymous && !ours: // go-zero's, which its server reads
		case field.Anonymous:
			missed = append(missed, unread(t, path, field.Type)...)
		case !used[field.Name]:
			missed = append(missed, at)
		case ours && field.Type.Kind() == reflect.Struct:
			missed = append(missed, unread(t, at, field.Type)...)
		}
	}
	return missed
}

// A section is declared by the package that works by it and is passed to it whole, so
// that a setting which is in the file and checked, but has no effect, can only be one
// that nobody reads.
func TestEachSettingIsReadByThePackageThatUsesIt(t *testing.T) {
	for _, path := range unread(t, "", reflect.TypeFor[config.Config]()) {
		t.Errorf("%s is declared, and nothing reads it", path)
	}
}

func TestASettingThatNobodyReadsIsFound(t *testing.T) {
	type section struct {
		ListenOn    string
		Forgotten   int
		Idempotency config.Idempotency
	}
	if missed := unread(t, "X", reflect.TypeFor[section]()); len(missed) != 1 || missed[0] != "X.Forgotten" {
		t.Errorf("%q, want X.Forgotten alone", missed)
	}
}

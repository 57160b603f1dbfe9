package rules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var root = filepath.Join("..", "..", "..")

// output runs a command in the root of the repository, with GOFLAGS set to flags.
func output(t *testing.T, flags, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOFLAGS="+flags)
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &failure)
	}
	return strings.TrimSpace(string(out))
}

// projectFlags gives GOFLAGS as the Makefile exports it to a user who has set flags.
func projectFlags(t *testing.T, flags string) string {
	t.Helper()
	return output(t, flags, "deploy/dev/scripts/goflags.sh")
}

// tags gives the build tags that GOFLAGS sets.
func tags(t *testing.T, flags string) []string {
	t.Helper()
	var found []string
	for _, flag := range strings.Fields(flags) {
		if list, ok := strings.CutPrefix(flag, "-tags="); ok {
			if found != nil {
				t.Fatalf("%q has -tags twice: only the last one counts", flags)
			}
			found = strings.Split(list, ",")
		}
	}
	return found
}

func TestTheProjectsTagIsAddedToTheUsersFlags(t *testing.T) {
	for user, want := range map[string]string{
		"-v":                       "-v -tags=no_k8s",
		"-tags=one,two":            "-tags=one,two,no_k8s",
		"-tags=one -mod=mod":       "-mod=mod -tags=one,no_k8s",
		"-tags=no_k8s":             "-tags=no_k8s",
		"-tags=one,no_k8s,two -v":  "-v -tags=one,no_k8s,two",
		"-v -tags=one --tags=last": "-v -tags=last,no_k8s",
	} {
		if got := projectFlags(t, user); got != want {
			t.Errorf("GOFLAGS=%q becomes %q, want %q", user, got, want)
		}
	}
}

func TestEveryBuildHasTheProjectsTag(t *testing.T) {
	for _, tag := range tags(t, projectFlags(t, "-v")) {
		for file, pattern := range map[string]string{
			"deploy/docker/Dockerfile": `(?m)^ENV .*GOFLAGS="[^"]*-tags=([^" ]*)`,
			".golangci.yml":            `(?m)^  build-tags: \[([^\]]*)\]`,
		} {
			text, err := os.ReadFile(filepath.Join(root, file))
			if err != nil {
				t.Fatal(err)
			}
			set := regexp.MustCompile(pattern).FindSubmatch(text)
			if set == nil || !slices.Contains(strings.Split(strings.ReplaceAll(string(set[1]), " ", ""), ","), tag) {
				t.Errorf("%s does not set the build tag %s", file, tag)
			}
		}
	}
}

// unwanted tells of a package that no program may hold. go-zero's zrpc imports
// the etcd client, and no tag leaves it out: services hold that, and no other
// program does.
func unwanted(name string, service bool) bool {
	if service && (strings.HasPrefix(name, "go.etcd.io/etcd/client/") || strings.HasPrefix(name, "go.etcd.io/etcd/api/")) {
		return false
	}
	domain, _, _ := strings.Cut(name, "/")
	return domain == "k8s.io" || strings.HasSuffix(domain, ".k8s.io") || domain == "go.etcd.io"
}

func TestNoProgramHoldsKubernetesOrEtcd(t *testing.T) {
	flags := projectFlags(t, "-v")
	for program, service := range map[string]bool{
		"./terminology": true, "./data-sync": true,
		"./data-sync/cmd/syncctl": false, "./deploy/cmd/cron": false, "./deploy/cmd/secrets": false, "./deploy/cmd/verify": false,
	} {
		packages := strings.Fields(output(t, flags, "go", "list", "-deps", program))
		if len(packages) < 100 {
			t.Fatalf("%s has only %d packages: the list is broken", program, len(packages))
		}
		for _, name := range packages {
			if unwanted(name, service) {
				t.Errorf("%s holds %s", program, name)
			}
		}
	}
}

func TestKubernetesAndEtcdAreRecognised(t *testing.T) {
	for name, want := range map[string][2]bool{ // in another program, in a service
		"k8s.io/client-go/rest":       {true, true},
		"sigs.k8s.io/json":            {true, true},
		"go.etcd.io/etcd/client/v3":   {true, false},
		"go.etcd.io/etcd/server/v3":   {true, true},
		"github.com/k8s.io/something": {false, false},
		"aecode/common/version":       {false, false},
	} {
		if got := [2]bool{unwanted(name, false), unwanted(name, true)}; got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

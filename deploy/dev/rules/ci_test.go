package rules_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// goTest is what go test prints of twelve packages.
const goTest = `?   	aecode/proto/datasync	[no test files]
ok  	aecode/a	1.5s
ok  	aecode/b	2.5s
ok  	aecode/c	(cached)
ok  	aecode/d	310.25s
ok  	aecode/e	0.1s
ok  	aecode/f	0.2s
ok  	aecode/g	0.3s
ok  	aecode/h	0.4s
ok  	aecode/i	0.5s
ok  	aecode/j	0.6s
ok  	aecode/k	0.7s
`

// ci runs .ci/run in a folder where make, docker and the scripts are stand-ins:
// make prints the name of its targets, go test's lines for the tests, and fails
// for the target failing.
func ci(t *testing.T, failing string, env ...string) (stdout, stderr string, code int) {
	t.Helper()
	folder := t.TempDir()
	script, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	const sh = "#!/bin/sh\n"
	for name, text := range map[string]string{
		".ci/run":                     string(script),
		"deploy/dev/scripts/needs.sh": sh,
		"bin/git":                     sh,
		"bin/docker":                  sh,
		"bin/make": sh + "shift\n" + `echo "make $*"
if [ "$1" = test ]; then
  echo "a test's own complaint" >&2
  cat go-test
fi
[ "$1" != "` + failing + `" ]
`,
		"go-test": goTest,
	} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(folder, ".ci", "run"))
	cmd.Env = append(append(os.Environ(), "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH")), env...)
	var out, bad strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &bad
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), bad.String(), cmd.ProcessState.ExitCode()
}

func TestCIPrintsTheTestsLinesTheSecondsAndTheTenSlowestPackages(t *testing.T) {
	stdout, stderr, code := ci(t, "")
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	if !strings.Contains(stdout, "make test\n"+goTest) || !strings.Contains(stderr, "a test's own complaint") {
		t.Errorf("what the tests print is not passed on:\n%s%s", stdout, stderr)
	}
	for _, stage := range []string{"generated code is up to date", "lint", "tests", "docker-compose, whole"} {
		if !strings.Contains(stdout, "== "+stage+"\n") || !strings.Contains(stdout, " s  "+stage+"\n") {
			t.Errorf("the stage %q or its seconds are not printed:\n%s", stage, stdout)
		}
	}
	_, slowest, _ := strings.Cut(stdout, "the slowest packages of the tests:\n")
	want := []string{"310.2 s aecode/d", "2.5 s aecode/b", "1.5 s aecode/a", "0.7 s aecode/k", "0.6 s aecode/j",
		"0.5 s aecode/i", "0.4 s aecode/h", "0.3 s aecode/g", "0.2 s aecode/f", "0.1 s aecode/e"}
	lines := strings.Split(strings.TrimSpace(slowest), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d slowest packages, want %d:\n%s", len(lines), len(want), slowest)
	}
	for i, line := range lines {
		if got := strings.Join(strings.Fields(line), " "); got != want[i] {
			t.Errorf("slowest package %d is %q, want %q", i+1, got, want[i])
		}
	}
	if strings.Contains(stderr, "OVER BUDGET") {
		t.Errorf("a budget is exceeded: %s", stderr)
	}
}

func TestCIWarnsOfEachBudgetThatIsExceededAndDoesNotFail(t *testing.T) {
	for variable, name := range map[string]string{
		"CI_BUDGET_LINT": "generated code is up to date, and lint", "CI_BUDGET_TESTS": "tests", "CI_BUDGET_E2E": "docker-compose, whole",
	} {
		stdout, stderr, code := ci(t, "", variable+"=0")
		if code != 0 || strings.Count(stderr, "OVER BUDGET") != 1 || !strings.Contains(stderr, "OVER BUDGET: "+name+" took ") {
			t.Errorf("%s=0: exit code %d\n%s%s", variable, code, stdout, stderr)
		}
	}
}

func TestCIFailsAtTheFirstStageThatFailsAndSaysWhich(t *testing.T) {
	for target, stage := range map[string]string{
		"generate": "generated code is up to date", "lint": "lint", "test": "tests", "e2e": "docker-compose, whole",
	} {
		stdout, stderr, code := ci(t, target)
		if code == 0 || !strings.Contains(stderr, "FAILED in the stage: "+stage+"\n") {
			t.Errorf("make %s fails: exit code %d\n%s%s", target, code, stdout, stderr)
		}
		if _, after, _ := strings.Cut(stdout, "make "+target); strings.Contains(after, "make ") {
			t.Errorf("make %s fails, and CI goes on:\n%s", target, stdout)
		}
	}
}

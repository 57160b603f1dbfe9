package releasecheck_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"aecode/terminology/internal/releasecheck"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const demo = "../../../deploy/demo/release/ctcae-5.0"

func run(path string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = releasecheck.Run(path, &out, &errs)
	took := regexp.MustCompile(`in [0-9.]+[a-zµ]+`)
	return code, took.ReplaceAllString(out.String(), "in T"), took.ReplaceAllString(errs.String(), "in T")
}

// copied is the demo release, to be damaged.
func copied(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(demo)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func change(t *testing.T, path, old, new string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s has no %q", path, old)
	}
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(old), []byte(new)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAGoodReleaseIsToldByLanguageAndLevel(t *testing.T) {
	code, out, errs := run(demo)
	want := `version ctcae-5.0
  language  LLT  current   PT  HLT  HLGT  SOC  paths  SMQ  SMQ terms
        en  811      811  811   26    26   26    811    0          0
        zh  811      811  811   26    26   26    811    0          0
en: 15 warnings
  en/MedAscii/hlgt.asc:3: no PT is under HLGT 92000003
`
	if code != 0 || !strings.HasPrefix(out, want) || !strings.HasSuffix(out, "\n"+demo+": ok, in T\n") || errs != "" {
		t.Errorf("exit %d\n%s%s\nwant\n%s", code, out, errs, want)
	}
}

func TestOneLanguageIsCheckedAlone(t *testing.T) {
	for _, path := range []string{demo + "/zh", demo + "/zh/MedAscii"} {
		if code, out, errs := run(path); code != 0 || !strings.Contains(out, "zh  811") || strings.Contains(out, "en  811") {
			t.Errorf("%s: exit %d\n%s%s", path, code, out, errs)
		}
	}
}

func TestWarningsAreListedAndDoNotRefuse(t *testing.T) {
	dir := copied(t)
	change(t, filepath.Join(dir, "en", "MedAscii", "llt.asc"), "$Headache$", "$Headache $")
	code, out, errs := run(dir)
	if code != 0 || errs != "" || !strings.Contains(out, "en: 16 warnings\n") ||
		!strings.Contains(out, "  en/MedAscii/llt.asc:564: llt_name has space around it\n") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestEveryProblemIsListedWithItsLine(t *testing.T) {
	dir := copied(t)
	change(t, filepath.Join(dir, "en", "MedAscii", "pt.asc"), "$$$$$$$$\n", "$$$$$$$\n")
	code, out, errs := run(dir)
	if code != 1 || out != "" || !strings.Contains(errs, ": refused, 811 problems, in T\n") {
		t.Errorf("exit %d\n%s%.200s", code, out, errs)
	}
	if n := strings.Count(errs, "  en/MedAscii/pt.asc:"); n != 811 || !strings.Contains(errs, "pt.asc:811: short line: 10 columns, want 11") {
		t.Errorf("%d problems are listed", n)
	}
}

func TestWhatIsNoReleaseIsRefused(t *testing.T) {
	for path, want := range map[string]int{"": 2, t.TempDir(): 1, "/nowhere/29.0": 1, "releasecheck.go": 1} {
		if code, out, errs := run(path); code != want || out != "" || !strings.Contains(errs, path) {
			t.Errorf("%s: exit %d, %s%s", path, code, out, errs)
		}
	}
}

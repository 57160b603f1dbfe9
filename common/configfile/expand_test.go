package configfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExpandReplacesVariablesAndNothingElse(t *testing.T) {
	env := map[string]string{"A": "alpha", "EMPTY": "", "NESTED": "${A}", "B_2": "x"}
	lookup := func(k string) (string, bool) { v, ok := env[k]; return v, ok }
	for _, tc := range []struct{ in, want string }{
		{"", ""}, {"plain", "plain"}, {"$A $ 5$", "$A $ 5$"},
		{"${A}", "alpha"}, {"<${A}-${B_2}>", "<alpha-x>"},
		{"${NOPE:-def}", "def"}, {"${EMPTY:-def}", "def"}, {"${A:-def}", "alpha"}, {"${NOPE:-}", ""}, {"${EMPTY}", ""},
		{"${NOPE:-a:-b}", "a:-b"}, {"${NESTED}", "${A}"},
		{"$${A}", "${A}"}, {"$$${A}", "$${A}"}, {"a$${", "a${"}, {"p$$w", "p$$w"},
	} {
		got, _, err := expand(tc.in, lookup)
		if err != nil || got != tc.want {
			t.Errorf("%q: got %q, %v; want %q", tc.in, got, err, tc.want)
		}
	}
	for in, want := range map[string]string{
		"${NOPE}": "NOPE, which is not set", "${A": "without }", "${}": "variable name", "${1A}": "variable name",
		"${A B}": "variable name", "${:-x}": "variable name",
	} {
		if _, _, err := expand(in, lookup); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", in, err, want)
		}
	}
}

func TestTheEnvironmentCannotChangeTheStructureOfTheFile(t *testing.T) {
	t.Setenv("EVIL", "x\nDebug: true")
	t.Setenv("LISTY", "[a, b]")
	c, err := parse(t, "Name: ${EVIL}\nZone: ${LISTY}")
	if err != nil {
		t.Fatal(err)
	}
	if c.Debug || c.Name != "x\nDebug: true" || c.Zone != "[a, b]" {
		t.Errorf("read %+v", c)
	}
}

func TestVariablesFillNumbersSwitchesAndDurations(t *testing.T) {
	t.Setenv("N", "12")
	t.Setenv("ON", "true")
	c, err := parse(t, "Name: n\nMax: ${N}\nDebug: \"${ON}\"\nStore: {Timeout: '${T:-7s}'}\nWaits: ['${T:-8s}']\nListen: ${L:-127.0.0.1:1}")
	if err != nil {
		t.Fatal(err)
	}
	if *c.Max != 12 || !c.Debug || c.Store.Timeout.String() != "7s" || c.Waits[0].String() != "8s" || c.Listen.Port() != 1 {
		t.Errorf("read %+v", c)
	}
}

func TestAVariablesValueNeverShowsInAnError(t *testing.T) {
	t.Setenv("SECRET", "zzsentinelzz")
	t.Setenv("BYTES", "zz\xffsentinel")
	for _, text := range []string{
		"Name: n\nMax: ${SECRET}", "Name: n\nDebug: ${SECRET}", "Name: n\nStore: {Timeout: \"${SECRET}\"}",
		"Name: n\nLimits: {Engine: \"${SECRET}\"}", "Name: n\nListen: ${SECRET}", "Name: ${BYTES}",
	} {
		_, err := parse(t, text)
		if err == nil || strings.Contains(err.Error(), "sentinel") {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := parse(t, "Name: n\nMax: ${UNSET_ANYWHERE}")
	if !strings.HasPrefix(errString(err), "etc/app.yaml:2: Max: refers to the environment variable UNSET_ANYWHERE, which is not set") {
		t.Errorf("got %v", err)
	}
}

func TestReadSecret(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, tc := range []struct{ inline, path, want string }{
		{"", "", ""}, {"inline", "", "inline"}, {"inline\n", "", "inline\n"},
		{"", file("plain", "s3cret"), "s3cret"}, {"", file("lf", "s3cret\n"), "s3cret"},
		{"", file("crlf", "s3cret\r\n"), "s3cret"}, {"", file("two", "s3cret\n\n"), "s3cret\n"}, {"", file("space", " s "), " s "},
	} {
		if got, err := ReadSecret(tc.inline, tc.path); err != nil || got != tc.want {
			t.Errorf("%q, %s: got %q, %v", tc.inline, filepath.Base(tc.path), got, err)
		}
	}
	for _, tc := range []struct{ inline, path string }{
		{"zzsentinel", file("both", "zzsentinel")}, {"", file("empty", "")}, {"", file("newline", "\n")}, {"", filepath.Join(dir, "absent")},
		{"", dir}, {"", file("binary", "zzsentinel\xff")}, {"", file("nul", "zzsentinel\x00")}, {"", file("large", strings.Repeat("zzsentinel", 7000))},
	} {
		if _, err := ReadSecret(tc.inline, tc.path); err == nil || strings.Contains(err.Error(), "sentinel") {
			t.Errorf("%s: error %v", filepath.Base(tc.path), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Name: n", "Name: ${A:-x}\nStore: {Path: a, Timeout: 1s}", "Replicas:\n- Addr: a\n  Weight: 2", "a: &x [*x]",
		"? [a]\n: b", "<<: {a: b}", "Name: !!binary aGk=", "Labels: {a: 1, a: 2}", "---\n---\n", "Limits: {Rate: 1e309}",
		"Max: 0x7fffffffffffffff", "Listen: 1.2.3.4:5", "Any: {a: [1, true, ~, 2.5, x]}", "PerStudy: {a: 1s}", "Bytes: aGk=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c struct {
			conf
			Any   any    `json:",optional"`
			Bytes []byte `json:",optional"`
		}
		err := Parse("f.yaml", []byte(text), &c)
		if err == nil && c.Name == "" && !strings.Contains(text, "Name") {
			t.Fatalf("accepted %q without the required Name", text)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "f.yaml") {
			t.Fatalf("an error without the file: %v", err)
		}
	})
}

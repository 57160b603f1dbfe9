package configfile

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zeromicro/go-zero/zrpc"

	"aecode/common/configerr"
)

type storeConf struct {
	Path    string        `json:",default=data.db"`
	Timeout time.Duration `json:",default=2s"`
}

type replicaConf struct {
	Addr   string
	Weight int `json:",default=1,range=[1:100]"`
}

type limitsConf struct {
	Rate   float64 `json:",default=0.1,range=(0:1]"`
	Burst  uint16  `json:",optional"`
	Engine string  `json:",default=sqlite,options=sqlite|postgres"`
}

type PlaceConf struct {
	Zone string `json:",default=UTC"`
}

type conf struct {
	PlaceConf
	Name     string
	Store    storeConf
	Replicas []replicaConf            `json:",optional"`
	Limits   *limitsConf              `json:",optional"`
	Labels   map[string]string        `json:",optional"`
	Waits    []time.Duration          `json:",optional"`
	PerStudy map[string]time.Duration `json:",optional"`
	Debug    bool                     `json:",optional"`
	Max      *int                     `json:",optional"`
	Addrs    []string                 `json:",optional"`
	Listen   netip.AddrPort           `json:",optional"`
	Renamed  string                   `json:"other_name,optional"`
	Hidden   string                   `json:"-"`
}

func parse(t *testing.T, text string) (conf, error) {
	t.Helper()
	var c conf
	err := Parse("etc/app.yaml", []byte(text), &c)
	return c, err
}

func TestEveryKindOfValueIsRead(t *testing.T) {
	t.Setenv("APP_NAME", "data-sync")
	got, err := parse(t, `
# a comment
Zone: Asia/Shanghai
Name: ${APP_NAME}
Store:
  Path: /var/lib/app.db   # a trailing comment
  Timeout: 1m30s
Replicas:
  - Addr: a:1
  - {Addr: "b:2", Weight: 0x10}
Limits:
  Rate: 1
  Burst: 65535
  Engine: postgres
Labels: {Team: Safety, "on": "1", Path: x}
Waits: [100ms, 1s]
PerStudy:
  STUDY-01: 5s
Debug: true
Max: 1_000
Listen: 127.0.0.1:80
other_name: 007
`)
	if err != nil {
		t.Fatal(err)
	}
	thousand := 1000
	want := conf{
		PlaceConf: PlaceConf{Zone: "Asia/Shanghai"},
		Name:      "data-sync",
		Store:     storeConf{Path: "/var/lib/app.db", Timeout: 90 * time.Second},
		Replicas:  []replicaConf{{Addr: "a:1", Weight: 1}, {Addr: "b:2", Weight: 16}},
		Limits:    &limitsConf{Rate: 1, Burst: 65535, Engine: "postgres"},
		Labels:    map[string]string{"Team": "Safety", "on": "1", "Path": "x"},
		Waits:     []time.Duration{100 * time.Millisecond, time.Second},
		PerStudy:  map[string]time.Duration{"STUDY-01": 5 * time.Second},
		Debug:     true,
		Max:       &thousand,
		Listen:    netip.MustParseAddrPort("127.0.0.1:80"),
		Renamed:   "007",
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
		t.Error(diff)
	}
}

func TestAListOfTextsMayStandInOneValueAndComeFromTheEnvironment(t *testing.T) {
	for name, tc := range map[string]struct {
		line, env string
		want      []string
		problem   string
	}{
		"one":                    {"${LIST:-}", "a:1", []string{"a:1"}, ""},
		"several, with spaces":   {"${LIST:-}", "a:1, b:2 ,c:3", []string{"a:1", "b:2", "c:3"}, ""},
		"none":                   {"${LIST:-}", "", []string{}, ""},
		"written out":            {"a:1,b:2", "", []string{"a:1", "b:2"}, ""},
		"a list as before":       {"[a:1, \"b,2\"]", "", []string{"a:1", "b,2"}, ""},
		"a comma too many":       {"${LIST:-}", "a:1,,c:3", nil, "etc/app.yaml:2: Addrs[1]: is empty: remove the extra comma"},
		"nothing after the key":  {"", "", nil, "etc/app.yaml:2: Addrs: has no value: give one or remove the key"},
		"an unset variable":      {"${NOT_SET}", "", nil, "etc/app.yaml:2: Addrs: refers to the environment variable NOT_SET"},
		"bytes that are no text": {"${LIST:-}", "a\xff", nil, "etc/app.yaml:2: Addrs[0]: is not valid UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("LIST", tc.env)
			got, err := parse(t, "Name: n\nAddrs: "+tc.line)
			if tc.problem != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tc.problem) {
					t.Fatalf("%v, want %q", err, tc.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Addrs); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDefaultsFillWhatTheFileLeavesOut(t *testing.T) {
	for _, text := range []string{"Name: n", "Name: n\nStore:\n", "Name: n\nStore: {}", "\uFEFFName: n", "---\nName: n\n"} {
		got, err := parse(t, text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		want := conf{PlaceConf: PlaceConf{Zone: "UTC"}, Name: "n", Store: storeConf{Path: "data.db", Timeout: 2 * time.Second}}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestEveryMistakeIsNamedWithFileLineAndPath(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"typo", "Name: n\nDebgu: true", "etc/app.yaml:2: Debgu: unknown key; did you mean Debug?"},
		{"nested typo", "Name: n\nStore:\n  Pth: x", "etc/app.yaml:3: Store.Pth: unknown key; did you mean Path?"},
		{"list element typo", "Name: n\nReplicas:\n- Addr: a\n- Addr: b\n  Wieght: 2", "etc/app.yaml:5: Replicas[1].Wieght: unknown key; did you mean Weight?"},
		{"wrong case", "Name: n\nstore: {}", "etc/app.yaml:2: store: unknown key; did you mean Store?"},
		{"nothing near", "Name: n\nXyzzyplugh: 1", "etc/app.yaml:2: Xyzzyplugh: unknown key"},
		{"go field of a renamed key", "Name: n\nRenamed: x", "etc/app.yaml:2: Renamed: unknown key"},
		{"excluded field", "Name: n\nHidden: x", "etc/app.yaml:2: Hidden: unknown key"},
		{"missing", "Debug: true", "etc/app.yaml:1: Name: is required"},
		{"missing in a list", "Name: n\nReplicas:\n- Weight: 2", "etc/app.yaml:3: Replicas[0].Addr: is required"},
		{"duplicate", "Name: n\nStore:\n  Path: a\n  Path: b", "etc/app.yaml:4: Store.Path: duplicate key, first given on line 3"},
		{"duplicate in a map", "Name: n\nLabels:\n  a: x\n  a: y", "etc/app.yaml:4: Labels.a: duplicate key, first given on line 3"},
		{"text for a number", "Name: n\nMax: many", `etc/app.yaml:2: Max: must be a whole number that fits in 64 bits, is "many"`},
		{"quoted number", "Name: n\nMax: \"5\"", "etc/app.yaml:2: Max: must be a whole number that fits in 64 bits, is a string: remove the quotes"},
		{"fraction for an integer", "Name: n\nMax: 1.5", `etc/app.yaml:2: Max: must be a whole number that fits in 64 bits, is "1.5"`},
		{"too large", "Name: n\nLimits: {Burst: 65536}", `etc/app.yaml:2: Limits.Burst: must be a whole number that is not negative and fits in 16 bits, is "65536"`},
		{"negative", "Name: n\nLimits: {Burst: -1}", `etc/app.yaml:2: Limits.Burst: must be a whole number that is not negative and fits in 16 bits, is "-1"`},
		{"not a number", "Name: n\nLimits: {Rate: .nan}", `etc/app.yaml:2: Limits.Rate: must be a number, is ".nan"`},
		{"NaN", "Name: n\nLimits: {Rate: NaN}", `etc/app.yaml:2: Limits.Rate: must be a number, is "NaN"`},
		{"text for a switch", "Name: n\nDebug: yes", `etc/app.yaml:2: Debug: must be true or false, is "yes"`},
		{"section for a text", "Name: {a: b}", "etc/app.yaml:1: Name: must be a string, is a section"},
		{"list for a text", "Name: [a]", "etc/app.yaml:1: Name: must be a string, is a list"},
		{"text for a section", "Name: n\nStore: x", "etc/app.yaml:2: Store: must be a section of key: value lines, is a string"},
		{"list for a section", "Name: n\nStore: []", "etc/app.yaml:2: Store: must be a section of key: value lines, is a list"},
		{"text for a list", "Name: n\nReplicas: x", "etc/app.yaml:2: Replicas: must be a list, is a string"},
		{"text for a map", "Name: n\nLabels: x", "etc/app.yaml:2: Labels: must be a section of key: value lines, is a string"},
		{"duration without unit", "Name: n\nStore: {Timeout: 5}", `etc/app.yaml:2: Store.Timeout: must be a duration with its unit, such as 300ms, 5s or 72h, is "5"`},
		{"duration in a list", "Name: n\nWaits: [1s, x]", `etc/app.yaml:2: Waits[1]: must be a duration with its unit, such as 300ms, 5s or 72h, is "x"`},
		{"bad address", "Name: n\nListen: x", `etc/app.yaml:2: Listen: must be a valid netip.AddrPort, is "x"`},
		{"not an option", "Name: n\nLimits: {Engine: oracle}", `etc/app.yaml:2: Limits.Engine: must be one of sqlite, postgres, is "oracle"`},
		{"below the range", "Name: n\nLimits: {Rate: 0}", `etc/app.yaml:2: Limits.Rate: must be in the range (0:1], is "0"`},
		{"above the range", "Name: n\nReplicas:\n- {Addr: a, Weight: 101}", `etc/app.yaml:3: Replicas[0].Weight: must be in the range [1:100], is "101"`},
		{"no value", "Name:", "etc/app.yaml:1: Name: has no value: give one or remove the key"},
		{"no value in a list", "Name: n\nWaits:\n-", "etc/app.yaml:3: Waits[0]: has no value: give one or remove the key"},
		{"alias", "Name: &a n\nZone: *a", "etc/app.yaml:1: Name: anchors and aliases are not supported: write the value out"},
		{"merge key", "Name: n\nStore:\n  <<: {Path: x}", "etc/app.yaml:3: Store: aliases and merge keys are not supported: write the values out"},
		{"key that is a list", "Name: n\n? [a]\n: b", "etc/app.yaml:2: a key must be a plain word"},
		{"second document", "Name: n\n---\nName: m", "etc/app.yaml:2: a second YAML document starts here: remove it, only one is allowed"},
		{"not YAML", "Name: n\n\tStore: x", "etc/app.yaml:2: not valid YAML: found a tab character that violates indentation"},
		{"root is a list", "- a", "etc/app.yaml:1: must be a section of key: value lines, is a list"},
		{"empty", "", "etc/app.yaml: the file is empty"},
		{"only a comment", "# nothing\n", "etc/app.yaml: the file is empty"},
		{"only a marker", "---\n", "etc/app.yaml: the file is empty"},
		{"not UTF-8", "Name: n\nZone: \xff", "etc/app.yaml:2: the file is not valid UTF-8"},
	} {
		_, err := parse(t, tc.text)
		first, _, _ := strings.Cut(errString(err), "\n")
		if first != tc.want {
			t.Errorf("%s:\n got %s\nwant %s", tc.name, first, tc.want)
		}
	}
}

func errString(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	_, err := parse(t, "Nmae: n\nStore:\n  Pth: x\n  Timeout: 5\nReplicas: [{}]")
	want := []string{"Nmae: unknown", "Store.Pth: unknown", "Store.Timeout: must be", "Replicas[0].Addr: is required", ": Name: is required"}
	if n := len(configerr.Split(err)); n != len(want) {
		t.Errorf("%d errors, want %d: %v", n, len(want), err)
	}
	for _, w := range want {
		if !strings.Contains(errString(err), w) {
			t.Errorf("%q is missing in: %v", w, err)
		}
	}
	var fe *configerr.FieldError
	if !errors.As(err, &fe) || fe.Path != "Nmae" || fe.Line != 1 || fe.File != "etc/app.yaml" {
		t.Errorf("first field error %+v", fe)
	}
}

func TestAFailedLoadLeavesTheTargetAlone(t *testing.T) {
	c := conf{Name: "before"}
	if err := Parse("f", []byte("Name: after\nDebgu: 1"), &c); err == nil {
		t.Fatal("no error")
	}
	if c.Name != "before" {
		t.Errorf("target changed to %q", c.Name)
	}
}

func TestLoadReadsFilesAndRefusesTheirAbsence(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.yaml")
	if err := os.WriteFile(path, []byte("Name: n\nDebgu: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	var c conf
	if err := Load(path, &c); !strings.HasPrefix(errString(err), path+":2: Debgu: unknown key") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, []byte("Name: n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Load(path, &c); err != nil || c.Name != "n" {
		t.Errorf("got %+v, %v", c, err)
	}
	if err := Load(filepath.Join(dir, "absent.yaml"), &c); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := Load(dir, &c); err == nil {
		t.Error("a directory was read")
	}
	if err := os.WriteFile(path, []byte("Name: n\n#"+strings.Repeat("x", maxSize)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Load(path, &c); !strings.Contains(errString(err), "larger than") {
		t.Errorf("oversized file: %v", err)
	}
}

func TestAnUnusableTargetIsAnErrorNotAPanic(t *testing.T) {
	type twice struct {
		PlaceConf
		Zone string `json:",optional"`
	}
	type badRange struct {
		N int `json:",range=1-2"`
	}
	type intKeys struct{ M map[int]string }
	text := []byte("M: {1: a}")
	for _, into := range []any{nil, conf{}, (*conf)(nil), new(string), &map[string]any{}, &embedsSelf{}, &twice{}, &badRange{}, &intKeys{}} {
		if err := Parse("f", text, into); err == nil {
			t.Errorf("%T was accepted", into)
		}
	}
}

type embedsSelf struct{ *embedsSelf }

func TestGoZeroServiceConfigurationIsReadStrictly(t *testing.T) {
	type service struct {
		zrpc.RpcServerConf
		Terminology zrpc.RpcClientConf
		Workers     int `json:",default=8,range=[1:256]"`
	}
	good := `
Name: datasync.rpc
ListenOn: 127.0.0.1:9102
Mode: dev
Timeout: 0
Log:
  Level: error
  Stat: false
Shutdown:
  WaitTime: 30s
Middlewares:
  Breaker: false
  StatConf:
    IgnoreContentMethods: [/datasync.DataSync/SyncAEData]
MethodTimeouts:
  - FullMethod: /datasync.DataSync/StartRun
    Timeout: 5s
Terminology:
  Target: dns:///127.0.0.1:9101
  Timeout: 0
  Middlewares:
    Breaker: false
`
	var c service
	if err := Parse("etc/s.yaml", []byte(good), &c); err != nil {
		t.Fatal(err)
	}
	if c.Name != "datasync.rpc" || c.Mode != "dev" || c.Timeout != 0 || c.Middlewares.Breaker || !c.Middlewares.Trace ||
		c.Terminology.Middlewares.Breaker || c.Terminology.BalancerName != "p2c_ewma" || c.Shutdown.WaitTime != 30*time.Second ||
		c.MethodTimeouts[0].Timeout != 5*time.Second || c.Workers != 8 || c.CpuThreshold != 900 || c.Log.Level != "error" ||
		len(c.Middlewares.StatConf.IgnoreContentMethods) != 1 {
		t.Errorf("read %+v", c)
	}
	for _, tc := range []struct{ old, new, want string }{
		{"Breaker: false\n  Stat", "Braeker: false\n  Stat", "etc/s.yaml:12: Middlewares.Braeker: unknown key; did you mean Breaker?"},
		{"  Level: error", "  Level: loud", "etc/s.yaml:7: Log.Level: must be one of debug, info, error, severe, is \"loud\""},
		{"Timeout: 0", "CpuThreshold: 1000", "etc/s.yaml:5: CpuThreshold: must be in the range [0:1000), is \"1000\""},
		{"ListenOn: 127.0.0.1:9102", "Health: true", "etc/s.yaml:2: ListenOn: is required"},
		{"Mode: dev", "Workers: 0", "etc/s.yaml:4: Workers: must be in the range [1:256], is \"0\""},
	} {
		err := Parse("etc/s.yaml", []byte(strings.Replace(good, tc.old, tc.new, 1)), &c)
		if errString(err) != tc.want {
			t.Errorf("got %v\nwant %s", err, tc.want)
		}
	}
	// The embedded Validate is promoted and runs.
	err := Parse("etc/s.yaml", []byte(good+"Auth: true\nRedis: {Host: '', Key: k, Type: node}\n"), &c)
	if !strings.HasPrefix(errString(err), "etc/s.yaml: ") {
		t.Errorf("an RPC configuration with Auth and no Redis host: %v", err)
	}
}

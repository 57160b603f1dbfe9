package version

import (
	"runtime/debug"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStampWinsOverBuildInformation(t *testing.T) {
	info := &debug.BuildInfo{
		Main: debug.Module{Version: "v0.9.0"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef0123"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	devel := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123"}}}
	for _, tc := range []struct {
		name, version, commit   string
		info                    *debug.BuildInfo
		wantVersion, wantCommit string
	}{
		{"stamped", "v1.2.3", "feed", info, "v1.2.3", "feed"},
		{"version stamped only", "v1.2.3", "", info, "v1.2.3", "0123456789ab-dirty"},
		{"not stamped", "", "", info, "v0.9.0", "0123456789ab-dirty"},
		{"from a checkout", "", "", devel, "dev", "0123"},
		{"nothing known", "", "", nil, "dev", "unknown"},
		{"no version control", "", "", &debug.BuildInfo{}, "dev", "unknown"},
	} {
		v, c := resolve(tc.version, tc.commit, tc.info)
		if v != tc.wantVersion || c != tc.wantCommit {
			t.Errorf("%s: %q %q, want %q %q", tc.name, v, c, tc.wantVersion, tc.wantCommit)
		}
	}
}

func TestStringNamesVersionAndCommit(t *testing.T) {
	if s := String(); Version == "" || Commit == "" || !strings.Contains(s, Version) || !strings.Contains(s, "("+Commit+")") {
		t.Errorf("String() = %q with version %q, commit %q", s, Version, Commit)
	}
}

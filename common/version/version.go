// Package version says which build of aecode is running.
//
// deploy/scripts/ldflags.sh stamps it, in `make build` and in the images:
//
//	go build -ldflags "-X aecode/common/version.Version=v1.2.3 -X aecode/common/version.Commit=0123abc"
//
// Without the stamp it falls back to what the Go toolchain recorded in the
// binary, so that a build from a checkout still names its commit.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

var (
	// Version is the release, for instance "v1.2.3"; "dev" if unknown.
	Version string
	// Commit is the source revision, for instance a short git hash; "unknown"
	// if there is none. "-dirty" at its end means uncommitted changes.
	Commit string
)

func init() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = nil
	}
	Version, Commit = resolve(Version, Commit, info)
}

// resolve fills in what was not stamped from the build information.
func resolve(version, commit string, info *debug.BuildInfo) (string, string) {
	if info != nil {
		if v := info.Main.Version; version == "" && v != "" && v != "(devel)" {
			version = v
		}
		if commit == "" {
			commit = revision(info)
		}
	}
	if version == "" {
		version = "dev"
	}
	if commit == "" {
		commit = "unknown"
	}
	return version, commit
}

func revision(info *debug.BuildInfo) string {
	var rev, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if rev == "" {
		return ""
	}
	return rev + dirty
}

// String returns version, commit, Go release and platform in one line, for
// instance "v1.2.3 (0123abc) go1.26.8 linux/amd64".
func String() string {
	return fmt.Sprintf("%s %s %s/%s", Short(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// Short returns version and commit alone, for instance "v1.2.3 (0123abc)".
func Short() string { return Version + " (" + Commit + ")" }

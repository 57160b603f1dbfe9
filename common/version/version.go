// Package version says which build of aecode is running.
//
// deploy/scripts/ldflags.sh sets both values in `make build` and in the images:
//
//	go build -ldflags "-X aecode/common/version.Version=v1.2.3 -X aecode/common/version.Commit=0123abc"
//
// A value that is not set comes from what the Go toolchain recorded in the
// binary, so that a build from a checkout still names its commit.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

var (
	// Version is the release, such as "v1.2.3", or "dev" if it is unknown.
	Version string
	// Commit is the source revision, such as a short git hash, or "unknown". The
	// suffix "-dirty" means uncommitted changes.
	Commit string
)

func init() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = nil
	}
	Version, Commit = resolve(Version, Commit, info)
}

// resolve fills in what is not set from the build information.
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

// revision returns the commit that the toolchain recorded, "" if there is none.
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

// String returns the version, the commit, the Go release and the platform in one
// line, such as "v1.2.3 (0123abc) go1.26.8 linux/amd64".
func String() string {
	return fmt.Sprintf("%s %s %s/%s", Short(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// Short returns the version and the commit, such as "v1.2.3 (0123abc)".
func Short() string { return Version + " (" + Commit + ")" }

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckConfigNamesThePathOfEveryFault(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	for _, tc := range []struct {
		name, program, config string
		change                []string
		code                  int
		want                  []string
	}{
		{"data-sync as shipped", "data-sync", dataSyncConfig, nil, 0, []string{": ok"}},
		{"terminology with a release", "terminology", terminologyConfig, []string{"${TERMINOLOGY_RELEASE:-}", "/releases/29.1"}, 0, []string{": ok"}},
		{"terminology without any release", "terminology", terminologyConfig, nil, 1, []string{"Dictionaries"}},
		{"a typo in data-sync", "data-sync", dataSyncConfig, []string{"  ChunkSize:", "  ChunkSise:"}, 1, []string{"Run.ChunkSise", "ChunkSize", "datasync.yaml:"}},
		{"a typo in terminology", "terminology", terminologyConfig, []string{"CacheEntries:", "CacheEntry:"}, 1, []string{"CacheEntry", "terminology.yaml:"}},
		{"no number", "data-sync", dataSyncConfig, []string{"Workers: 2", "Workers: many"}, 1, []string{"Run.Workers"}},
		{"no duration", "data-sync", dataSyncConfig, []string{"ChunkLease: 15s", "ChunkLease: 15"}, 1, []string{"Run.ChunkLease"}},
		{"impossible values, all at once", "data-sync", dataSyncConfig, []string{"Workers: 2", "Workers: 0", "AttemptTimeout: 300ms", "AttemptTimeout: 9s"}, 1,
			[]string{"Run.Workers", "Terminology.Overall"}},
		{"an impossible value in terminology", "terminology", terminologyConfig,
			[]string{"${TERMINOLOGY_RELEASE:-}", "/releases/29.1", "MaxInFlight: 64", "MaxInFlight: 0"}, 1, []string{"MaxInFlight"}},
		{"a time zone that is none", "data-sync", dataSyncConfig, []string{"${TZ:-UTC}", "Mars/Olympus"}, 1, []string{"Run.TimeZone"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			file := edited(t, tc.config, tc.change...)
			got := begin(t, nil, filepath.Join(bin, tc.program), "-check-config", "-f", file).end(t)
			if got.code != tc.code {
				t.Errorf("exit code %d, want %d\n%s%s", got.code, tc.code, got.stdout, got.stderr)
			}
			text := got.stdout
			if tc.code != 0 {
				text = got.stderr
			}
			for _, want := range tc.want {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q:\n%s", want, text)
				}
			}
		})
	}
}

func TestCheckReleaseNeedsNoConfiguration(t *testing.T) {
	t.Parallel()
	terminology := filepath.Join(programs(t), "terminology")
	release := filepath.Join(root, "deploy/demo/release/ctcae-5.0")
	for _, tc := range []struct {
		path string
		code int
		want string
	}{
		{release, 0, "ctcae-5.0: ok, in "},
		{filepath.Join(release, "zh"), 0, "zh: ok, in "},
		{t.TempDir(), 1, "no MedDRA release in "},
		{"", 2, "give the release's folder or zip"},
	} {
		got := begin(t, nil, terminology, "-check-release", tc.path, "-f", "/nowhere/terminology.yaml").end(t)
		if got.code != tc.code || !strings.Contains(got.stdout+got.stderr, tc.want) {
			t.Errorf("%s: exit code %d\n%s%s", tc.path, got.code, got.stdout, got.stderr)
		}
	}
}

func TestAFaultyConfigurationStopsTheStart(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	for program, config := range map[string]string{"data-sync": dataSyncConfig, "terminology": terminologyConfig} {
		file := edited(t, config, "MaxInFlight:", "MaxInFlihgt:")
		got := begin(t, nil, filepath.Join(bin, program), "-f", file).end(t)
		if got.code != 1 || !strings.Contains(got.stderr, "MaxInFlihgt") {
			t.Errorf("%s: exit code %d, %s", program, got.code, got.stderr)
		}
	}
	got := begin(t, nil, filepath.Join(bin, "data-sync"), "-f", "/nowhere/datasync.yaml").end(t)
	if got.code != 1 || !strings.Contains(got.stderr, "/nowhere/datasync.yaml") {
		t.Errorf("no file: exit code %d, %s", got.code, got.stderr)
	}
}

package config_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aecode/common/configfile"
	"aecode/terminology/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

func load(t *testing.T) config.Config {
	t.Helper()
	t.Setenv("TERMINOLOGY_RELEASE", "/releases/29.1")
	var c config.Config
	if err := configfile.Load("../../etc/terminology.yaml", &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheShippedFileLoadsWithTheDocumentedDefaults(t *testing.T) {
	c := load(t)
	if c.MaxInFlight != 64 || c.MaxStreams != 16 || c.CacheEntries != 65536 || c.Mode != "pro" || c.Log.Stat ||
		!strings.HasPrefix(c.ListenOn, "127.0.0.1:") || c.Dictionaries.Release != "/releases/29.1" ||
		c.Dictionaries.Rescan != 30*time.Second {
		t.Errorf("%+v", c)
	}
}

func TestEveryImpossibleValueIsNamedByItsPath(t *testing.T) {
	for name, tc := range map[string]struct {
		path   string
		change func(*config.Config)
	}{
		"no calls":                     {"MaxInFlight", func(c *config.Config) { c.MaxInFlight = 0 }},
		"calls without bound":          {"MaxInFlight", func(c *config.Config) { c.MaxInFlight = 100_001 }},
		"no release":                   {"Dictionaries", func(c *config.Config) { c.Dictionaries.Release = "" }},
		"both release and library":     {"Dictionaries", func(c *config.Config) { c.Dictionaries.Library = "/releases" }},
		"a rescan without a pause":     {"Dictionaries.Rescan", func(c *config.Config) { c.Dictionaries.Rescan = time.Millisecond }},
		"a rescan backwards":           {"Dictionaries.Rescan", func(c *config.Config) { c.Dictionaries.Rescan = -time.Second }},
		"a rescan once in a blue moon": {"Dictionaries.Rescan", func(c *config.Config) { c.Dictionaries.Rescan = 25 * time.Hour }},
		"a negative cache":             {"CacheEntries", func(c *config.Config) { c.CacheEntries = -1 }},
		"a cache larger than memory":   {"CacheEntries", func(c *config.Config) { c.CacheEntries = 10_000_001 }},
		"no streams":                   {"MaxStreams", func(c *config.Config) { c.MaxStreams = 0 }},
		"streams without bound":        {"MaxStreams", func(c *config.Config) { c.MaxStreams = 100_001 }},
	} {
		t.Run(name, func(t *testing.T) {
			c := load(t)
			tc.change(&c)
			if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), tc.path+": ") {
				t.Errorf("%v, want %s named", err, tc.path)
			}
		})
	}
}

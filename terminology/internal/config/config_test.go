package config_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aecode/common/configfile"
	"aecode/common/testsupport/samplefile"
	"aecode/terminology/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

const shipped = "../../etc/terminology.yaml"

func load(t *testing.T) config.Config {
	t.Helper()
	t.Setenv("TERMINOLOGY_RELEASE", "/releases/29.1")
	var c config.Config
	if err := configfile.Load(shipped, &c); err != nil {
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

func TestTheSampleShowsTheDefaultsOrSaysWhatHoldsWhereAKeyIsLeftOut(t *testing.T) {
	t.Setenv("TERMINOLOGY_LIBRARY", "/releases")
	sample, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	wrong, keys, err := samplefile.Differences[config.Config](sample)
	if err != nil || keys < 20 {
		t.Fatalf("%d keys, %v", keys, err)
	}
	for _, difference := range wrong {
		t.Errorf("%s: %s", shipped, difference)
	}
}

func TestTheEnvironmentAloneGivesTerminologyItsCertificatesAndANetwork(t *testing.T) {
	for name, value := range map[string]string{
		"AECODE_TLS_CERT": "/tls/tls.crt", "AECODE_TLS_KEY": "/tls/tls.key", "AECODE_TLS_CA": "/tls/ca.crt",
		"TERMINOLOGY_CLIENTS": "data-sync, evaluate", "TERMINOLOGY_LISTEN": ":9101",
	} {
		t.Setenv(name, value)
	}
	c := load(t)
	if c.TLS.CertFile != "/tls/tls.crt" || c.TLS.KeyFile != "/tls/tls.key" || c.TLS.CAFile != "/tls/ca.crt" ||
		!slices.Equal(c.TLS.Clients, []string{"data-sync", "evaluate"}) || c.ListenOn != ":9101" {
		t.Errorf("%+v", c.TLS)
	}
}

func TestEveryImpossibleValueIsNamedByItsPath(t *testing.T) {
	for name, tc := range map[string]struct {
		path   string
		change func(*config.Config)
	}{
		"a network without TLS":        {"ListenOn", func(c *config.Config) { c.ListenOn = "0.0.0.0:9101" }},
		"every address without TLS":    {"ListenOn", func(c *config.Config) { c.ListenOn = ":9101" }},
		"a name without TLS":           {"ListenOn", func(c *config.Config) { c.ListenOn = "terminology:9101" }},
		"half an identity":             {"TLS.CAFile", func(c *config.Config) { c.TLS.CertFile, c.TLS.KeyFile, c.TLS.Clients = "c", "k", []string{"x"} }},
		"nobody who may call":          {"TLS.Clients", func(c *config.Config) { c.TLS.CertFile, c.TLS.KeyFile, c.TLS.CAFile = "c", "k", "a" }},
		"callers without certificates": {"TLS.Clients", func(c *config.Config) { c.TLS.Clients = []string{"data-sync"} }},
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

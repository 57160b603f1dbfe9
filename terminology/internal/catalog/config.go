package catalog

import (
	"time"

	"aecode/common/configerr"
)

// Config is where the releases and lists are.
type Config struct {
	Dictionaries Dictionaries
	// Synonyms is the path of the synonym list; empty: none.
	Synonyms string `json:",optional"`
	// DoNotAutocode is the path of a list that is joined to the built-in one; empty:
	// the built-in list alone.
	DoNotAutocode string `json:",optional"`
	// OptIn is the path of the list of studies that let the machine code by likeness;
	// empty: none.
	OptIn string `json:",optional"`
	// CacheEntries is the maximum number of ranked wordings that are cached, for each
	// release and language: 0 to 10,000,000; 0: no cache.
	CacheEntries int `json:",default=65536"`
}

// Dictionaries says where the releases are: either Release or Library is set.
type Dictionaries struct {
	// Release is one version folder (en/, zh/), one language's folder, or a zip.
	Release string `json:",optional"`
	// Library is a folder of version folders and zips.
	Library string `json:",optional"`
	// Default is the label of the release that requests without a pin get; empty: the
	// newest.
	Default string `json:",optional"`
	// Rescan is the time between two looks for changed releases and lists: 100ms to
	// 24h; 0: never.
	Rescan time.Duration `json:",default=30s"`
}

// Validate returns every field that cannot be used, each as a configerr.FieldError. It
// does not look whether files exist.
func (c Config) Validate() error {
	var errs configerr.Errors
	d := c.Dictionaries
	errs.Check((d.Release == "") != (d.Library == ""), "Dictionaries",
		"must name either Release, one version folder, or Library, a folder of them")
	errs.Check(d.Rescan == 0 || d.Rescan >= 100*time.Millisecond && d.Rescan <= 24*time.Hour,
		"Dictionaries.Rescan", "must be 100ms to 24h, or 0 for never, is %v", d.Rescan)
	errs.Check(c.CacheEntries >= 0 && c.CacheEntries <= 10_000_000, "CacheEntries", "must be 0 to 10,000,000, is %d", c.CacheEntries)
	return errs.Err()
}

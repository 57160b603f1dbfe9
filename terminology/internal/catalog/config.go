package catalog

import "time"

// Config is the part of the service's configuration that says where the releases
// and lists are. Package config checks the ranges, since it knows the file's lines.
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

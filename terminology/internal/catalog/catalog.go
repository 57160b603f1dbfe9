// Package catalog holds what this replica serves: one coder for each dictionary
// version, with the synonym list that was validated against it.
package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/synonym"
)

// Config says where the releases and lists are.
type Config struct {
	// Release is one version folder; Library a folder of them. One is set.
	Release, Library string
	// Default is the label served without a pin; empty: the newest.
	Default string
	// Synonyms and DoNotAutocode are paths; empty: none. The latter is joined to
	// the built-in list.
	Synonyms, DoNotAutocode string
	// CacheEntries bounds each coder's cache of answers; 0: no cache.
	CacheEntries int
}

// Entry is one dictionary version as it is served.
type Entry struct {
	Version  *meddra.Version
	Coder    *coder.Coder
	Versions coder.Versions
	Default  bool
}

// Catalog is immutable and safe for concurrent use.
type Catalog struct {
	entries map[string]*Entry
	byLabel []*Entry // newest first
	first   *Entry   // the default
}

// ErrUnknown says that no release of this label is served.
var ErrUnknown = errors.New("no such release")

// ErrNotHeld says that a pinned version is not (yet) held by this replica.
var ErrNotHeld = errors.New("this replica does not hold the pinned version")

// Open reads and validates everything; a faulty release or list is refused
// whole, with its files and lines. warnings are for the operator's log.
func Open(c Config) (catalog *Catalog, warnings []string, err error) {
	versions, err := load(c)
	if err != nil {
		return nil, nil, err
	}
	list, err := doNotAutocode(c.DoNotAutocode)
	if err != nil {
		return nil, nil, err
	}
	catalog = &Catalog{entries: make(map[string]*Entry, len(versions))}
	for _, v := range versions {
		entry, err := newEntry(v, c, list)
		if err != nil {
			return nil, nil, err
		}
		catalog.entries[v.Label] = entry
		catalog.byLabel = append(catalog.byLabel, entry)
		for language, r := range v.Releases {
			if n := r.WarningCount(); n > 0 {
				warnings = append(warnings, fmt.Sprintf("release %s, %s: %d warnings, the first: %v", v.Label, language, n, r.Warnings()[0].Error()))
			}
		}
	}
	slices.Sort(warnings)
	label := cmp.Or(c.Default, versions[0].Label)
	if catalog.first = catalog.entries[label]; catalog.first == nil {
		return nil, nil, fmt.Errorf("default release %s: %w; there are %v", label, ErrUnknown, slices.Sorted(maps.Keys(catalog.entries)))
	}
	catalog.first.Default = true
	return catalog, warnings, nil
}

func load(c Config) ([]*meddra.Version, error) {
	if c.Library == "" {
		v, err := meddra.LoadVersion(c.Release)
		if err != nil {
			return nil, fmt.Errorf("release %s: %w", c.Release, err)
		}
		return []*meddra.Version{v}, nil
	}
	versions, err := meddra.LoadLibrary(c.Library)
	if err != nil {
		return nil, fmt.Errorf("release library %s: %w", c.Library, err)
	}
	return versions, nil
}

func doNotAutocode(path string) (*synonym.DoNotAutocode, error) {
	if path == "" {
		return synonym.DefaultDoNotAutocode(), nil
	}
	site, err := synonym.LoadDoNotAutocode(path)
	if err != nil {
		return nil, err
	}
	return synonym.DefaultDoNotAutocode().With(site), nil
}

func newEntry(v *meddra.Version, c Config, list *synonym.DoNotAutocode) (*Entry, error) {
	synonyms := synonym.Empty()
	if c.Synonyms != "" {
		dictionaries := make(synonym.Dictionaries, len(v.Releases))
		for language, r := range v.Releases {
			dictionaries[language] = r
		}
		var err error
		if synonyms, err = synonym.Load(c.Synonyms, dictionaries); err != nil {
			return nil, fmt.Errorf("synonym list against release %s: %w", v.Label, err)
		}
	}
	coder, err := coder.New(v.Releases, synonyms, list, coder.Options{CacheEntries: cmp.Or(c.CacheEntries, -1)}) // below 0: none
	if err != nil {
		return nil, fmt.Errorf("release %s: %w", v.Label, err)
	}
	return &Entry{Version: v, Coder: coder, Versions: coder.Versions()}, nil
}

// Get gives the release of a label; empty: the default. ErrUnknown otherwise.
func (c *Catalog) Get(label string) (*Entry, error) {
	if label == "" {
		return c.first, nil
	}
	entry, ok := c.entries[label]
	if !ok {
		return nil, fmt.Errorf("release %s: %w", shown(label), ErrUnknown)
	}
	return entry, nil
}

// Pinned gives the release that serves exactly the versions named; empty ones
// are free. A label alone that is not served is ErrUnknown; together with
// further versions, which only an answer can have given, it exists elsewhere
// and is ErrNotHeld.
func (c *Catalog) Pinned(label, synonyms, engine string) (*Entry, error) {
	entry, err := c.Get(label)
	if err != nil {
		if synonyms != "" || engine != "" {
			return nil, fmt.Errorf("release %s: %w", shown(label), ErrNotHeld)
		}
		return nil, err
	}
	if synonyms != "" && synonyms != entry.Versions.Synonyms {
		return nil, fmt.Errorf("synonym list %s: %w", shown(synonyms), ErrNotHeld)
	}
	if engine != "" && engine != entry.Versions.Engine {
		return nil, fmt.Errorf("engine %s: %w", shown(engine), ErrNotHeld)
	}
	return entry, nil
}

// shown is a version as an error may repeat it: a caller's mistake can put
// anything in its place, a patient's words too.
func shown(version string) string {
	for _, r := range version {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(".-+_", r) {
			return "of that name"
		}
	}
	if len(version) > 64 {
		return "of that name"
	}
	return version
}

// Entries gives what is served, newest release first.
func (c *Catalog) Entries() []*Entry { return c.byLabel }

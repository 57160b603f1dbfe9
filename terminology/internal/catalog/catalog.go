// Package catalog holds what this replica serves: one coder for each dictionary
// version, with the synonym list that was validated against it. A [Keeper] looks
// whether releases and lists have changed, and takes up what is whole and without
// a fault.
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
)

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
	byLabel []*Entry            // newest first
	first   *Entry              // the default
	past    map[string][]*Entry // label -> what it was before, the newest first
}

// ErrUnknown says that no release of this label is served.
var ErrUnknown = errors.New("no such release")

// ErrNotHeld says that a pinned version is not (yet) held by this replica.
var ErrNotHeld = errors.New("this replica does not hold the pinned version")

// assemble makes the catalog of entries with different labels, at least one of
// them. The entry of the default label, or else the newest, becomes the default.
func assemble(entries []*Entry, byDefault string) (*Catalog, error) {
	c := &Catalog{entries: make(map[string]*Entry, len(entries)), byLabel: slices.Clone(entries)}
	slices.SortFunc(c.byLabel, func(a, b *Entry) int { return meddra.CompareLabels(b.Version.Label, a.Version.Label) })
	label := cmp.Or(byDefault, c.byLabel[0].Version.Label)
	for i, e := range c.byLabel {
		if e.Default != (e.Version.Label == label) {
			other := *e // the one in use does not change
			other.Default = !e.Default
			e = &other
			c.byLabel[i] = e
		}
		c.entries[e.Version.Label] = e
	}
	if c.first = c.entries[label]; c.first == nil {
		return nil, fmt.Errorf("default release %s: %w; there are %v", label, ErrUnknown, slices.Sorted(maps.Keys(c.entries)))
	}
	return c, nil
}

// keptPast is how many earlier states of a release are held for calls that are
// pinned to them: a pass of the night that is under way when a list changes ends
// by the list it began with.
const keptPast = 2

// remember takes over what another catalog served under labels that are served
// still.
func (c *Catalog) remember(before *Catalog) {
	if before == nil {
		return
	}
	for _, old := range before.byLabel {
		label := old.Version.Label
		now := c.entries[label]
		if now == nil {
			continue
		}
		past := before.past[label]
		if old.Versions != now.Versions {
			past = append([]*Entry{old}, past...)
		}
		if c.past == nil {
			c.past = make(map[string][]*Entry)
		}
		c.past[label] = past[:min(len(past), keptPast)]
	}
}

// serves tells whether an entry is of the versions named; empty ones are free.
func (e *Entry) serves(synonyms, engine string) bool {
	return (synonyms == "" || synonyms == e.Versions.Synonyms) && (engine == "" || engine == e.Versions.Engine)
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
	for _, past := range c.past[entry.Version.Label] {
		if past.serves(synonyms, engine) && !entry.serves(synonyms, engine) {
			return past, nil
		}
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

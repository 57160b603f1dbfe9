// Package catalog holds what this replica serves: one coder for each dictionary
// version, with the synonym list that was validated against it. A [Keeper] looks for
// changed releases and lists, and loads those that are complete and without a fault.
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

// Entry is one dictionary version that is served.
type Entry struct {
	Version  *meddra.Version
	Coder    *coder.Coder
	Versions coder.Versions
	Default  bool
}

// Catalog holds the dictionary versions that are served. It is immutable and safe for
// concurrent use.
type Catalog struct {
	entries map[string]*Entry
	byLabel []*Entry            // newest first
	first   *Entry              // the default
	past    map[string][]*Entry // label -> its earlier entries, the newest first
}

// ErrUnknown says that no release of this label is served.
var ErrUnknown = errors.New("no such release")

// ErrNotHeld says that this replica does not hold a pinned version, or not yet.
var ErrNotHeld = errors.New("this replica does not hold the pinned version")

// assemble makes a catalog of at least one entry; their labels are all different. The
// entry with the label byDefault becomes the default; if it is empty, the newest.
func assemble(entries []*Entry, byDefault string) (*Catalog, error) {
	c := &Catalog{entries: make(map[string]*Entry, len(entries)), byLabel: slices.Clone(entries)}
	slices.SortFunc(c.byLabel, func(a, b *Entry) int { return meddra.CompareLabels(b.Version.Label, a.Version.Label) })
	label := cmp.Or(byDefault, c.byLabel[0].Version.Label)
	for i, e := range c.byLabel {
		if e.Default != (e.Version.Label == label) {
			other := *e // an entry that is in use must not change
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

// keptPast is the number of earlier entries of a release that are kept for calls pinned
// to them: a nightly pass that is running when a list changes ends with the list that it
// began with.
const keptPast = 2

// remember keeps the entries of an earlier catalog whose labels are still served.
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

// serves reports whether an entry has the versions given; an empty one matches any.
func (e *Entry) serves(synonyms, engine string) bool {
	return (synonyms == "" || synonyms == e.Versions.Synonyms) && (engine == "" || engine == e.Versions.Engine)
}

// Get returns the release with a label; empty: the default. The error is ErrUnknown if
// no release with the label is served.
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

// Pinned returns the release with exactly the versions given; an empty one matches any.
// If the label is not served, the error is ErrUnknown if it is given alone. With further
// versions, which only an answer can contain, another replica holds the release, and
// the error is ErrNotHeld.
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

// shown gives a version as it may appear in an error. By mistake a caller can send any
// text as a version, also a verbatim, which must not be repeated.
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

// Entries returns the entries that are served, the newest release first.
func (c *Catalog) Entries() []*Entry { return c.byLabel }
